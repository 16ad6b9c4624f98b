from __future__ import annotations

import base64
import hashlib
import json
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from governance.canonical import canonical_bytes, digest_bytes
from governance.ledger.models import LedgerEntry
from governance.registry.actions import register_system
from governance.registry.models import System, SystemType
from governance.tenancy import in_tenant
from governance.web import now
from tests import factories as make
from tests.web import client_of

TABS = ("", "versions/", "compare/", "time-machine/", "dependencies/", "health/", "constitution.json")


def another(cast: make.Cast, name: str) -> None:
    register_system(scope=cast.bo, name=name, type=SystemType.PRODUCT, constitution={"skill": name}, at=make.AT)


def page(cast: make.Cast, path: str, *, who: str = "uma") -> str:
    response = client_of(getattr(cast, who)).get(f"/systems/{path}")
    assert response.status_code == 200
    return response.content.decode()


def test_list__auditor__sees_systems_and_no_register_button() -> None:
    cast = make.cast()
    html = page(cast, "")
    assert "clay-consigliere" in html
    assert "/systems/register/" not in html  # the button rests, with its reason
    assert "Register a system" in page(cast, "", who="bo")


def test_list__filter_by_htmx__answers_the_fragment_alone() -> None:
    cast = make.cast()
    another(cast, "memvid")
    html = client_of(cast.uma).get("/systems/", {"type": "product"}, headers={"HX-Request": "true"}).content.decode()
    assert html.lstrip().startswith('<div class="stack wide" id="_systems">')
    assert "memvid" in html
    assert "clay-consigliere" not in html


def test_list__nothing_fits__offers_to_clear_the_filter() -> None:
    assert "No system fits this filter" in page(make.cast(), "?q=zzz")


def test_list__exports__exactly_the_filtered_ones() -> None:
    cast = make.cast()
    another(cast, "memvid")
    found = client_of(cast.uma).post("/exports/systems/", {"query": "type=product", "format": "json"})
    assert [record["name"] for record in json.loads(found.content)] == ["memvid"]
    found = client_of(cast.uma).post("/exports/systems/", {"query": "", "format": "csv"})
    assert found["Content-Disposition"] == f'attachment; filename="systems-oms-consulting-{now():%Y-%m-%d}.csv"'
    assert [line.split(",")[0] for line in found.content.decode().splitlines()] == [
        "name",
        "clay-consigliere",
        "memvid",
    ]


def test_list__more_systems__same_number_of_queries() -> None:
    cast = make.cast()
    client = client_of(cast.uma)

    def count() -> int:
        with CaptureQueriesContext(connection) as seen:
            assert client.get("/systems/").status_code == 200
        return len(seen)

    few = count()
    for number in range(8):
        another(cast, f"system-{number}")
    assert count() == few


@pytest.mark.parametrize("tab", TABS)
def test_system__stranger__finds_nothing(tab: str) -> None:
    make.cast()
    assert client_of(make.stranger()).get(f"/systems/clay-consigliere/{tab}").status_code == 404


@pytest.mark.parametrize("tab", TABS)
def test_system__member_without_a_desk__refused(tab: str) -> None:
    assert client_of(make.cast().mel).get(f"/systems/clay-consigliere/{tab}").status_code == 403


def test_system__constitution__facts_lines_and_figures() -> None:
    cast = make.cast()
    html = page(cast, "clay-consigliere/")
    assert "Fallback delay" in html
    assert "500 ms" in html
    assert 'id="c/fallback_delay_ms"' in html
    assert 'href="#c/fallback_delay_ms"' in html
    assert "/amendments/propose/" not in html
    assert "/amendments/propose/?system=clay-consigliere" in page(cast, "clay-consigliere/", who="bo")


def test_system__name_with_a_slash__has_its_pages() -> None:
    cast = make.cast()
    another(cast, "skills/memvid")
    for tab in TABS:
        assert client_of(cast.uma).get(f"/systems/skills/memvid/{tab}").status_code == 200
    assert 'href="/systems/skills/memvid/"' in page(cast, "")


def test_versions__amended_and_rolled_back__every_step_with_its_amendment() -> None:
    cast = make.cast()
    proposal = make.applied(cast, fallback_delay_ms=200)
    make.rolled_back(cast.bo, proposal, at=make.later(5))
    html = page(cast, "clay-consigliere/versions/")
    assert "3 versions" in html
    assert html.count(f'href="/amendments/{proposal.label}/"') == 2
    assert f"{proposal.label} was rolled back: Fallback waits 500 ms" in html


def test_versions__more_of_them__same_number_of_queries() -> None:
    cast = make.cast()
    client = client_of(cast.uma)

    def count() -> int:
        with CaptureQueriesContext(connection) as seen:
            assert client.get("/systems/clay-consigliere/versions/").status_code == 200
        return len(seen)

    make.applied(cast, fallback_delay_ms=200)
    few = count()
    for step in range(5):
        make.applied(cast, at=make.later(step), fallback_delay_ms=300 + step)
    assert count() == few


def test_compare__two_versions__sentence_and_marked_lines() -> None:
    cast = make.cast()
    make.applied(cast, fallback_delay_ms=200)
    html = page(cast, "clay-consigliere/compare/?from=1&to=2")
    assert "Fallback waits 200 ms instead of 500 ms." in html
    assert '<li class="json-line del" id="old/fallback_delay_ms">' in html
    assert '<li class="json-line add" id="new/fallback_delay_ms">' in html


def test_compare__backwards__says_the_way_back() -> None:
    cast = make.cast()
    make.applied(cast, fallback_delay_ms=200)
    assert "Fallback waits 500 ms instead of 200 ms." in page(cast, "clay-consigliere/compare/?from=2&to=1")


@pytest.mark.parametrize("query", ["from=0", "to=99", "from=x", "to=-1", "from=1e9", "to=٣"])
def test_compare__no_such_version__404(query: str) -> None:
    assert client_of(make.cast().uma).get(f"/systems/clay-consigliere/compare/?{query}").status_code == 404


def test_time_machine__day_of_the_change_and_the_day_before__each_its_constitution() -> None:
    cast = make.cast()
    proposal = make.applied(cast, at=make.later(60 * 48), fallback_delay_ms=200)
    before = page(cast, f"clay-consigliere/time-machine/?on={make.later(60 * 24):%Y-%m-%d}")
    assert "version 1 of 2" in before
    assert "500 ms" in before
    after = page(cast, f"clay-consigliere/time-machine/?on={make.later(60 * 48):%Y-%m-%d}")
    assert "version 2 of 2" in after
    assert f'href="/amendments/{proposal.label}/"' in after


def test_time_machine__a_time_of_that_day__counts_to_the_minute() -> None:
    cast = make.cast()
    make.applied(cast, at=make.later(60 * 48), fallback_delay_ms=200)
    assert "version 1 of 2" in page(cast, f"clay-consigliere/time-machine/?on={make.later(60 * 48 - 1):%Y-%m-%dT%H:%M}")
    assert "version 2 of 2" in page(cast, f"clay-consigliere/time-machine/?on={make.later(60 * 48):%Y-%m-%dT%H:%M}")


def test_time_machine__before_registration__says_so() -> None:
    assert "There was no constitution yet" in page(make.cast(), "clay-consigliere/time-machine/?on=2020-01-01")


@pytest.mark.parametrize("on", ["yesterday", "2026-13-45", "2026-02-30T10:00", "0"])
def test_time_machine__no_date__says_how_to_write_one(on: str) -> None:
    assert "That is no date" in page(make.cast(), f"clay-consigliere/time-machine/?on={on}")


def test_download__any_version__canonical_bytes_that_the_digest_names() -> None:
    cast = make.cast()
    make.applied(cast, fallback_delay_ms=200)
    response = client_of(cast.uma).get("/systems/clay-consigliere/constitution.json?version=1")
    assert response.content == canonical_bytes(make.CLAY)
    assert response["ETag"] == f'"{digest_bytes(response.content)}"'
    raw = base64.b64encode(hashlib.sha256(response.content).digest()).decode()
    assert response["Repr-Digest"] == f"sha-256=:{raw}:"
    assert response["Content-Disposition"] == 'attachment; filename="clay-consigliere-v1.json"'


def test_dependencies__operator_saves__both_pages_show_it_and_the_ledger_keeps_it() -> None:
    cast = make.cast()
    another(cast, "memvid")
    response = client_of(cast.bo).post("/systems/clay-consigliere/dependencies/", {"depends_on": ["memvid"]})
    assert response.status_code == 302
    assert "1 directly" in page(cast, "clay-consigliere/dependencies/")
    assert (
        "clay-consigliere" in page(cast, "memvid/dependencies/").partition("Needed by")[2].partition("Change what")[0]
    )
    with in_tenant(cast.tenant.id):
        assert LedgerEntry.objects.filter(action_name="registry.set_dependencies").count() == 1


def test_dependencies__circle__refused_in_place_with_the_choice_kept() -> None:
    cast = make.cast()
    another(cast, "memvid")
    client = client_of(cast.bo)
    client.post("/systems/clay-consigliere/dependencies/", {"depends_on": ["memvid"]})
    response = client.post("/systems/memvid/dependencies/", {"depends_on": ["clay-consigliere"]})
    html = response.content.decode()
    assert response.status_code == 409
    assert "that would close a circle" in html
    assert re.search(r'value="clay-consigliere"\s+checked', html)


def test_dependencies__auditor_posts__refused_and_nothing_changes() -> None:
    cast = make.cast()
    another(cast, "memvid")
    response = client_of(cast.uma).post("/systems/clay-consigliere/dependencies/", {"depends_on": ["memvid"]})
    assert response.status_code == 403
    with in_tenant(cast.tenant.id):
        assert System.objects.get(name="clay-consigliere").depends_on == []


def test_dependencies__stranger_posts__finds_nothing() -> None:
    make.cast()
    assert client_of(make.stranger()).post("/systems/clay-consigliere/dependencies/", {}).status_code == 404


def registering(**fields: str) -> dict[str, str]:
    return {"name": "memvid", "type": "product", "description": "", "constitution": '{"skill": "memvid"}', **fields}


def test_register__operator__system_with_version_one() -> None:
    cast = make.cast()
    response = client_of(cast.bo).post("/systems/register/", registering())
    assert response.status_code == 302
    assert response["Location"] == "/systems/memvid/"
    assert "Skill" in page(cast, "memvid/")


@pytest.mark.parametrize(
    ("fields", "status", "said"),
    [
        ({"name": "clay-consigliere"}, 409, "exists already"),
        ({"name": "no spaces please"}, 422, "Use letters, digits"),
        ({"constitution": '{"a": 1, "a": 2}'}, 422, "twice"),
        ({"constitution": "[1]"}, 422, "JSON object"),
        ({"constitution": '{"capabilities": "all"}'}, 422, "/capabilities"),
        ({"type": "robot"}, 422, "robot is not one"),
    ],
)
def test_register__faulty__redrawn_with_the_reason_and_what_was_typed(
    fields: dict[str, str], status: int, said: str
) -> None:
    cast = make.cast()
    response = client_of(cast.bo).post("/systems/register/", registering(description="Keeps videos.", **fields))
    html = response.content.decode()
    assert response.status_code == status
    assert said in html
    assert "Keeps videos." in html


def test_register__auditor__refused() -> None:
    cast = make.cast()
    assert client_of(cast.uma).get("/systems/register/").status_code == 403
    assert client_of(cast.uma).post("/systems/register/", registering()).status_code == 403


def test_buttons__of_what_a_role_may_not__stand_there_with_the_reason() -> None:
    cast = make.cast()
    auditor = client_of(cast.uma)
    pages = {"/systems/": "to register a system", f"/systems/{cast.system.name}/": "to propose a change"}
    for address, why in {**pages, f"/systems/{cast.system.name}/versions/": "to roll an amendment back"}.items():
        page = auditor.get(address).content.decode()
        assert 'aria-disabled="true"' in page and "You need the role" in page and why in page
