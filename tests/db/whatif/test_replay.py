from __future__ import annotations

from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from governance import canonical
from governance.tenancy import in_tenant
from routing.embeddings.choice import current
from routing.router import choosing
from routing.router.features import PLACES
from routing.router.head import Head
from routing.router.heads import label_of
from routing.router.models import RoutingRule
from routing.router.queries import choose
from routing.router.scoring import Trained
from routing.whatif import queries, reading, scoring, sides
from routing.whatif.asked import Added, Asked
from routing.whatif.judging import Judge
from routing.whatif.reading import Window
from tests import factories as make
from tests.db.whatif import desk

TEXTS = [desk.PAYROLL, "Process the payroll PDF files", desk.VIDEO, "Bake a sourdough bread"]


@pytest.fixture
def cast() -> make.Cast:
    return desk.cast()


def moves(result: dict[str, Any]) -> dict[tuple[str, str], int]:
    return {(one["from"], one["to"]): one["count"] for one in result["moves"]}


def test_nothing_relevant_changed__everybody_stays__where_they_went_then(cast: make.Cast) -> None:
    desk.past(cast, TEXTS)
    found = desk.result(cast.uma, threshold=0.7)
    assert found["coverage"]["replayed"] == found["coverage"]["as_then"] == found["counts"]["stayed"] == 4
    assert found["counts"]["moved"] == 0 and found["moves"] == [] and "Nobody moves" in found["sentence"]
    assert found["coverage"]["sentence"].startswith("4 of 4 executions of these 30 days could be replayed.")


def test_threshold_of_one__what_is_not_the_pattern_itself_goes_to_nobody(cast: make.Cast) -> None:
    desk.past(cast, TEXTS)
    found = desk.result(cast.uma, threshold=1.0)
    assert moves(found) == {("domicile", ""): 1} and found["counts"]["out_of_scope"] == 1
    assert found["thresholds"] == {"before": 0.7, "after": 1.0}
    assert found["nobody"]["count"] == 1 and found["nobody"]["before"]["success"] == {"value": 1.0, "n": 1}
    (example,) = found["examples"]
    assert example["text"] == "Process the payroll PDF files" and example["to"] == ""
    assert "below the threshold 1.00" in example["after"][0]["veto"] and example["before"][0]["is_chosen"]


def test_a_new_rule__brings_into_scope__and_the_chooser_agrees_once_it_is_written(cast: make.Cast) -> None:
    desk.past(cast, TEXTS)
    found = desk.result(cast.uma, added=(Added("Bake a bread", "memvid"),))
    assert moves(found) == {("", "memvid"): 1} and found["counts"]["into_scope"] == 1
    assert found["rules"] == {"before": 2, "after": 3} and "“Bake a bread” to memvid" in found["said"]
    assert found["counts"]["unjudged"] == 1, "nobody asked about memvid then"
    desk.router.written(cast.bo, "Bake a bread", "memvid")
    assert desk.router.names(desk.router.chosen(cast.bo, TEXTS[3]))[0] == "memvid"


def test_who_may_not_do_it_by_todays_rulebook__or_cannot_be_reached__gets_nothing(cast: make.Cast) -> None:
    desk.past(cast, TEXTS)
    denied = desk.result(cast.uma, added=(Added("Bake a bread", "strict"),))
    assert moves(denied) == {} and denied["counts"]["into_scope"] == 1, "in scope, and still nobody"
    unreached = desk.result(cast.uma, added=(Added("Bake a bread", "clay-consigliere"),))
    assert moves(unreached) == {}


def test_a_rule_that_is_off__its_requests_go_by_what_is_left(cast: make.Cast) -> None:
    desk.past(cast, TEXTS)
    found = desk.result(cast.uma, off=(desk.rule(cast, desk.VIDEO),))
    assert set(moves(found)) == {("memvid", "")} and "1 rule is off" in found["said"]


def test_both_sides__choose_as_the_router_does(cast: make.Cast) -> None:
    texts = [*TEXTS, "Extract the payroll from PDF", "What was said in the meeting", "Audit compliance", "Weather"]
    desk.past(cast, texts)
    embedder, window = current(), Window(make.AT, desk.AT)
    with in_tenant(cast.tenant.id):
        ground = sides.ground(scope=cast.uma, model=embedder.model, changed=None)
        read = reading.batch(scope=cast.uma, window=window, model=embedder.model, after=None)
        side = sides.under(ground, asked=Asked(threshold=0.8), changed=None, embedder=embedder)
        judge = Judge(cast.uma, make.later(301))
        found = judge.settled(side, cases=read.cases, vectors=read.vectors, model=embedder.model)
    make.applied(cast, routing_confidence_threshold=0.8, at=make.later(300))
    with in_tenant(cast.tenant.id):
        for case, place in zip(read.cases, found, strict=True):
            choice = choose(scope=cast.uma, text=case.text, at=make.later(301))
            assert choice.threshold == 0.8
            assert place.name == (choice.chosen.name if choice.chosen else ""), case.text
            assert place.is_in_scope == choice.is_in_scope, case.text


def test_a_head__judges_a_replay_as_it_judges_the_router(cast: make.Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.past(cast, TEXTS)
    with in_tenant(cast.tenant.id):
        labels = tuple(label_of(*row) for row in RoutingRule.objects.values_list("recommended_system_id", "action"))
    count, model = len(labels), current().model
    nothing = {"weights": np.zeros((384, count)), "words": np.zeros((PLACES, count)), "rare": np.zeros(PLACES)}
    head = Head(labels, model, np.arange(count), **nothing)
    for module in (choosing, sides):
        monkeypatch.setattr(module, "head_of", lambda **_: Trained(head, low=1.0, middle=9.0))
    embedder = current()
    with in_tenant(cast.tenant.id):
        ground = sides.ground(scope=cast.uma, model=model, changed=None)
        read = reading.batch(scope=cast.uma, window=Window(make.AT, desk.AT), model=model, after=None)
        side = sides.today(ground, dimensions=embedder.dimensions)
        found = scoring.placed(side, cases=read.cases, vectors=read.vectors, model=model)
        for case, place in zip(read.cases, found, strict=True):
            live = choose(scope=cast.uma, text=case.text, at=make.later(9))
            ours = [(one.name, one.score) for one in place.candidates]
            assert ours == [(one.name, one.score) for one in live.candidates[: len(ours)]], case.text


def test_what_cannot_be_replayed__is_counted_with_its_reason__first(cast: make.Cast) -> None:
    desk.past(cast, [desk.PAYROLL])
    desk.past(cast, [desk.PAYROLL], wanted="memvid")
    desk.past(cast, [desk.PAYROLL], embedding_model="another@1")
    desk.past(cast, [desk.PAYROLL], request_embedding=None)
    desk.past(cast, [desk.PAYROLL], route=None)
    desk.past(cast, [desk.PAYROLL], route=None, lifecycle_state="ARCHIVED")
    found = desk.result(cast.uma, threshold=0.9)["coverage"]
    assert (found["total"], found["replayed"], found["share"]) == (6, 1, 0.1667)
    assert {one["reason"]: one["count"] for one in found["reasons"]} == {
        "named": 1,
        "other_model": 1,
        "no_vector": 1,
        "no_route": 1,
        "archived": 1,
    }


def test_what_spoke_against_a_system_then__holds_on_both_sides(cast: make.Cast) -> None:
    make.status(cast.bo, "memvid", make.Status.DEPRECATED, at=make.later(5))
    desk.past(cast, [desk.VIDEO])
    make.status(cast.bo, "memvid", make.Status.ACTIVE, at=make.later(50))
    found = desk.result(cast.uma, added=(Added("Find the recording of a meeting", "memvid"),))
    assert found["counts"]["moved"] == 0, "memvid could not get it then"


def test_moved_requests__are_estimated_from_similar_ones__or_not_at_all(cast: make.Cast) -> None:
    desk.past(cast, [desk.PAYROLL] * 6, status="failed", cost="0.05", stars=2)
    desk.past(cast, [desk.PAYROLL] * 8, wanted="memvid", cost="0.01", stars=5)
    found = desk.result(cast.uma, off=(desk.rule(cast),), added=(Added(desk.PAYROLL, "memvid"),))
    assert moves(found) == {("domicile", "memvid"): 6}
    figures = found["figures"]
    assert figures["count"] == 6 and figures["before"]["success"] == {"value": 0.0, "n": 6}
    after = figures["after"]["success"]
    assert after["value"] == 1.0 and after["n"] == 8 and 0.6 < after["low"] < 0.7 and after["high"] == 1.0
    assert figures["change"]["cost_usd"]["value"] == -0.04
    assert figures["change"]["stars"]["value"] == 3 and figures["after"]["stars"]["low"] < 5
    few = desk.result(cast.uma, off=(desk.rule(cast),), added=(Added(desk.PAYROLL, "fresh"),))
    (row,) = few["moves"]
    assert row["unknown"] == 6 and row["after"]["success"] is None and few["figures"]["count"] == 0


def test_an_amendment_of_the_router__is_replayed(cast: make.Cast) -> None:
    desk.past(cast, TEXTS)
    proposal = make.proposed(cast, routing_confidence_threshold=0.9, at=make.later(100))
    found = desk.result(cast.uma, amendment=proposal.number, threshold=1.0)
    assert desk.result(cast.uma, amendment=proposal.number)["thresholds"]["after"] == 0.9
    assert moves(found) == {("domicile", ""): 1} and found["system"] == "clay-consigliere"
    assert f"as {proposal.label} asks" in found["said"] and found["document_digest"].startswith("sha256:")


def test_an_amendment_of_what_a_system_can_do__is_embedded_and_replayed(cast: make.Cast) -> None:
    desk.past(cast, ["Bake sourdough bread"])
    proposal = desk.proposed_for(cast, "memvid", capabilities=["video-memory", "bake-bread", "bake-sourdough"])
    found = desk.result(cast.uma, amendment=proposal.number, threshold=0.5)
    assert moves(found) == {("", "memvid"): 1} and found["system"] == "memvid"
    assert moves(desk.result(cast.uma, threshold=0.5)) == {}


def test_a_draft_constitution_of_the_router__with_a_fallback__takes_what_is_out_of_scope(cast: make.Cast) -> None:
    desk.past(cast, TEXTS)
    draft = make.CLAY | {"routing_rules": {"fallback_system": "memvid"}}
    job = desk.asked(cast.uma, constitution=draft)
    assert moves(job.result) == {("", "memvid"): 1} and job.result["counts"]["into_scope"] == 0
    assert "asked" not in job.result, "a whole constitution is not kept twice"
    with in_tenant(cast.tenant.id):
        found = queries.found(scope=cast.uma, job_id=job.id).demand_result()
    assert found["asked"]["constitution"] == draft and found["document_digest"] == canonical.digest(draft)


def test_batches__constant_queries_each__and_no_execution_twice(
    cast: make.Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.past(cast, TEXTS * 2)
    monkeypatch.setattr(reading, "BATCH", 3)
    with CaptureQueriesContext(connection) as captured:
        found = desk.result(cast.uma, threshold=0.9)
    read = [one for one in captured.captured_queries if "left(user_request" in one["sql"]]
    assert found["coverage"]["read"] == 8 and len(read) == 3


def test_more_than_are_replayed__the_newest__and_it_says_so(cast: make.Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.past(cast, TEXTS)
    monkeypatch.setattr(reading, "MOST", 3)
    found = desk.result(cast.uma, threshold=0.9)["coverage"]
    assert found["left_out"] == 1 and "only the newest 3 are replayed" in found["sentence"]


def test_days__bound_the_window(cast: make.Cast) -> None:
    desk.past(cast, [desk.PAYROLL])
    job = desk.asked(cast.uma, days=1, threshold=0.9, at=desk.AT + timedelta(days=3))
    assert job.result["coverage"]["total"] == 0 and "says nothing" in job.result["coverage"]["sentence"]
