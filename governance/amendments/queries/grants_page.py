"""Who may approve, for the page of that name: the matrix, standing authorities, quorums and deputies. Only reads."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from governance.amendments.authority import TenantQuorum, requirements
from governance.amendments.facts import tenant_quorums
from governance.amendments.kinds import AmendmentType, Basis, State
from governance.amendments.models import AmendmentProposal, ProposalMove, Quorum, StandingAuthority
from governance.amendments.queries.grant_uses import Use, pauses, undone_lately, uses
from governance.approvals.quorum import sentence
from governance.constitution import sense
from governance.constitution.diff import Effect
from governance.identity.models import Deputy, Membership
from governance.identity.queries import members
from governance.registry.models import System
from governance.scope import TARS, Role, Scope

ENDED_SHOWN = 10
USES_SHOWN = 5
_WEEK = timedelta(days=7)
Systems = Sequence[tuple[UUID, str, Any]]
"""Id, name and what its constitution declares tunable."""
Paused = Sequence[tuple[str, str]]
_EFFECTS = {
    Effect.TIGHTENS: "tightens",
    Effect.NEUTRAL: "is neutral",
    Effect.EXPANDS: "expands",
    Effect.UNCLASSIFIED: "cannot be classified",
}
_NOTES = {
    AmendmentType.DREAM_PROMOTION: "Only tunable fields inside their bounds; TARS alone under a standing authority.",
    AmendmentType.GOVERNANCE_TIGHTENING: "A change that expands anything is refused.",
}


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of the matrix: a type on some bases; `needs` has one sentence per column."""

    type: AmendmentType
    bases: str
    note: str
    needs: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Matrix:
    columns: tuple[str, ...]
    rules: tuple[Rule, ...]


@dataclass(frozen=True, slots=True)
class Grant:
    """A standing authority. `state` is live, expired or revoked; `fields` are pointers with their largest step or None."""

    id: str
    granted_by: str
    systems: tuple[str, ...]
    fields: tuple[tuple[str, float | None], ...]
    max_per_week: int
    reason: str
    granted_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    revoked_because: str
    state: str
    uses: tuple[Use, ...] = ()
    asleep: tuple[str, ...] = ()
    """Why TARS does not use it now, each as a sentence."""
    recently: int = 0

    @property
    def last(self) -> tuple[Use, ...]:
        return self.uses[:USES_SHOWN]


@dataclass(frozen=True, slots=True)
class Wish:
    """A quorum of the tenant, in words."""

    id: str
    type: str
    effect: str
    role: str
    count: int


@dataclass(frozen=True, slots=True)
class StandIn:
    """A deputy now or later. `counts` is False once the principal no longer holds the role."""

    id: str
    principal: str
    deputy: str
    role: str
    starts_at: datetime
    ends_at: datetime
    registered_by: str
    has_started: bool
    counts: bool
    may_end: bool


@dataclass(frozen=True, slots=True)
class AuthorityPage:
    """Everything the page shows. `used` counts what TARS approved alone in seven days, as the weekly cap does."""

    matrix: Matrix
    grants: tuple[Grant, ...]
    used: int
    wishes: tuple[Wish, ...]
    in_review: int
    stand_ins: tuple[StandIn, ...]
    members: tuple[Membership, ...]
    tunables: dict[str, tuple[str, ...]]

    @property
    def pointers(self) -> tuple[str, ...]:
        """Every tunable field of any system, in order."""
        return tuple(sorted({pointer for pointers in self.tunables.values() for pointer in pointers}))


def authority_page(*, scope: Scope, at: datetime, may_manage: bool) -> AuthorityPage:
    """Who may approve in this tenant at `at`; a constant number of queries."""
    tenant = scope.tenant_id
    systems = list(
        System.objects.filter(tenant_id=tenant).order_by("name").values_list("id", "name", "constitution__tunable")
    )
    in_review = AmendmentProposal.objects.filter(tenant_id=tenant, state=State.PROPOSED.value).count()
    return AuthorityPage(
        matrix=matrix(tenant_quorums(scope=scope)),
        grants=_grants(scope=scope, at=at, tunable=systems),
        used=_used(scope=scope, at=at),
        wishes=_wishes(scope=scope),
        in_review=in_review,
        stand_ins=_stand_ins(scope=scope, at=at, may_manage=may_manage),
        members=tuple(members(scope=scope)),
        tunables={name: fields for _, name, tunable in systems if (fields := _fields(tunable))},
    )


def matrix(quorums: Iterable[TenantQuorum] = ()) -> Matrix:
    """Every requirement in words. Effects that ask for the same people share a column, bases a line."""
    quorums = tuple(quorums)
    asked = {
        (type, basis): {
            effect: sentence(requirements(type=type, basis=basis, effect=effect, quorums=quorums))
            for effect in _EFFECTS
        }
        for type in AmendmentType
        for basis in _bases(type)
    }
    columns: dict[tuple[str, ...], list[Effect]] = {}
    for effect in _EFFECTS:
        columns.setdefault(tuple(needs[effect] for needs in asked.values()), []).append(effect)
    heads = {f"If it {' or '.join(_EFFECTS[effect] for effect in group)}": group[0] for group in columns.values()}
    rules = [rule for type in AmendmentType for rule in _rules(type, asked, heads)]
    return Matrix(tuple(heads), tuple(rules))


def _bases(type: AmendmentType) -> tuple[Basis, ...]:
    """A dream promotion is refused on any other basis than the ordinary one."""
    return (Basis.ORDINARY,) if type is AmendmentType.DREAM_PROMOTION else tuple(Basis)


def _rules(
    type: AmendmentType, asked: dict[tuple[AmendmentType, Basis], dict[Effect, str]], heads: dict[str, Effect]
) -> Iterable[Rule]:
    lines: dict[tuple[str, ...], list[Basis]] = {}
    for basis in _bases(type):
        lines.setdefault(tuple(asked[type, basis][effect] for effect in heads.values()), []).append(basis)
    for needs, bases in lines.items():
        note = _NOTES.get(type, "") if Basis.ORDINARY in bases else ""
        yield Rule(type, _listed(basis.label for basis in bases), note, tuple(zip(heads, needs, strict=True)))


def _listed(words: Iterable[str]) -> str:
    first, *others = words
    return ", ".join([first, *(word.lower() for word in others)])


def _fields(tunable: Any) -> tuple[str, ...]:
    return tuple(sorted(sense.tunable({"tunable": tunable}))) if isinstance(tunable, dict) else ()


def _grants(*, scope: Scope, at: datetime, tunable: Systems) -> tuple[Grant, ...]:
    """All live ones, then the latest that ended; each newest first."""
    rows = StandingAuthority.objects.filter(tenant_id=scope.tenant_id).order_by("-granted_at", "-id")
    live = list(rows.filter(revoked_at=None, expires_at__gt=at))
    ended = rows.exclude(revoked_at=None, expires_at__gt=at)[:ENDED_SHOWN]
    shown = (*live, *ended)
    used = uses(scope=scope)
    paused = pauses(scope=scope, systems=_meant(live, tunable)) if live else ()
    known = {id: name for id, name, _ in tunable}
    return tuple(
        _grant(
            row,
            at=at,
            names={str(id): name for id, name in known.items()},
            used=used.get(str(row.id), ()),
            paused=paused,
        )
        for row in shown
    )


def _meant(live: Sequence[StandingAuthority], systems: Systems) -> dict[UUID, str]:
    """The systems on which live authorities hold: those that are named, or all that declare something tunable."""
    named = {id for row in live for id in row.systems}
    is_all = any(not row.systems for row in live)
    return {id: name for id, name, tunable in systems if str(id) in named or (is_all and _fields(tunable))}


def _asleep(
    row: StandingAuthority, *, at: datetime, names: Sequence[str], recent: int, used: Sequence[Use], paused: Paused
) -> Iterator[str]:
    """Why TARS does not use a live authority now."""
    if undone := undone_lately(used, at=at):
        yield f"AMD-{undone.number} was rolled back, so TARS asks every time until it is seven days old."
    if recent >= row.max_per_week:
        yield "It was used as often as it may be in seven days."
    for system, why in paused:
        if not names or system in names:
            yield f"{system}: {why}"


def _grant(
    row: StandingAuthority, *, at: datetime, names: dict[str, str], used: tuple[Use, ...], paused: Paused
) -> Grant:
    state = "revoked" if row.revoked_at else "live" if row.expires_at > at else "expired"
    systems = tuple(names.get(id, id) for id in row.systems)
    recent = sum(one.at > at - _WEEK for one in used)
    asleep = _asleep(row, at=at, names=systems, recent=recent, used=used, paused=paused) if state == "live" else ()
    return Grant(
        id=str(row.id),
        granted_by=row.granted_by,
        systems=systems,
        fields=tuple(sorted(row.pointers.items())),
        max_per_week=row.max_per_week,
        reason=row.reason,
        granted_at=row.granted_at,
        expires_at=row.expires_at,
        revoked_at=row.revoked_at,
        revoked_because=row.revoked_because,
        state=state,
        uses=used,
        asleep=tuple(asleep),
        recently=recent,
    )


def _used(*, scope: Scope, at: datetime) -> int:
    moves = ProposalMove.objects.filter(tenant_id=scope.tenant_id, after=State.APPROVED.value, by=TARS.name)
    return moves.filter(at__gt=at - _WEEK, at__lte=at).count()


def _wishes(*, scope: Scope) -> tuple[Wish, ...]:
    rows = Quorum.objects.filter(tenant_id=scope.tenant_id).order_by("amendment_type", "effect", "role")
    return tuple(
        Wish(
            id=str(row.id),
            type=AmendmentType(row.amendment_type).label,
            effect=f"If it {_EFFECTS[Effect(row.effect)]}" if row.effect else "Any effect",
            role=Role(row.role).label,
            count=row.count,
        )
        for row in rows
    )


def _stand_ins(*, scope: Scope, at: datetime, may_manage: bool) -> tuple[StandIn, ...]:
    rows = Deputy.objects.filter(tenant_id=scope.tenant_id, ends_at__gt=at).order_by("starts_at", "id")
    return tuple(
        StandIn(
            id=str(row.id),
            principal=row.principal.email,
            deputy=row.deputy.email,
            role=Role(row.role).label,
            starts_at=row.starts_at,
            ends_at=row.ends_at,
            registered_by=row.registered_by,
            has_started=row.starts_at <= at,
            counts=row.membership.ended_at is None and row.role in row.membership.roles,
            may_end=may_manage or row.principal_id == scope.actor.user_id,
        )
        for row in rows.select_related("principal", "deputy", "membership")
    )
