"""The verbs about people. One module per matter."""

from governance.identity.actions.common import AlreadyMember, LastAdmin, NoRole, SeatsTaken, seats_taken
from governance.identity.actions.deputies import BadDeputy, end_deputy, register_deputy
from governance.identity.actions.invitations import (
    AccountExists,
    AlreadyInvited,
    BadAddress,
    Invited,
    WrongAddress,
    accept_invitation,
    address,
    invite,
    resend_invitation,
    revoke_invitation,
)
from governance.identity.actions.members import add_member, remove_member, set_roles
from governance.identity.actions.profile import set_profile
from governance.identity.actions.staff import AlreadyStaff, NotStaff, appoint_staff, dismiss_staff
from governance.identity.links import InvitationOver

__all__ = [
    "AccountExists",
    "AlreadyInvited",
    "AlreadyMember",
    "AlreadyStaff",
    "BadAddress",
    "BadDeputy",
    "InvitationOver",
    "Invited",
    "LastAdmin",
    "NoRole",
    "NotStaff",
    "SeatsTaken",
    "WrongAddress",
    "accept_invitation",
    "add_member",
    "address",
    "appoint_staff",
    "dismiss_staff",
    "end_deputy",
    "invite",
    "register_deputy",
    "remove_member",
    "resend_invitation",
    "revoke_invitation",
    "seats_taken",
    "set_profile",
    "set_roles",
]
