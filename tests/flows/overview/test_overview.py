from __future__ import annotations

import re
import sys
from datetime import datetime, timedelta
from types import ModuleType, SimpleNamespace

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from governance.amendments.kinds import AmendmentType
from governance.audit import checks
from governance.registry.actions import register_system
from governance.registry.models import SystemType
from governance.scope import Scope
from governance.tenancy import in_tenant
from tarsweb.overview import queries
from tests import factories as make
from tests.web import client_of


def overview(scope: Scope, path: str = "/") -> str:
    response = client_of(scope).get(path)
    assert response.status_code == 200
    return re.sub(r">\s+|\s+<", lambda found: found[0].strip(), response.content.decode())


def days_ago(days: float) -> datetime:
    return timezone.now() - timedelta(days=days)


def history(cast: make.Cast) -> None:
    """Three applied in the last 30 days, one of them rolled back; one more 60 days ago, one 200 days ago."""
    make.applied(cast, fallback_delay_ms=900, at=days_ago(200))
    make.applied(cast, fallback_delay_ms=800, at=days_ago(60))
    for step in range(3):
        last = make.applied(cast, fallback_delay_ms=200 + step, at=days_ago(10 - step))
    make.rolled_back(cast.bo, last, at=days_ago(1))


def test_overview__new_tenant__teaches_instead_of_charting() -> None:
    html = overview(make.cast().ada)
    assert "Nothing waits for you, and nothing burns." in html
    assert "Nothing was applied, so there is no rate" in html
    assert "data-plotly=" not in html


def test_overview__history__tiles_say_the_figures() -> None:
    cast = make.cast()
    history(cast)
    html = overview(cast.ada)
    assert "1 of 4 · 95 % band 0.6–80.6 % · target &lt; 5 %" in html
    assert re.search(r'<p class="figure">\s*25\.0 %', html)
    assert re.search(r'<p class="figure">\s*3\s*<small>amendments</small>', html)
    assert html.count("data-plotly=") == 2


def test_overview__waiting__greets_with_the_number_and_lists_it() -> None:
    cast = make.cast()
    proposal = make.proposed(cast, at=days_ago(1))
    html = overview(cast.cy)
    assert "One decision waits, nothing burns." in html
    assert f'href="/amendments/{proposal.label}/"' in html


def test_overview__every_figure__opens_its_rows() -> None:
    cast = make.cast()
    history(cast)
    html = overview(cast.uma)
    assert '<a href="/amendments/?system=clay-consigliere&amp;state=rolled_back">1</a>' in html
    (total,) = re.findall(r'<a href="(/applied/\?system=clay-consigliere)">5</a>', html)
    assert "5 applied amendments" in overview(cast.uma, total)
    (tile,) = re.findall(r'<a class="card tile" href="(/applied/\?from=[0-9-]+&amp;to=[0-9-]+)">', html)
    assert "4 applied amendments" in overview(cast.uma, tile.replace("&amp;", "&"))
    undone = re.findall(r'<a href="(/applied/\?[^"]*rolled_back=1)">1</a>', html)
    assert "1 applied amendment<" in overview(cast.uma, undone[0].replace("&amp;", "&"))


def test_applied__every_cell_of_the_type_table__counts_its_rows() -> None:
    cast = make.cast()
    history(cast)
    html = overview(cast.uma)
    cells = re.findall(r'<a href="(/applied/\?from=[^"]*type=manual_update)">(\d+)</a>', html)
    assert sum(int(count) for _, count in cells) == 4
    for url, count in cells:
        assert f"<h1>{count} applied amendment" in overview(cast.uma, url.replace("&amp;", "&"))


def test_applied__nonsense_in_the_url__shows_all() -> None:
    cast = make.cast()
    history(cast)
    assert "5 applied amendments" in overview(cast.uma, "/applied/?from=x&to=2026-99-99&type=y&page=z")


def test_overview__stranger__sees_none_of_it() -> None:
    cast, mallory = make.cast(), make.stranger()
    history(cast)
    assert "clay-consigliere" not in overview(mallory)
    assert "0 applied amendments" in overview(mallory, "/applied/")


def test_overview__member__is_told_what_the_seat_is_for() -> None:
    assert "You are a member here" in overview(make.cast().mel) and "Ask for something" in overview(make.cast().mel)


def test_overview__ledger_verified__tile_says_so() -> None:
    cast = make.cast()
    assert "not verified today" in overview(cast.uma)
    checks.begin(scope=cast.uma, at=timezone.now())
    assert "✓ verified just now" in overview(cast.uma)


def test_overview__more_amendments__same_number_of_queries() -> None:
    cast = make.cast()
    client = client_of(cast.cy)

    def count() -> int:
        with CaptureQueriesContext(connection) as seen:
            assert client.get("/").status_code == 200
        return len(seen)

    make.applied(cast, fallback_delay_ms=100, at=days_ago(20))
    make.proposed(cast, at=days_ago(1))
    assert client.get("/").status_code == 200  # the session's first request records more
    few = count()
    history(cast)
    for step in range(4):
        make.proposed(cast, fallback_delay_ms=700 + step, at=days_ago(1))
    assert count() == few


def test_recent_amendments__as_the_seeds_query__newest_first_within_30_days() -> None:
    cast = make.cast()
    history(cast)
    with in_tenant(cast.tenant.id):
        found = queries.recent_amendments(cast.uma, timezone.now())
    assert [one.system for one in found] == ["clay-consigliere"] * 3
    assert sorted(found, key=lambda one: one.approved_at, reverse=True) == list(found)
    assert [one.rolled_back_at is not None for one in found] == [True, False, False]
    assert found[0].approved_by == cast.cy.actor.name


def test_rollback_rates__as_the_seeds_query__highest_first_and_systems_without_amendments_last() -> None:
    cast = make.cast()
    history(cast)
    register_system(scope=cast.bo, name="quiet", type=SystemType.UTILITY, constitution={}, at=make.AT)
    with in_tenant(cast.tenant.id):
        first, last = queries.rollback_rates(cast.uma).lines
        assert queries.rollback_rates(cast.uma, most=1).lines == (first,)
        assert queries.rollback_rates(cast.uma, system="quiet").lines == (last,)
    assert (first.system, first.rate.total, first.rate.rollbacks, first.rate.share) == ("clay-consigliere", 5, 1, 0.2)
    assert (last.system, last.rate.total, last.rate.share) == ("quiet", 0, None)


def test_rates_and_types__agree_with_each_other() -> None:
    cast = make.cast()
    history(cast)
    make.approve(
        cast.ada,
        make.proposed(
            cast,
            type=AmendmentType.GOVERNANCE_TIGHTENING,
            requires_approval=["upload_payroll_entries", "audit", "x"],
            at=days_ago(0.5),
        ),
        at=days_ago(0.5),
    )
    with in_tenant(cast.tenant.id):
        points = queries.rollback_rate_over_time(cast.uma, timezone.now())
        weeks = queries.amendments_by_type(cast.uma, timezone.now())
    assert (points[-1].rate.total, points[-1].rate.rollbacks) == (5, 1)
    assert sum(week.by_type["governance_tightening"] for week in weeks) == 1
    assert sum(week.total for week in weeks) == 5


def test_progress__demo_filling__card_polls_until_it_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    state: list[SimpleNamespace | None] = [SimpleNamespace(done=12, total=40, sentence="Making the second month.")]
    module = ModuleType("tarsweb.demo.progress")
    module.of = lambda scope: state[0]  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "tarsweb.demo.progress", module)
    client = client_of(make.cast().ada)
    assert "Making the second month." in client.get("/").content.decode()
    fragment = client.get("/progress/", headers={"HX-Request": "true"})
    assert 'hx-get="/progress/"' in fragment.content.decode()
    state[0] = None
    done = client.get("/progress/", headers={"HX-Request": "true"})
    assert done["HX-Refresh"] == "true"
    assert "hx-get" not in done.content.decode()
