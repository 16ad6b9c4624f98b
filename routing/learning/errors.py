"""Refusals of the verbs about learned rules."""

from __future__ import annotations

from governance.errors import DomainError, Invalid


class DecidedAlready(DomainError):
    """The proposal was accepted, refused or withdrawn."""

    code = "decided_already"


class NotDecided(DomainError):
    """There is no decision to take back."""

    code = "not_decided"


class EvidenceMoved(DomainError):
    """The figures are others than those that were on the screen."""

    code = "evidence_moved"


class SystemGone(DomainError):
    """The recommended system takes no new work."""

    code = "system_gone"


class RuleIsTheirs(DomainError):
    """A person edited the learned rule since; it is theirs now."""

    code = "rule_is_theirs"


class BadSetting(Invalid):
    """A setting outside its bounds; `problems` says which."""

    code = "bad_setting"
