"""What higher slices show on an amendment's page: they register, so that `amendments` draws what it does not know."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from governance.amendments.models import AmendmentProposal, ProposalRevision
from governance.registry.panels import Panel
from governance.scope import Scope

Maker = Callable[[Scope, AmendmentProposal, ProposalRevision], Any]
"""What the fragment reads as `panel`; None where it has nothing to say about this amendment."""
_makers: dict[str, Maker] = {}


def register(template: str, maker: Maker) -> None:
    """Show a fragment below an amendment's changes; called from `AppConfig.ready`, again without harm."""
    _makers[template] = maker


def panels_of(*, scope: Scope, proposal: AmendmentProposal, revision: ProposalRevision) -> tuple[Panel, ...]:
    """Every registered panel that has something to say about this revision."""
    made = ((template, maker(scope, proposal, revision)) for template, maker in _makers.items())
    return tuple(Panel(template, panel) for template, panel in made if panel is not None)
