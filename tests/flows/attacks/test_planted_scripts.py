"""Text that wants to be a script, planted in every field that keeps text: every page and fragment shows it as text.

Pages are parsed as a browser would. What is planted uses element and attribute names of its own, so that whatever escapes from
its place is found by its name; `tests/browser/test_planted_scripts.py` lets a real browser look as well.
"""

from __future__ import annotations

import itertools
import json
import re
from html.parser import HTMLParser
from typing import Any

import pytest
from django.test import Client

from governance.identity.actions import set_profile
from governance.registry.actions import register_system
from governance.registry.models import SystemType
from tests import factories as make
from tests.conformance import cases
from tests.flows.amendments import scenes
from tests.web import client_of

PLANTED = (
    "<planted-a onload=alert(1)>",
    "\"><planted-b x='",
    "'><img src=x onerror=alert(1) planted=1>",
    "</textarea></title></script></style><script>planted()</script>",
    "<svg/onload=planted()>",
    "javascript:planted()",
    "{{ 7|add:7 }}{% now 'Y' %}{# planted #}",
    "<!--><planted-c>-->",
    "&lt;planted-d&gt;<planted-d>",
    "<a href='data:text/html,<script>planted()</script>'>planted</a>",
    "\\u003cplanted-e\\u003e </planted-e",
    "<details open ontoggle=planted()>",
)
FOUND = re.compile(r"planted|alert\(", re.IGNORECASE)
MOST_PAGES = 60


class Page(HTMLParser):
    """Collects what must not be: handlers, script addresses, inline scripts, elements nobody here writes."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.faults: list[str] = []
        self.links: list[str] = []
        self._is_script = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = {name: value or "" for name, value in attrs}
        handlers = [name for name in named if name.startswith("on") or FOUND.search(name)]
        addresses = [named.get(name, "") for name in ("href", "src", "action", "formaction", "hx-get", "hx-post")]
        wild = [address for address in addresses if re.match(r"\s*(javascript|vbscript|data:text)", address, re.I)]
        if handlers or wild or FOUND.search(tag) or tag in {"iframe", "object", "embed", "marquee", "base"}:
            self.faults.append(f"<{tag} {attrs}>")
        if tag == "script":
            self._is_script = "src" not in named and named.get("type", "text/javascript") != "application/json"
        self.links += [named[name] for name in ("href", "hx-get") if named.get(name, "").startswith(("/", "?"))]

    def handle_endtag(self, tag: str) -> None:
        self._is_script = False

    def handle_data(self, data: str) -> None:
        if self._is_script and data.strip():
            self.faults.append(f"inline script: {data[:80]}")


def looked_at(text: str) -> Page:
    page = Page()
    page.feed(text)
    page.close()
    return page


def texts() -> list[str]:
    """Ours, and the big list of naughty strings where it is at hand, a dozen at a time."""
    found = [" ".join(PLANTED[at : at + 4]) for at in range(0, len(PLANTED), 4)]
    file = cases.OUTSIDE / "public" / "blns.json"
    naughty: list[str] = json.loads(file.read_text()) if file.is_file() else []
    words = [one.replace("\x00", "") for one in naughty if "<" in one or "javascript" in one.lower()]
    return [*found, *("\n".join(words[at : at + 12])[:1500] for at in range(0, len(words), 12))]


def planted(cast: make.Cast) -> None:
    """Every kind of text that a person, an agent or an admin can leave behind, each with another of the texts."""
    more = itertools.cycle(texts())
    for name in ("ada", "bo", "cy"):
        set_profile(user=cast.users[name], name=next(more)[:120], time_zone="UTC")
    constitution = {
        **make.CLAY,
        "persona_id": next(more)[:100],
        "prime_directives": [next(more)[:400], next(more)[:400]],
        "remarks": next(more),
        next(more)[:60]: "x",
    }
    register_system(
        scope=cast.bo,
        name="planted-system",
        type=SystemType.AGENT,
        constitution=constitution,
        description=next(more),
        at=scenes.ago(30),
    )
    for number in range(4):
        proposal = scenes.proposed(
            cast,
            evidence={"reason": next(more), "jira_ticket": next(more)[:100]},
            prime_directives=[next(more)[:400], next(more)[:400]],
            remarks=f"{number} {next(more)}",
            persona_id=next(more)[:100],
        )
        if number == 0:
            scenes.answer(client_of(cast.cy), cast.cy, proposal, "reject", note=next(more))
        elif number == 1:
            scenes.answer(client_of(cast.cy), cast.cy, proposal, "request-changes", note=next(more))
        elif number == 2:
            make.approve(cast.cy, proposal, at=scenes.ago(5), note=next(more))
            make.approve(cast.ada, proposal, at=scenes.ago(4), note=next(more)) if make.state_of(
                cast.bo, proposal
            ) != "applied" else None
            make.rolled_back(cast.bo, proposal, at=scenes.ago(3), reason=next(more))
    fix = {"description": next(more).replace("\n", " ")[:400], "reason": next(more).replace("\n", " ")[:400]}
    client_of(cast.tess).post(f"/admin/governance/system/{cast.system.id}/change/", fix)


def crawl(client: Client, *, start: tuple[str, ...], most: int = MOST_PAGES, **headers: str) -> tuple[int, list[str]]:
    """How many pages were looked at, and every fault with its address."""
    waiting, seen, faults = list(start), set(start), []
    looked = 0
    while waiting and looked < most:
        address = waiting.pop(0)
        response: Any = client.get(address, **headers)
        if response.status_code != 200 or "html" not in response["Content-Type"]:
            continue
        looked += 1
        page = looked_at(response.content.decode())
        faults += [f"{address}: {fault}" for fault in page.faults]
        for link in page.links:
            there = (address.split("?")[0] + link if link.startswith("?") else link).split("#")[0]
            shape = re.sub(r"[0-9a-f-]{36}|\d+", "#", there)
            if not there.startswith(("/static/", "/accounts/logout")) and shape not in seen:
                seen |= {shape}
                waiting.append(there)
    return looked, faults


@pytest.fixture(scope="module")
def cast(django_db_setup: None, django_db_blocker: Any) -> Any:
    with django_db_blocker.unblock():
        made = make.cast()
        planted(made)
        yield made


def test_parser__sees_what_is_not_escaped() -> None:
    assert all(looked_at(f"<p>{text}</p>").faults for text in texts()[:2])


def test_pages__show_planted_scripts_as_text(cast: make.Cast) -> None:
    start = ("/", "/inbox/?tab=team", "/amendments/", *(f"/amendments/AMD-{number}/" for number in range(1, 5)))
    start += ("/amendments/AMD-4/?view=json", "/systems/", "/systems/planted-system/", "/ledger/", "/accounts/")
    looked, faults = crawl(client_of(cast.ada), start=start)
    assert faults == [] and looked > 30
    assert "&lt;planted-" in client_of(cast.ada).get("/systems/planted-system/").content.decode()


def test_fragments__are_no_different(cast: make.Cast) -> None:
    start = tuple(f"/amendments/AMD-{number}/" for number in range(1, 5))
    looked, faults = crawl(client_of(cast.bo), start=(*start, "/ledger/", "/amendments/"), HTTP_HX_REQUEST="true")
    assert faults == [] and looked > 6


def test_admin__is_no_different(cast: make.Cast) -> None:
    start = ("/admin/", "/admin/governance/system/", f"/admin/governance/system/{cast.system.id}/change/")
    looked, faults = crawl(client_of(cast.tess), start=start)
    assert faults == [] and looked > 10


def test_refusals__repeat_nothing_as_markup(cast: make.Cast) -> None:
    client = client_of(cast.cy)
    for text in PLANTED:
        for address in (f"/amendments/?q={text}", f"/ledger/?q={text}", f"/systems/{text}/", f"/inbox/?q={text}"):
            assert looked_at(client.get(address).content.decode()).faults == [], address
        proposal = {"system": "clay-consigliere", "constitution": text, "reason": text, "type": text}
        assert looked_at(client.post("/amendments/propose/", proposal).content.decode()).faults == []
