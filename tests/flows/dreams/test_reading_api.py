"""What programs read of the nights."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dreams.cycles.models import Dream
from governance.tenancy import in_tenant
from tests import factories as make
from tests.db.dreams import desk
from tests.web import client_of

API = "/api/v1/dreams/"


def _got(client: Any, path: str, status: int = 200) -> Any:
    answer = client.get(f"{API}{path}")
    assert answer.status_code == status, (path, answer.content[:300])
    return answer.json()


def test_programs__read_nights_a_report_a_dream_its_pairs_and_the_rates() -> None:
    cast = desk.cast()
    cycle = desk.ran(cast, desk.planned(cast))
    uma, name = client_of(cast.uma), cycle.cycle_id
    (line,) = _got(uma, "nights/?state=won")["results"]
    assert line["night"] == name and line["won"] >= 1 and line["runs"] == cycle.runs
    assert _got(uma, "nights/?system=nobody")["results"] == []
    _got(uma, "nights/?state=nonsense", 422)
    report = _got(uma, f"nights/{name}/")
    assert report["plan"]["is_whole"] and report["plan_digest"] == cycle.plan_digest
    assert [one["number"] for one in report["dreams"]] == list(range(len(report["dreams"])))
    assert [one["is_dummy"] for one in report["dreams"]].count(True) == 1
    won = next(one for one in report["dreams"] if one["verdict"] == "promote")
    whole = _got(uma, f"nights/{name}/{won['number']}/")
    assert whole["because"] == won["because"] and whole["mutations"] and whole["gain_low"] <= whole["gain"]
    seen, path = [], f"nights/{name}/{won['number']}/pairs/?limit=50"
    while path:
        page = _got(uma, path)
        seen += [one["request_key"] for one in page["results"]]
        path = page["next"] and page["next"].removeprefix(API)
    assert len(seen) == len(set(seen)) == won["pairs_seen"] + won["pairs_held_out"]
    (part,) = {one["part"] for one in _got(uma, f"nights/{name}/{won['number']}/pairs/?part=held_out")["results"]}
    assert part == "held_out"
    assert _got(uma, f"nights/{name}/{won['number']}/pairs/?show=failed")["results"] == []
    rates = _got(uma, "rates/")
    assert rates["dummies"]["total"] == 1 and rates["dummies"]["count"] == 0
    assert rates["dummies"]["low"] == 0 and rates["dummies"]["high"] == pytest.approx(0.975)
    assert rates["kept"]["total"] == 0 and rates["kept"]["share"] is None


def test_stranger__and_a_member_without_the_record__read_nothing() -> None:
    cast = desk.cast()
    cycle = desk.ran(cast, desk.planned(cast))
    stranger, member = client_of(make.stranger()), client_of(cast.mel)
    for path in ("", "0/", "0/pairs/"):
        _got(stranger, f"nights/{cycle.cycle_id}/{path}", 404)
        _got(member, f"nights/{cycle.cycle_id}/{path}", 403)
    assert _got(stranger, "nights/")["results"] == []
    assert _got(stranger, "rates/")["dummies"]["total"] == 0
    for path in ("/dreams/", "/dreams/rates/", f"/dreams/nights/{cycle.cycle_id}/", "/dreams/live/"):
        assert member.get(path).status_code == 403


def test_lists__ask_the_same_number_of_questions_however_many_nights() -> None:
    cast = desk.cast()
    uma = client_of(cast.uma)
    desk.ran(cast, desk.planned(cast))
    counts = []
    for minute in (60 * 24 * 2, 60 * 24 * 3):
        with CaptureQueriesContext(connection) as asked:
            assert uma.get("/dreams/").status_code == 200
        counts.append(len(asked))
        at = make.later(minute)
        desk.serve(cast, 100, first=make.later(minute - 200))
        desk.ran(cast, desk.planned(cast, at=at, seed=minute))
    with CaptureQueriesContext(connection) as asked:
        html = uma.get("/dreams/").content.decode()
    assert "3 nights" in html and len(asked) == counts[0] == counts[1] <= 40


def test_rates__are_those_of_the_sources_own_query() -> None:
    cast = desk.cast()
    desk.ran(cast, desk.planned(cast))
    with in_tenant(cast.tenant.id):
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT COUNT(*), SUM(CASE WHEN promoted_to_production THEN 1 ELSE 0 END) FROM dreams "
                "WHERE dreamed_at >= NOW() - INTERVAL '90 days'"
            )
            total, promoted = cursor.fetchone()
        assert total == Dream.objects.count()
    weeks = _got(client_of(cast.uma), "rates/")["weeks"]
    assert (sum(one["total_dreams"] for one in weeks), sum(one["promoted"] for one in weeks)) == (total, promoted)
