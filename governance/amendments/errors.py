"""How an amendment can be refused; the verbs beside this file raise these."""

from __future__ import annotations

from governance.errors import DomainError, Invalid


class EvidenceMissing(Invalid):
    """A required line of the evidence checklist is empty (seeds/000 Rule 1)."""

    code = "evidence_missing"


class UnknownSection(Invalid):
    """The evidence cites a section that the tenant's gov.md does not hold."""

    code = "unknown_section"


class TypeMisfit(Invalid):
    """The amendment's type does not fit its diff."""

    code = "type_misfit"


class WrongState(DomainError):
    """The amendment is not where this verb starts."""

    code = "wrong_state"


class BaseMoved(DomainError):
    """The constitution, or the policy for approving, moved since the revision was made."""

    code = "base_moved"


class MergeConflict(DomainError):
    """Today's constitution changed in the same places; `problems` names them."""

    code = "merge_conflict"


class NotReversible(DomainError):
    """The amendment's basis forbids undoing it (seeds/000 Rule 2)."""

    code = "not_reversible"


class Tampered(DomainError):
    """Rows were changed by something else than a verb; nothing may be decided on them."""

    code = "tampered"
    is_recorded = True


class Expired(DomainError):
    """Nobody decided in time."""

    code = "expired"


class BadGrant(Invalid):
    """The standing authority is not one that can be granted."""

    code = "bad_grant"


class CasesBroken(DomainError):
    """Saved cases that pass today would fail, and the approver has not said why that is right."""

    code = "cases_broken"


class NothingToReplay(DomainError):
    """The amendment changes no rules, or is decided."""

    code = "nothing_to_replay"


class AttachedAlready(DomainError):
    """The evidence names this very file already."""

    code = "attached_already"
