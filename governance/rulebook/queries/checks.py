"""What an amendment of the law or of a constitution does to the saved cases: who approves sees it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from governance.errors import DomainError
from governance.rulebook import constitution_rules
from governance.rulebook.law_document import SYSTEM_NAME as LAW
from governance.rulebook.law_document import is_law
from governance.rulebook.queries.cases import CaseFilter, Run, case_of, cases
from governance.rulebook.queries.replays import Change
from governance.rulebook.queries.running import run_these
from governance.scope import Scope


@dataclass(frozen=True, slots=True)
class Turned:
    """A case that another answer is given to. `after` says how it would fare."""

    before: Run
    after: Run


@dataclass(frozen=True, slots=True)
class CaseCheck:
    """Every case that the change concerns, run under it. `broken`: passes today and would fail; `failing`: fails today too."""

    total: int
    broken: tuple[Turned, ...]
    failing: tuple[Turned, ...]
    mended: tuple[Turned, ...]

    @property
    def passed(self) -> int:
        return self.total - len(self.broken) - len(self.failing)

    @property
    def sentence(self) -> str:
        if not self.total:
            return "No saved case concerns this change."
        said = [f"{self.passed} pass"]
        said += [f"{len(self.broken)} would change"] if self.broken else []
        said += [f"{len(self.failing)} fail already"] if self.failing else []
        said += [f"{len(self.mended)} would be mended"] if self.mended else []
        return f"Cases: {', '.join(said)}."


def change_of(*, system: str, old: Mapping[str, Any], new: Mapping[str, Any], digest: str) -> Change | None:
    """The change of rules that a new constitution is; None when it changes none."""
    if system == LAW and (is_law(new) or is_law(old)):
        return Change(LAW, new, digest)
    return Change(system, new, digest) if _rules(old, system) != _rules(new, system) else None


def case_check(*, scope: Scope, change: Change, at: datetime) -> CaseCheck:
    """Run the cases under today's law and under the change."""
    filter = CaseFilter() if change.is_law else CaseFilter(system=change.system)
    found = [case_of(row) for row in cases(scope=scope, filter=filter)]
    if not found:
        return CaseCheck(0, (), (), ())
    law = change.document if change.is_law else None
    own = {} if change.is_law else {change.system: change.document}
    before = run_these(found, scope=scope, at=at)
    after = run_these(found, scope=scope, at=at, law=law, constitutions=own)
    pairs = [Turned(one, other) for one, other in zip(before, after, strict=True)]
    return CaseCheck(
        total=len(found),
        broken=tuple(pair for pair in pairs if pair.before.is_pass and not pair.after.is_pass),
        failing=tuple(pair for pair in pairs if not pair.before.is_pass and not pair.after.is_pass),
        mended=tuple(pair for pair in pairs if not pair.before.is_pass and pair.after.is_pass),
    )


def _rules(constitution: Mapping[str, Any], system: str) -> Any:
    """The rules of a constitution, or why there are none; a change from one to the other is a change too."""
    try:
        return constitution_rules.theory_of(dict(constitution), system=system)
    except (DomainError, AttributeError, KeyError, TypeError, ValueError) as error:
        return str(error)
