"""The reads of the people's pages."""

from tarsweb.people.queries.history import Decided, decided_by
from tarsweb.people.queries.people import (
    COLUMNS,
    Filter,
    InvitationLine,
    PersonLine,
    Seats,
    StandIn,
    invitation_line,
    invitations,
    people,
    person,
    seats,
    stand_ins,
)

__all__ = [
    "COLUMNS",
    "Decided",
    "Filter",
    "InvitationLine",
    "PersonLine",
    "Seats",
    "StandIn",
    "decided_by",
    "invitation_line",
    "invitations",
    "people",
    "person",
    "seats",
    "stand_ins",
]
