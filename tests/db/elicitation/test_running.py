"""What is expected, what is found, and what a run stands on."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from dreams.elicitation import actions, queries, running, suite
from dreams.elicitation.actions import NothingChanged, NothingToUndo
from dreams.elicitation.models import CanonicalItem, Elicitation
from dreams.elicitation.running import record_of
from dreams.elicitation.scenario import BadScenario, Item, Kind
from dreams.elicitation.tasks import ask_all
from governance import canonical
from governance.amendments.kinds import AmendmentType
from governance.errors import NotAllowed, NotFound
from governance.estop.actions import stop
from governance.jobs.handlers import GiveUp, Run
from governance.jobs.models import Job
from governance.ledger.models import LedgerEntry
from governance.registry.actions import register_system
from governance.registry.models import System, SystemType
from governance.rulebook.question import ReservedFact
from governance.scope import Scope
from governance.tenancy import in_tenant
from governance.tenants.actions import ReasonMissing
from routing.connectors.contract import Call, OnProgress, Reply
from tests import factories as make
from tests.db.amendments.desk import at_once
from tests.db.dreams import desk as night
from tests.db.elicitation import desk
from tests.db.elicitation.desk import CLAY, SCENARIO, asked


@pytest.fixture
def cast() -> make.Cast:
    return make.cast()


def written(
    cast: make.Cast, *, by: Scope | None = None, key: str = "refunds", minutes: float = 1, **change: Any
) -> Item:
    known = {"kind": Kind.SCENARIO, "reason": "We agreed on it.", "at": make.later(minutes)}
    return actions.save(scope=by or cast.ada, key=key, content={**SCENARIO, **change}, **known)


def test_run__of_an_untouched_tenant__passes_and_says_what_it_stood_on(cast: make.Cast) -> None:
    row = asked(cast)
    record = record_of(row)
    assert row.is_passed and record["why"] == [], [one for one in record["checks"] if not one["agrees"]]
    assert (row.asked, row.as_expected, row.left_out) == (31, 31, 0)
    assert row.checks == row.agreed > 45
    assert row.constitution_version == 1 and row.constitution_digest == record["constitution"]
    assert canonical.digest_bytes(bytes(row.canonical)) == row.digest
    assert record["parts"]["temporal"] == {"asked": 0, "agreed": 0}
    with in_tenant(cast.tenant.id):
        entry = LedgerEntry.objects.get(action_name="elicitation.run")
    assert (entry.subject, entry.event_type) == (CLAY, "drift_detection")
    assert row.digest in bytes(entry.openings).decode()


def test_run__whatever_is_the_case_today__answers_the_same(cast: make.Cast) -> None:
    before = asked(cast)
    desk.recovering(cast, minutes=4)
    stop(scope=cast.sam, system_name=None, reason="Fire drill", at=make.later(6))
    after = asked(cast, minutes=7)
    assert after.is_passed and after.as_expected == before.as_expected
    temporal = record_of(after)["parts"]["temporal"]
    assert temporal == {"asked": 31, "agreed": 31}


def test_run__of_a_system_that_may_do_nothing__asks_20_that_need_no_capability(cast: make.Cast) -> None:
    register_system(scope=cast.bo, name="idle", type=SystemType.AGENT, constitution={"version": "1.0.0"}, at=make.AT)
    row = asked(cast, name="idle")
    assert row.is_passed and row.asked >= 20 and row.left_out > 0
    with in_tenant(cast.tenant.id):
        found = queries.whole(scope=cast.uma, row=row, at=make.later(4))
    assert "names no capability that acts and needs no approval" in str(found.left_out)


def test_run__of_a_system_that_only_reads__leaves_out_what_is_about_acting(cast: make.Cast) -> None:
    constitution = {"version": "1.0.0", "capabilities": ["read-pages", "search"]}
    register_system(scope=cast.bo, name="reader", type=SystemType.AGENT, constitution=constitution, at=make.AT)
    row = asked(cast, name="reader")
    assert row.is_passed and row.asked == 22 and row.left_out > 9


def test_run__an_answer_that_is_not_expected__fails_and_says_where(cast: make.Cast) -> None:
    for number in range(2):
        written(cast, key=f"refunds-{number}", title=f"Refunds {number}", minutes=number)
    row = asked(cast)
    assert not row.is_passed and (row.asked, row.as_expected) == (33, 31)
    why = record_of(row)["why"]
    assert why[0] == "31 of 33 scenarios were answered as expected; it takes more than 95 %."
    assert "Scenarios: 2 of 33 disagree." in why


def test_run__of_too_few_scenarios__says_why_it_cannot_count(cast: make.Cast) -> None:
    for number, item in enumerate(suite.SHIPPED[Kind.SCENARIO][:12]):
        actions.save(
            scope=cast.ada,
            kind=Kind.SCENARIO,
            key=item.key,
            content=item.content.as_json(),
            is_active=False,
            reason="Not ours.",
            at=make.later(number / 10),
        )
    row = asked(cast)
    assert not row.is_passed and row.asked == row.as_expected == 19
    assert record_of(row)["why"] == ["19 scenarios were asked; the protocol takes 20 or more."]


def test_run__over_time__an_amendment_explains_another_answer(cast: make.Cast) -> None:
    asked(cast)
    capabilities = [*make.CLAY["capabilities"], "skip_compliance_check"]
    expansion = make.proposed(
        cast, type=AmendmentType.CAPABILITY_EXPANSION, capabilities=capabilities, at=make.later(10)
    )
    for scope in (cast.cy, cast.ada):
        make.approve(scope, expansion, at=make.later(11))
    row = asked(cast, minutes=30)
    (check,) = (one for one in record_of(row)["checks"] if one["part"] == "temporal" and not one["agrees"])
    assert check["title"] == "A compliance check to be skipped" and "was changed since" in check["said"]
    assert not row.is_passed


def test_run__a_system_that_should_get_it__is_asked_of_the_router(cast: make.Cast) -> None:
    written(cast, title="Nobody", text="Please process the payroll", expected="permit", expected_system=CLAY)
    record = record_of(asked(cast))
    (check,) = (one for one in record["checks"] if one["key"] == "refunds" and one["part"] == "scenarios")
    assert check["expected"] == f"permit · {CLAY}" and check["found"].startswith("permit · ")


def test_run__words_of_an_answer_that_cannot_be_heard__are_not_asked_and_said_so(cast: make.Cast) -> None:
    written(cast, expected="", has=["dollars"])
    row = asked(cast)
    assert row.asked == 31 and row.left_out == 1
    (gap,) = record_of(row)["left_out"]
    assert gap["title"] == "Refunds of any size: the words of its answer" and "no connector" in gap["why"].lower()


@pytest.mark.parametrize(
    ("has", "lacks", "found", "said"),
    [
        (["Team 7"], ["password"], "its words", "as expected"),
        (["euros"], [], "other words", "Its answer does not contain “euros”."),
        ([], ["team"], "other words", "Its answer contains “team”."),
    ],
)
def test_run__words_of_an_answer__are_heard_in_dream_mode(
    has: list[str], lacks: list[str], found: str, said: str, cast: make.Cast
) -> None:
    modes = []

    def answer(call: Call, _told: OnProgress) -> Reply:
        modes.append(call.mode)
        return Reply(output={"said": f"Done for {call.request}"})

    night.furnish(cast, answer, served=0)
    known = {"text": "Audit team 7", "action": "audit", "expected": "permit", "has": has, "lacks": lacks}
    written(cast, system=night.NAME, **known)
    record = record_of(asked(cast, name=night.NAME))
    (check,) = (one for one in record["checks"] if one["key"] == "refunds" and one["part"] == "scenarios")
    assert check["found"] == f"permit · {found}" and said in check["said"], (check, record["left_out"])
    assert modes == ["dream"] and check["agrees"] is (found == "its words")


def test_run__words_while_it_is_stopped__are_not_heard(cast: make.Cast) -> None:
    night.furnish(cast, served=0)
    written(cast, system=night.NAME, action="audit", circumstance="stopped", has=["dollars"])
    (gap,) = record_of(asked(cast, name=night.NAME))["left_out"][-1:]
    assert gap["why"] == "Answers are heard only where nothing is out of the ordinary."


def test_start__again_while_one_is_under_way__is_that_one(cast: make.Cast) -> None:
    job = actions.start(scope=cast.bo, system_name=CLAY, at=make.later(1))
    assert actions.start(scope=cast.sam, system_name=CLAY, at=make.later(50)).id == job.id
    desk.work(job, make.later(51))
    desk.work(job, make.later(52))
    with in_tenant(cast.tenant.id):
        assert Elicitation.objects.count() == 1


def test_start__two_at_once__one_job(cast: make.Cast) -> None:
    def go(scope: Scope) -> Any:
        return actions.start(scope=scope, system_name=CLAY, at=make.later(1)).id

    found = at_once([lambda: go(cast.bo), lambda: go(cast.ada)])
    assert len({one.result for one in found}) == 1


def test_start__by_who_may_not_or_of_what_cannot_be_asked__refused(cast: make.Cast) -> None:
    for scope in (cast.uma, cast.mel, cast.tess):
        with pytest.raises(NotAllowed, match="ask a system the scenarios"):
            actions.start(scope=scope, system_name=CLAY, at=make.later(1))
    with pytest.raises(NotFound):
        actions.start(scope=make.stranger(), system_name=CLAY, at=make.later(1))


def test_save__stands_in_place_of_what_ships__with_its_history_and_undo(cast: make.Cast) -> None:
    key = suite.SHIPPED[Kind.SCENARIO][0].key
    before = suite.SHIPPED[Kind.SCENARIO][0].content
    made = written(cast, key=key)
    assert (made.version, made.can_undo, made.content.title) == (1, True, "Refunds of any size")
    with in_tenant(cast.tenant.id):
        found = suite.items(scope=cast.ada, kind=Kind.SCENARIO)
        assert len(found) == 31 and found[0].content == made.content
        entry = LedgerEntry.objects.get(action_name="elicitation.save")
    assert before.title in bytes(entry.openings).decode()
    known: dict[str, Any] = {"kind": Kind.SCENARIO, "key": key, "reason": "No.", "at": make.later(2)}
    back = actions.undo(scope=cast.bo, **known)
    assert (back.version, back.content) == (2, before)
    again = actions.undo(scope=cast.bo, **{**known, "at": make.later(3)})
    assert (again.version, again.content) == (3, made.content)


def test_save__wrong_refused_or_a_strangers__changes_nothing(cast: make.Cast) -> None:
    for scope in (cast.uma, cast.mel, cast.tess):
        with pytest.raises(NotAllowed, match="change what is expected"):
            written(cast, by=scope)
    with pytest.raises(BadScenario):
        written(cast, key="Über")
    with pytest.raises(ReservedFact):
        written(cast, facts={"estop": True})
    with pytest.raises(NotFound):
        written(cast, system="nobody")
    with pytest.raises(ReasonMissing):
        actions.save(scope=cast.ada, kind=Kind.SCENARIO, key="refunds", content=SCENARIO, reason=" ", at=make.later(1))
    written(cast)
    with pytest.raises(NothingChanged):
        written(cast, minutes=2)
    with pytest.raises(NothingToUndo):
        actions.undo(scope=cast.ada, kind=Kind.SCENARIO, key="refunds", reason="No.", at=make.later(3))
    stranger = make.stranger()
    with pytest.raises(NotFound):
        actions.undo(scope=stranger, kind=Kind.SCENARIO, key="refunds", reason="No.", at=make.later(3))
    with in_tenant(stranger.tenant_id):
        assert len(suite.items(scope=stranger)) == len(suite.SHIPPED[Kind.SCENARIO]) + len(suite.SHIPPED[Kind.PAIR])


def test_save__two_at_once__one_row(cast: make.Cast) -> None:
    found = at_once([lambda: written(cast), lambda: written(cast, by=cast.bo)])
    assert sorted(type(one.result or one.refusal).__name__ for one in found) == ["Item", "NothingChanged"]
    with in_tenant(cast.tenant.id):
        assert CanonicalItem.objects.count() == 1


def test_run__of_several__passes_over_what_cannot_be_asked(cast: make.Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    register_system(scope=cast.bo, name="broken", type=SystemType.AGENT, constitution={"version": "1"}, at=make.AT)
    ground = running._ground

    def refusing(scope: Scope, system: System, at: datetime) -> Any:
        if system.name == "broken":
            raise GiveUp("Nothing can be asked of broken: it cannot be read.")
        return ground(scope, system, at)

    monkeypatch.setattr(running, "_ground", refusing)
    assert ask_all(scope=cast.tars, at=make.AT)
    with in_tenant(cast.tenant.id):
        (job,) = Job.objects.filter(kind="elicitation")
    done = desk.work(job, make.later(1))
    assert (done.state, done.result["asked"], done.result["of"]) == ("done", 1, 2)
    alone = desk.work(actions.start(scope=cast.bo, system_name="broken", at=make.later(2)), make.later(2))
    assert alone.state == "dead" and "it cannot be read" in alone.error


def test_run__the_constitution_moves_while_it_is_asked__keeps_nothing(
    cast: make.Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = running._found

    def moving(run: Run, system: System) -> Any:
        done = found(run, system)
        make.applied(cast, at=run.at, fallback_delay_ms=300)
        return done

    monkeypatch.setattr(running, "_found", moving)
    job = desk.work(actions.start(scope=cast.bo, system_name=CLAY, at=make.later(2)), make.later(2))
    assert job.state == "dead" and "was changed meanwhile. Ask again." in job.error
    with in_tenant(cast.tenant.id):
        assert not Elicitation.objects.exists()
