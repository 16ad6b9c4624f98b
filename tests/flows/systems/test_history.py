"""A system through time: who set what, any two moments, the neighbourhood, and all of it as a file."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any
from urllib.parse import quote

import pytest

from governance.amendments.actions import set_quorum
from governance.amendments.kinds import AmendmentType
from governance.canonical import digest
from governance.identity.actions import set_roles
from governance.registry.actions import set_dependencies
from governance.scope import Role
from governance.tenancy import in_tenant
from tests import factories as make
from tests.flows.systems.test_systems import another, page
from tests.web import client_of

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def cast() -> make.Cast:
    cast = make.cast()
    make.applied(cast, latency_target_ms=900, at=make.later(60))
    second = make.applied(cast, fallback_delay_ms=300, at=make.later(120))
    make.rolled_back(cast.ada, second, at=make.later(180))
    return cast


def test_blame__every_value__names_amendment_person_and_version(cast: make.Cast) -> None:
    html = page(cast, "clay-consigliere/blame/?pointer=/latency_target_ms")
    assert "AMD-1" in html and "version 2" in html and cast.cy.actor.name in html and "1 value" in html
    html = page(cast, "clay-consigliere/blame/?pointer=/fallback_delay_ms")
    assert "rollback of" in html and "AMD-2" in html and "version 4" in html
    html = page(cast, "clay-consigliere/blame/?pointer=/requires_approval")
    assert "2 values" in html and "registration" in html
    assert "Nothing lies there" in page(cast, "clay-consigliere/blame/?pointer=/nowhere")


def test_json__every_line_links_to_who_set_it(cast: make.Cast) -> None:
    html = page(cast, "clay-consigliere/")
    assert f'href="/systems/clay-consigliere/blame/?pointer={quote("/tunable/~1fallback_delay_ms/min")}"' in html
    assert "History" in html and "was rolled back" in html


def test_compare__by_moment_and_by_version__same_page(cast: make.Cast) -> None:
    early, late = make.later(30), make.later(90)
    html = page(cast, f"clay-consigliere/compare/?from={quote(early.isoformat())}&to={quote(late.isoformat())}")
    assert "Version 1 to 2" in html
    assert "/systems/clay-consigliere/compare/?from=1&amp;to=2" in html
    client = client_of(cast.uma)
    for bad in ("1999-01-01", "nonsense-day", "99", "x"):
        assert client.get(f"/systems/clay-consigliere/compare/?from={bad}").status_code == 404


def test_history__offers_to_roll_back_only_what_can_be__to_those_who_may(cast: make.Cast) -> None:
    assert "/amendments/AMD-1/roll-back/" in page(cast, "clay-consigliere/versions/", who="ada")
    assert "/amendments/AMD-2/roll-back/" not in page(cast, "clay-consigliere/versions/", who="ada")
    assert "/roll-back/" not in page(cast, "clay-consigliere/versions/", who="uma")


def test_time_machine__link_holds_the_moment(cast: make.Cast) -> None:
    html = page(cast, f"clay-consigliere/time-machine/?on={make.later(90):%Y-%m-%dT%H:%M}")
    assert "version 2 of 4" in html and "data-copy=" in html


def test_time_machine__says_who_could_approve_then(cast: make.Cast) -> None:
    set_roles(scope=cast.tess, user=cast.users["sam"], roles=[Role.MEMBER], at=make.later(300))
    set_quorum(
        scope=cast.tess,
        type=AmendmentType.MANUAL_UPDATE,
        effect=None,
        role=Role.OPERATOR,
        count=2,
        at=make.later(310),
    )

    def told(minutes: float) -> str:
        return page(cast, f"clay-consigliere/time-machine/?on={make.later(minutes):%Y-%m-%dT%H:%M}")

    before, after = told(290), told(320)
    assert "Who could approve then" in before and cast.sam.actor.name in before and "the usual ones" in before
    assert cast.sam.actor.name not in after and "2 of Operator" in after and cast.bo.actor.name in after
    assert "Not kept" in after


def test_graph__draws_both_directions_with_words(cast: make.Cast) -> None:
    another(cast, "memvid")
    another(cast, "vector-store")
    set_dependencies(scope=cast.bo, system_name="clay-consigliere", depends_on=["memvid"], at=make.later(200))
    set_dependencies(scope=cast.bo, system_name="memvid", depends_on=["vector-store"], at=make.later(201))
    html = page(cast, "memvid/dependencies/?depth=1")
    assert _graph(html).count("<rect") == 3 and _graph(html).count("<path") == 2
    assert "memvid needs 1 directly and is needed by 1 directly." in html
    assert _graph(page(cast, "clay-consigliere/dependencies/?depth=1")).count("<rect") == 2
    assert _graph(page(cast, "clay-consigliere/dependencies/?depth=9")).count("<rect") == 3
    assert "style=" not in html.split("<main")[1]


def _graph(html: str) -> str:
    return html.split('class="graph"')[1].split("</svg>")[0]


def _take(cast: make.Cast, format: str) -> tuple[dict[str, Any], bytes]:
    body = {"format": format, "query": "system=clay-consigliere"}
    response = client_of(cast.uma).post("/exports/system/", body)
    with zipfile.ZipFile(io.BytesIO(response.content)) as archive:
        said = json.loads(archive.read("manifest.json"))
        return said, archive.read(said["file"])


def test_export__one_system__versions_amendments_and_digests(cast: make.Cast) -> None:
    said, data = _take(cast, "json")
    versions = json.loads(data)
    assert said["count"] == 4 and [one["version"] for one in versions] == [1, 2, 3, 4]
    assert all(digest(one["constitution"]) == one["digest"] for one in versions)
    assert versions[1]["amendment"]["id"] == "AMD-1" and versions[1]["amendment"]["new_digest"] == versions[1]["digest"]
    assert versions[3]["cause"] == "rollback"
    with in_tenant(cast.tenant.id):
        from governance.audit.queries import explained, head

        entry = explained(scope=cast.uma, sequence=head(cast.uma)[0])
    assert entry.action == "audit.export" and "clay-consigliere with its history" in entry.sentence
    lines = _take(cast, "jsonl")[1].decode().splitlines()
    assert len(lines) == 4
    assert (
        client_of(make.stranger())
        .post("/exports/system/", {"format": "json", "query": "system=clay-consigliere"})
        .status_code
        == 404
    )


def test_large_constitution__every_tab_answers(cast: make.Cast) -> None:
    big = make.cast(constitution={**make.CLAY, "words": {f"w{n}": "x" * 60 for n in range(12_000)}})
    make.applied(big, fallback_delay_ms=300)
    client = client_of(big.uma)
    for tab in ("", "versions/", "blame/", "blame/?page=50", "compare/", "time-machine/", "constitution.json"):
        answer = client.get(f"/systems/clay-consigliere/{tab}")
        assert answer.status_code == 200 and (tab.endswith("json") or len(answer.content) < 1_000_000), tab
