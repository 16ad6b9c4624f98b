from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from allauth.mfa.models import Authenticator
from django.db.models import Q

from governance.approvals.answerers import standings
from governance.approvals.queries import with_rows
from governance.approvals.subjects import Row
from governance.errors import NotFound
from governance.identity.actions import seats_taken
from governance.identity.models import Deputy, Invitation, Membership
from governance.scope import Role, Scope
from governance.tenants.models import Tenant, Tier

COLUMNS = (
    "name",
    "email",
    "roles",
    "since",
    "ended_at",
    "last_sign_in",
    "has_second_factor",
    "deputies",
    "waits_for_them_alone",
)
_SECOND = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)


@dataclass(frozen=True, slots=True)
class Filter:
    """What the list is narrowed to, as the URL says it. `factor` is `set` or `none`, `state` `current` or `ended`."""

    q: str = ""
    role: str = ""
    factor: str = ""
    state: str = "current"

    @property
    def is_narrow(self) -> bool:
        return self != Filter()


@dataclass(frozen=True, slots=True)
class StandIn:
    """A deputy's time that is not over."""

    id: UUID
    principal_id: UUID
    principal: str
    deputy_id: UUID
    deputy: str
    role: str
    starts_at: datetime
    ends_at: datetime
    has_started: bool


@dataclass(frozen=True, slots=True)
class PersonLine:
    """A person as the list shows them. `deputies` stand in for them now; `alone` is what waits for nobody else."""

    user_id: UUID
    name: str
    email: str
    roles: tuple[Role, ...]
    since: datetime
    ended_at: datetime | None
    last_sign_in: datetime | None
    has_second_factor: bool
    deputies: tuple[StandIn, ...] = ()
    alone: tuple[Row, ...] = ()

    @property
    def role_labels(self) -> tuple[str, ...]:
        return tuple(role.label for role in self.roles)

    def as_row(self) -> Mapping[str, Any]:
        """For files and the API."""
        return {
            "name": self.name,
            "email": self.email,
            "roles": [role.value for role in self.roles],
            "since": self.since,
            "ended_at": self.ended_at,
            "last_sign_in": self.last_sign_in,
            "has_second_factor": self.has_second_factor,
            "deputies": [one.deputy for one in self.deputies],
            "waits_for_them_alone": [row.label for row in self.alone],
        }


@dataclass(frozen=True, slots=True)
class InvitationLine:
    """An invitation that nobody accepted or revoked; an expired one may be sent again."""

    id: UUID
    email: str
    name: str
    roles: tuple[Role, ...]
    invited_by: str
    created_at: datetime
    expires_at: datetime
    is_expired: bool

    @property
    def role_labels(self) -> tuple[str, ...]:
        return tuple(role.label for role in self.roles)


@dataclass(frozen=True, slots=True)
class Seats:
    """How full the tenant is."""

    tier: str
    most: int
    members: int
    invited: int

    @property
    def free(self) -> int:
        return max(self.most - self.members - self.invited, 0)


def people(*, scope: Scope, filter: Filter, at: datetime) -> tuple[PersonLine, ...]:
    """The tenant's people by name; a number of queries that does not grow with them."""
    rows = Membership.objects.filter(tenant_id=scope.tenant_id).select_related("user")
    rows = rows.filter(ended_at__isnull=filter.state != "ended")
    if filter.q:
        rows = rows.filter(Q(user__name__icontains=filter.q) | Q(user__email__icontains=filter.q))
    if filter.role:
        rows = rows.filter(roles__contains=[filter.role])
    lines = _lines(list(rows), scope=scope, at=at)
    wanted = {"set": True, "none": False}.get(filter.factor)
    kept = [line for line in lines if wanted is None or line.has_second_factor is wanted]
    return tuple(sorted(kept, key=lambda line: (line.name.casefold(), line.email)))


def person(*, scope: Scope, user_id: UUID, at: datetime) -> PersonLine:
    """One person who is or was a member; raises `NotFound`."""
    row = Membership.objects.filter(tenant_id=scope.tenant_id, user_id=user_id).select_related("user").first()
    if row is None:
        raise NotFound("There is no such person in this tenant.")
    (line,) = _lines([row], scope=scope, at=at)
    return line


def stand_ins(*, scope: Scope, at: datetime, user_id: UUID | None = None) -> tuple[StandIn, ...]:
    """Deputies now and to come, of everybody or around one person, the first to start first."""
    rows = Deputy.objects.filter(tenant_id=scope.tenant_id, ends_at__gt=at).select_related("principal", "deputy")
    if user_id is not None:
        rows = rows.filter(Q(principal_id=user_id) | Q(deputy_id=user_id))
    return tuple(_stand_in(row, at=at) for row in rows.order_by("starts_at", "id"))


def invitations(*, scope: Scope, at: datetime) -> tuple[InvitationLine, ...]:
    """Invitations that nobody accepted or revoked, the newest first."""
    rows = Invitation.objects.filter(tenant_id=scope.tenant_id, accepted_at=None, revoked_at=None).order_by("-id")
    return tuple(invitation_line(row, at=at) for row in rows)


def invitation_line(row: Invitation, *, at: datetime) -> InvitationLine:
    """An invitation as lists and the API show it."""
    return InvitationLine(
        id=row.id,
        email=row.email,
        name=row.name,
        roles=tuple(role for role in Role if role.value in row.roles),
        invited_by=row.invited_by,
        created_at=row.created_at,
        expires_at=row.expires_at,
        is_expired=row.expires_at <= at,
    )


def seats(*, scope: Scope, at: datetime) -> Seats:
    """The tier's seats, and how many are taken or promised."""
    tenant = Tenant.objects.get(id=scope.tenant_id)
    members, invited = seats_taken(tenant_id=scope.tenant_id, at=at)
    return Seats(tier=Tier(tenant.subscription_tier).label, most=tenant.max_users, members=members, invited=invited)


def _lines(rows: list[Membership], *, scope: Scope, at: datetime) -> Iterator[PersonLine]:
    with_second = _with_second_factor([row.user_id for row in rows])
    standing_in: dict[UUID, list[StandIn]] = defaultdict(list)
    for one in stand_ins(scope=scope, at=at):
        if one.has_started:
            standing_in[one.principal_id].append(one)
    alone = _alone(scope=scope, at=at)
    for row in rows:
        yield PersonLine(
            user_id=row.user_id,
            name=str(row.user),
            email=row.user.email,
            roles=tuple(role for role in Role if role.value in row.roles),
            since=row.created_at,
            ended_at=row.ended_at,
            last_sign_in=row.user.last_login,
            has_second_factor=row.user_id in with_second,
            deputies=tuple(standing_in[row.user_id]),
            alone=tuple(alone.get(row.user_id, ())),
        )


def _alone(*, scope: Scope, at: datetime) -> Mapping[UUID | None, list[Row]]:
    """What each person alone can answer now; nothing that is stale, for nobody can."""
    waiting = [one for one in standings(scope=scope, at=at) if one.sole_id]
    sole = {one.question.id: one.sole_id for one in waiting}
    found: dict[UUID | None, list[Row]] = defaultdict(list)
    for item in with_rows([one.question for one in waiting], scope=scope, at=at):
        if item.question is not None and not item.row.is_stale:
            found[sole[item.question.id]].append(item.row)
    return found


def _with_second_factor(user_ids: Collection[UUID]) -> set[UUID]:
    rows = Authenticator.objects.filter(user_id__in=user_ids, type__in=_SECOND)
    return set(rows.values_list("user_id", flat=True))


def _stand_in(row: Deputy, *, at: datetime) -> StandIn:
    return StandIn(
        id=row.id,
        principal_id=row.principal_id,
        principal=str(row.principal),
        deputy_id=row.deputy_id,
        deputy=str(row.deputy),
        role=Role(row.role).label,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        has_started=row.starts_at <= at,
    )
