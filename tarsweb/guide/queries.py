"""What a person has done so far, and where the path's steps lead."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from allauth.mfa.models import Authenticator
from django.urls import reverse

from governance.amendments.kinds import State
from governance.amendments.models import AmendmentProposal
from governance.approvals.models import ApprovalDecision
from governance.discussion.models import Look
from governance.identity.models import Invitation, Membership
from governance.ledger.models import LedgerEntry
from governance.scope import Capability, Scope
from governance.tokens.models import ApiToken
from governance.webhooks.models import Webhook
from tarsweb.guide.steps import STEPS, Step
from tarsweb.inbox.queries import waiting


@dataclass(frozen=True, slots=True)
class Item:
    """One line of the checklist."""

    title: str
    why: str
    url: str
    is_done: bool


@dataclass(frozen=True, slots=True)
class Checklist:
    items: tuple[Item, ...]

    @property
    def done(self) -> int:
        return sum(item.is_done for item in self.items)

    @property
    def total(self) -> int:
        return len(self.items)


def checklist(*, scope: Scope, seen: Collection[str]) -> Checklist | None:
    """What the scope's roles can try, and what of it is done; None for somebody who hid it or has no desk.

    `seen` are the path's steps that this session has shown; they count where doing is not everybody's.
    """
    if not scope.can(Capability.READ_RECORD) or _is_hidden(scope):
        return None
    candidates = (
        (Capability.READ_RECORD, "Read a change", "One sentence, its fields and its evidence.", "read", _has_read),
        (Capability.DECIDE, "Decide one", "Approve, reject or ask for changes.", "inbox", _has_decided),
        (Capability.ROLL_BACK, "Roll one back, or see how", "Undo goes forward.", "roll_back", _has_rolled_back),
        (Capability.VERIFY, "Verify the record", "Trust nobody: re-derive it.", "verify", _never),
    )
    items = [
        Item(title, why, reverse("guide:step", args=[_number(key)]), key in seen or has(scope))
        for capability, title, why, key, has in candidates
        if scope.can(capability)
    ]
    items.append(
        Item("Set up a second factor", "Approvals ask for it.", reverse("mfa_index"), _has_second_factor(scope))
    )
    if scope.can(Capability.MANAGE_PEOPLE):
        items.append(Item("Invite somebody", "Four eyes need two people.", reverse("people:list"), _has_invited(scope)))
    if scope.can(Capability.MANAGE_PROGRAMS):
        url = reverse("webhooks:list")
        items.append(Item("Connect a program", "A webhook or a token.", url, _has_program(scope)))
    return Checklist(tuple(items))


def address(*, scope: Scope, step: Step, at: datetime) -> str:
    """Where the step happens: with what waits for this person, or else with what the tenant has."""
    if step.key == "inbox":
        return reverse("inbox:list")
    if step.key in {"read", "approve"}:
        place = "#decide" if step.key == "approve" else ""
        mine = next((line.row.url for line in waiting(scope, at=at)), "")
        return mine + place if mine else _detail(_latest(scope, State.PROPOSED) or _latest(scope, State.APPLIED), place)
    if step.key == "watch":
        row = _of(scope, State.APPLIED).select_related("system").first()
        return reverse("systems:detail", args=[row.system.name]) if row else reverse("systems:list")
    if step.key == "roll_back":
        number = _latest(scope, State.APPLIED, basis="ordinary")
        if number and scope.can(Capability.ROLL_BACK):
            return reverse("amendments:roll_back", args=[number])
        return _detail(number)
    return reverse("ledger:list")


def _number(key: str) -> int:
    return next(step.number for step in STEPS if step.key == key)


def _detail(number: int | None, place: str = "") -> str:
    return reverse("amendments:detail", args=[number]) + place if number else reverse("amendments:list")


def _of(scope: Scope, state: State):  # type: ignore[no-untyped-def]
    return AmendmentProposal.objects.filter(tenant_id=scope.tenant_id, state=state).order_by("-number")


def _latest(scope: Scope, state: State, **narrowed: str) -> int | None:
    number: int | None = _of(scope, state).filter(**narrowed).values_list("number", flat=True).first()
    return number


def _is_hidden(scope: Scope) -> bool:
    rows = Membership.objects.filter(tenant_id=scope.tenant_id, user_id=scope.person_id, ended_at=None)
    return not rows.filter(guide_hidden_at=None).exists()


def _has_read(scope: Scope) -> bool:
    return Look.objects.filter(tenant_id=scope.tenant_id, user_id=scope.person_id).exists()


def _has_decided(scope: Scope) -> bool:
    return ApprovalDecision.objects.filter(tenant_id=scope.tenant_id, user_id=scope.person_id).exists()


def _has_rolled_back(scope: Scope) -> bool:
    rows = LedgerEntry.objects.filter(tenant_id=scope.tenant_id, action_name="amendments.roll_back")
    return rows.filter(actor_name=scope.actor.name).exists()


def _never(scope: Scope) -> bool:
    """Verifying leaves no trace of who asked: only this session's path knows."""
    return False


def _has_second_factor(scope: Scope) -> bool:
    return Authenticator.objects.filter(user_id=scope.person_id).exclude(type="recovery_codes").exists()


def _has_invited(scope: Scope) -> bool:
    return Invitation.objects.filter(tenant_id=scope.tenant_id, invited_by=scope.actor.name).exists()


def _has_program(scope: Scope) -> bool:
    tokens = ApiToken.objects.filter(tenant_id=scope.tenant_id)
    return Webhook.objects.filter(tenant_id=scope.tenant_id).exists() or tokens.exists()
