"""People at once: exactly one outcome, the others told, nothing half-done."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from threading import Event
from typing import Any

import pytest

from governance.amendments import actions as amendments
from governance.amendments.actions import apply
from governance.amendments.errors import BaseMoved, WrongState
from governance.amendments.kinds import AmendmentType, State
from governance.amendments.models import AmendmentProposal, ConstitutionalAmendment, ProposalMove
from governance.amendments.queries import roll_back_preview
from governance.approvals import actions as approvals
from governance.approvals.actions import AlreadyDecided
from governance.audit.source import stream
from governance.audit.verify import verify
from governance.errors import DomainError
from governance.identity.actions import LastAdmin, SeatsTaken, add_member, set_roles
from governance.ledger.models import LedgerEntry
from governance.registry.actions import BadDependency, NameTaken, register_system, set_dependencies
from governance.registry.models import System, SystemType
from governance.scope import Role, Scope, tars_scope
from governance.tenancy import in_tenant
from tests import factories as make
from tests.db.amendments.desk import Told, at_once, demand_whole

ROUNDS = range(4)
"""Each race is run a few times: the schedule is the kernel's."""


def _outcome(told: list[Told]) -> tuple[list[Any], list[DomainError]]:
    return [one.result for one in told if one.refusal is None], [one.refusal for one in told if one.refusal]


def _whole(cast: make.Cast) -> None:
    demand_whole(cast.tenant.id)
    with in_tenant(cast.tenant.id):
        report = verify(stream(cast.tenant.id))
    assert report.is_verified, report.findings


def _approve(scope: Scope, proposal: AmendmentProposal) -> Callable[[], AmendmentProposal]:
    digest = make.digest_of(scope, proposal)
    return partial(make.approve, scope, proposal, digest=digest)


@pytest.mark.parametrize("round", ROUNDS)
def test_two_officers_at_once__one_applies_it_and_the_other_is_told(round: int) -> None:
    cast = make.cast()
    proposal = make.proposed(cast)
    _, other = make.seated(tenant=cast.tenant, name="dan", roles=[Role.OPERATOR])
    done, refused = _outcome(at_once([_approve(cast.cy, proposal), _approve(other, proposal)]))
    assert len(done) == len(refused) == 1
    assert isinstance(refused[0], WrongState | AlreadyDecided)
    with in_tenant(cast.tenant.id):
        assert ConstitutionalAmendment.objects.count() == 1
    _whole(cast)


@pytest.mark.parametrize("round", ROUNDS)
def test_two_needed_answers_at_once__both_count_and_it_is_applied_once(round: int) -> None:
    cast = make.cast()
    capabilities = [*make.CLAY["capabilities"], "voice-synthesis"]
    proposal = make.proposed(cast, type=AmendmentType.CAPABILITY_EXPANSION, capabilities=capabilities)
    done, refused = _outcome(at_once([_approve(cast.cy, proposal), _approve(cast.ada, proposal)]))
    assert (len(done), refused) == (2, [])
    assert make.state_of(cast.bo, proposal) == "applied"
    _whole(cast)


@pytest.mark.parametrize("round", ROUNDS)
def test_one_officer_in_two_windows__answers_once(round: int) -> None:
    cast = make.cast()
    capabilities = [*make.CLAY["capabilities"], "voice-synthesis"]
    proposal = make.proposed(cast, type=AmendmentType.CAPABILITY_EXPANSION, capabilities=capabilities)
    done, refused = _outcome(at_once([_approve(cast.cy, proposal)] * 3))
    assert (len(done), len(refused)) == (1, 2)
    assert make.state_of(cast.bo, proposal) == "proposed"
    _whole(cast)


@pytest.mark.parametrize("round", ROUNDS)
def test_approve_against_withdraw__one_wins_and_the_other_is_told(round: int) -> None:
    cast = make.cast()
    proposal = make.proposed(cast)
    withdraw = partial(amendments.withdraw, scope=cast.bo, number=proposal.number, why="Changed my mind.", at=make.AT)
    done, refused = _outcome(at_once([_approve(cast.cy, proposal), withdraw]))
    assert len(done) == len(refused) == 1 and isinstance(refused[0], WrongState | AlreadyDecided)
    state = make.state_of(cast.bo, proposal)
    assert state in {State.APPLIED, State.WITHDRAWN}
    assert (make.constitution_of(cast.bo) == make.CLAY) == (state == State.WITHDRAWN)
    _whole(cast)


@pytest.mark.parametrize("round", ROUNDS)
def test_approve_against_revise__never_applies_what_was_not_seen(round: int) -> None:
    cast = make.cast()
    proposal = make.proposed(cast, fallback_delay_ms=200)
    revise = partial(
        amendments.revise,
        scope=cast.bo,
        number=proposal.number,
        constitution=make.changed(make.CLAY, fallback_delay_ms=900),
        evidence={"reason": "Another figure."},
        why="Another figure.",
        at=make.AT,
    )
    done, refused = _outcome(at_once([_approve(cast.cy, proposal), revise]))
    assert len(done) == len(refused) == 1
    assert make.constitution_of(cast.bo)["fallback_delay_ms"] in {200, 500}
    _whole(cast)


@pytest.mark.parametrize("round", ROUNDS)
def test_two_amendments_on_one_base__one_applies_and_the_other_must_rebase(round: int) -> None:
    cast = make.cast()
    first, second = make.proposed(cast, fallback_delay_ms=200), make.proposed(cast, persona_id="somebody-else")
    done, refused = _outcome(at_once([_approve(cast.cy, first), _approve(cast.cy, second)]))
    assert len(done) == len(refused) == 1
    assert isinstance(refused[0], BaseMoved | AlreadyDecided)
    left = first if make.state_of(cast.bo, first) == "proposed" else second
    amendments.rebase(scope=cast.bo, number=left.number, at=make.AT)
    make.approve(cast.cy, left)
    now = make.constitution_of(cast.bo)
    assert (now["fallback_delay_ms"], now["persona_id"]) == (200, "somebody-else"), "neither change is lost"
    _whole(cast)


def _waiting_rollback(cast: make.Cast) -> AmendmentProposal:
    """An applied tightening whose rollback waits for a second person, because it loosens something."""
    tightening = make.proposed(
        cast,
        type=AmendmentType.GOVERNANCE_TIGHTENING,
        requires_approval=["upload_payroll_entries", "audit", "delete"],
    )
    make.approve(cast.ada, tightening)
    assert make.rolled_back(cast.bo, tightening).state == "waiting"
    return tightening


def _moving_on(
    cast: make.Cast, proposal: AmendmentProposal, waiting: AmendmentProposal
) -> dict[str, Callable[[], Any]]:
    """What else may happen to a proposal while another one on its system is applied."""
    return {
        "withdraw": partial(amendments.withdraw, scope=cast.bo, number=proposal.number, why="Not now.", at=make.AT),
        "revise": partial(
            amendments.revise,
            scope=cast.bo,
            number=proposal.number,
            constitution=make.changed(make.constitution_of(cast.bo), persona_id="somebody-else-again"),
            evidence={"reason": "Another name."},
            why="Another name.",
            at=make.AT,
        ),
        "rebase": partial(amendments.rebase, scope=cast.bo, number=proposal.number, at=make.AT),
        "expire": partial(amendments.expire_due, scope=cast.tars, number=proposal.number, at=proposal.expires_at),
        "reject": partial(
            amendments.reject,
            scope=cast.cy,
            number=proposal.number,
            digest=make.digest_of(cast.bo, proposal),
            confirmation=make.confirmed(cast.cy, at=make.AT),
            note="No.",
            at=make.AT,
        ),
        "withdraw a rollback": partial(amendments.withdraw_roll_back, scope=cast.cy, number=waiting.number, at=make.AT),
    }


@pytest.mark.parametrize("what", ["withdraw", "revise", "rebase", "expire", "reject", "withdraw a rollback"])
def test_apply_against_a_move_of_another_proposal__nobody_waits_in_a_circle(
    what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who applies holds the ledger's head when it voids other questions; nobody may hold one of those and want it."""
    cast = make.cast()
    waiting = _waiting_rollback(cast)
    first, second = make.proposed(cast, fallback_delay_ms=200), make.proposed(cast, persona_id="somebody-else")
    other_has_voided, apply_is_there = Event(), Event()
    void, void_others = approvals.void, apply.void_others

    def voiding(**options: Any) -> None:
        void(**options)
        if not apply_is_there.is_set() or options["because"] != f"{first.label} was applied":
            other_has_voided.set()

    def voiding_others(**options: Any) -> None:
        apply_is_there.set()
        other_has_voided.wait(0.3)
        void_others(**options)

    monkeypatch.setattr(approvals, "void", voiding)
    monkeypatch.setattr(apply, "void_others", voiding_others)
    move = _moving_on(cast, second, waiting)[what]

    def when_apply_is_there() -> Any:
        apply_is_there.wait(5)
        return move()

    done, _ = _outcome(at_once([_approve(cast.cy, first), when_apply_is_there]))
    assert make.state_of(cast.bo, first) == "applied" and done
    _whole(cast)


@pytest.mark.parametrize("round", ROUNDS)
def test_roll_back_twice_at_once__is_done_once(round: int) -> None:
    cast = make.cast()
    proposal = make.applied(cast, fallback_delay_ms=200)
    with in_tenant(cast.tenant.id):
        digest = roll_back_preview(scope=cast.bo, number=proposal.number, at=make.AT).digest

    def undo(scope: Scope) -> Callable[[], Any]:
        return partial(
            amendments.roll_back,
            scope=scope,
            number=proposal.number,
            digest=digest,
            reason="It made things worse.",
            confirmation=make.confirmed(scope, at=make.AT),
            at=make.AT,
        )

    done, refused = _outcome(at_once([undo(cast.bo), undo(cast.cy)]))
    assert len(done) == len(refused) == 1 and isinstance(refused[0], WrongState)
    assert make.constitution_of(cast.bo) == make.CLAY
    _whole(cast)


@pytest.mark.parametrize("round", ROUNDS)
def test_roll_back_against_the_next_amendment__both_are_whole_or_one_is_told(round: int) -> None:
    cast = make.cast()
    old, new = make.applied(cast, fallback_delay_ms=200), make.proposed(cast, persona_id="somebody-else")
    roll_back = partial(make.rolled_back, cast.bo, old)
    done, refused = _outcome(at_once([roll_back, _approve(cast.cy, new)]))
    assert len(done) >= 1 and len(done) + len(refused) == 2
    _whole(cast)


@pytest.mark.parametrize("round", ROUNDS)
def test_apply_due_twice_at_once__applies_once_and_harms_nothing(round: int) -> None:
    cast = make.cast()
    proposal = make.approve(cast.cy, make.proposed(cast, effective_at=make.later(5)))
    assert proposal.state == "scheduled"
    due = partial(amendments.apply_due, scope=cast.tars, number=proposal.number, at=make.later(6))
    done, refused = _outcome(at_once([due] * 3))
    assert (len(done), refused) == (3, [])
    with in_tenant(cast.tenant.id):
        assert ProposalMove.objects.filter(proposal_id=proposal.id, after="applied").count() == 1
    _whole(cast)


def test_many_proposals_at_once__get_numbers_without_gaps_and_one_chain() -> None:
    cast = make.cast()
    done, refused = _outcome(at_once([partial(make.proposed, cast, fallback_delay_ms=100 + n) for n in range(8)]))
    assert refused == []
    assert sorted(proposal.number for proposal in done) == list(range(1, 9))
    _whole(cast)


def test_first_acts_at_once__make_one_key_for_the_actor() -> None:
    cast = make.cast()
    grace, scope = make.seated(tenant=cast.tenant, name="grace", roles=[Role.OPERATOR])
    at_once([partial(make.proposed, cast, by=scope, fallback_delay_ms=100 + n) for n in range(4)])
    with in_tenant(cast.tenant.id):
        keys = LedgerEntry.objects.filter(event_type="key", subject=grace.email)
        assert keys.count() == 1
    _whole(cast)


# -- the same for people and systems


@pytest.mark.parametrize("round", ROUNDS)
def test_last_seat_at_once__is_given_once(round: int) -> None:
    home = make.tenant(max_users=3)
    scope = tars_scope(home.id)
    for name in ("ada", "bo"):
        make.seated(tenant=home, name=name, roles=[Role.OPERATOR])
    people = [make.user(name) for name in ("cy", "dan", "eve")]
    calls = [partial(add_member, scope=scope, user=person, roles=[Role.AUDITOR], at=make.AT) for person in people]
    done, refused = _outcome(at_once(calls))
    assert (len(done), len(refused)) == (1, 2) and all(isinstance(one, SeatsTaken) for one in refused)


@pytest.mark.parametrize("round", ROUNDS)
def test_two_admins_give_up_at_once__one_stays(round: int) -> None:
    cast = make.cast()
    other, _ = make.seated(tenant=cast.tenant, name="tom", roles=[Role.ADMIN])
    calls = [
        partial(set_roles, scope=cast.tars, user=person, roles=[Role.AUDITOR], at=make.AT)
        for person in (cast.users["tess"], other)
    ]
    done, refused = _outcome(at_once(calls))
    assert len(done) == len(refused) == 1 and isinstance(refused[0], LastAdmin)


def _registered(cast: make.Cast, name: str) -> System:
    return register_system(scope=cast.bo, name=name, type=SystemType.AGENT, constitution=make.CLAY, at=make.AT)


def test_one_name_at_once__is_taken_once() -> None:
    cast = make.cast()
    done, refused = _outcome(at_once([partial(_registered, cast, "memvid")] * 3))
    assert (len(done), len(refused)) == (1, 2) and all(isinstance(one, NameTaken) for one in refused)


@pytest.mark.parametrize("round", ROUNDS)
def test_two_halves_of_a_circle_at_once__do_not_close_it(round: int) -> None:
    cast = make.cast()
    for name in ("a", "b"):
        _registered(cast, name)
    calls = [
        partial(set_dependencies, scope=cast.bo, system_name=one, depends_on=[other], at=make.AT)
        for one, other in (("a", "b"), ("b", "a"))
    ]
    done, refused = _outcome(at_once(calls))
    assert len(done) == len(refused) == 1 and isinstance(refused[0], BadDependency)
    with in_tenant(cast.tenant.id):
        systems = {system.name: system for system in System.objects.filter(name__in=["a", "b"])}
    below = next(system for system in systems.values() if not system.depends_on)
    above = next(system for system in systems.values() if system.depends_on)
    assert (above.depends_on, below.reverse_dependencies) == ([below.id], [above.id])
