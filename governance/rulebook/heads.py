"""The three things a rule about an action says. Pure."""

from __future__ import annotations

from governance.policy.rules import Head
from governance.policy.terms import Atom, Literal, Modality


def permitted(action: str) -> Head:
    """`[P] action`; the action may be a glob."""
    return Head((Literal(Atom(action)),), Modality.PERMISSION)


def forbidden(action: str) -> Head:
    """`[F] action`."""
    return Head((Literal(Atom(action), is_negated=True),), Modality.OBLIGATION)


def approved(action: str) -> Head:
    """`[O] approved(action)`."""
    return Head((Literal(Atom("approved", (action,))),), Modality.OBLIGATION)
