"""The Python client and the terminal against the real API, with tokens of people and of systems."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, NotRequired, get_args, get_origin, get_type_hints, is_typeddict

import httpx2
import pytest
import stamina
from django.core.handlers.wsgi import WSGIHandler
from typer.testing import CliRunner

from governance.scope import Capability, Scope
from tarsweb import client
from tarsweb.api import document
from tarsweb.cli import app
from tarsweb.client import Problem, Tars, records
from tests import factories as make
from tests.flows.api.programs import issued
from tests.web import client_of

SERVER = "http://127.0.0.1"
DOCS = Path(__file__).resolve().parents[3] / "docs" / "api.md"
PATCH = [{"op": "replace", "path": "/fallback_delay_ms", "value": 200}]
HELD = (Capability.READ_RECORD, Capability.PROPOSE, Capability.DECIDE, Capability.ROLL_BACK)
SHAPES = {
    "System": ("registry.System", "registry.WholeSystem"),
    "AmendmentRow": ("amendments.Line",),
    "Amendment": ("amendments.Amendment",),
    "RollBackPreview": ("amendments.RollBack",),
    "Question": ("inbox.Question",),
    "Notice": ("notices.Notice",),
    "Me": ("tokens.Me",),
    "Stop": ("estop.Stop",),
    "Decision": ("rulebook.Decision",),
    "Session": ("rulebook.Session",),
    "SessionRule": ("rulebook.SentenceInForce",),
    "SessionRules": ("rulebook.Tray",),
    "SessionUpdate": ("rulebook.Added",),
    "Taken": ("executions.Taken",),
    "ExecutionRow": ("executions.Line", "executions.Hop"),
    "Execution": ("executions.Execution",),
    "Steps": ("executions.Steps",),
}
KINDS = {str: "string", int: "integer", bool: "boolean", list: "array", dict: "object", NoneType: "null"}
Remote = Callable[..., Any]


@pytest.fixture(autouse=True)
def _no_retries() -> Iterator[None]:
    with stamina.set_testing(True, attempts=1):
        yield


def connected(secret: str) -> Tars:
    return Tars(SERVER, token=secret, transport=httpx2.WSGITransport(app=WSGIHandler()))


def of(scope: Scope, *held: Capability, system: str = "") -> Tars:
    return connected(issued(scope, *(held or HELD), system=system).secret)


def proposed(tars: Tars, **options: Any) -> Any:
    wish = {
        "system": "clay-consigliere",
        "amendment_type": "manual_update",
        "patch": PATCH,
        "evidence": make.EVIDENCE["manual_update"],
        "base_version": 1,
    }
    return tars.propose(**{**wish, **options})


def refusal(call: Callable[[], Any]) -> Problem:
    with pytest.raises(Problem) as refused:
        call()
    return refused.value


def test_person__lists_over_pages__reads_proposes_and_withdraws() -> None:
    cast = make.cast()
    for _ in range(3):
        make.proposed(cast)
    with of(cast.bo) as tars:
        assert [row["name"] for row in tars.systems()] == ["clay-consigliere"]
        assert tars.system("clay-consigliere")["constitution"] == make.CLAY
        in_pages = [row["id"] for row in tars.pages("amendments/", query={"limit": "1", "state": "open"})]
        assert in_pages == [row["id"] for row in tars.amendments(state="open")] == ["AMD-3", "AMD-2", "AMD-1"]
        made = proposed(tars)
        assert tars.amendment(made["id"])["digest"] == tars.amendment(4)["digest"] == made["digest"]
        assert tars.act(made["id"], "withdraw", reason="Not needed")["state"] == "withdrawn"


def test_proposing_again__under_one_key__is_one_proposal() -> None:
    cast = make.cast()
    with of(cast.bo) as tars:
        first, again = (proposed(tars, idempotency_key="nightly-1") for _ in range(2))
        assert first["id"] == again["id"]
        assert len(list(tars.amendments())) == 1
        assert (
            refusal(lambda: proposed(tars, idempotency_key="nightly-1", is_draft=True)).code == "idempotency_key_reused"
        )


def test_etag__of_a_system__is_the_base_of_a_change() -> None:
    cast = make.cast()
    body = {
        "system": "clay-consigliere",
        "amendment_type": "manual_update",
        "patch": PATCH,
        "evidence": make.EVIDENCE["manual_update"],
    }
    with of(cast.bo) as tars:
        seen = tars.get("systems/clay-consigliere/")
        assert seen.etag == seen.body["constitution_digest"]
        assert tars.post("amendments/", body=body, if_match=seen.etag).status == 201
        make.applied(cast, fallback_delay_ms=300)
        assert refusal(lambda: tars.post("amendments/", body=body, if_match=seen.etag)).status == 412


def test_system__proposes_under_its_own_name__and_a_person_answers_for_it() -> None:
    cast = make.cast()
    with of(cast.bo, *HELD[:2], system="clay-consigliere") as agent:
        assert proposed(agent)["proposed_by"] == "clay-consigliere (agent)"
        me = agent.me()
        assert (me["kind"], me["roles"], me["may"]) == ("system", [], ["propose", "read_record"])


def test_approving__is_refused_with_the_page_where_a_person_does_it() -> None:
    cast = make.cast()
    made = make.proposed(cast)
    digest = make.digest_of(cast.bo, made)
    with of(cast.cy) as tars:
        refused = refusal(lambda: tars.act("AMD-1", "approve", digest=digest, password=make.PASSWORD))
    assert (refused.status, refused.code) == (403, "not_confirmed")
    assert refused.link.endswith("/amendments/AMD-1/#decide")
    assert make.state_of(cast.bo, made) == "proposed"


def test_rolling_back__is_looked_at_and_refused() -> None:
    cast = make.cast()
    make.applied(cast, fallback_delay_ms=300)
    with of(cast.bo) as tars:
        preview = tars.roll_back_preview("AMD-1")
        assert preview["refused_because"] is None and "500" in preview["sentence"]
        refused = refusal(lambda: tars.act(1, "roll_back", digest=preview["digest"], reason="Slower"))
    assert (refused.status, refused.code) == (403, "not_confirmed")


def test_wrong_token__and_somebody_elses_number() -> None:
    cast = make.cast()
    make.proposed(cast)
    assert refusal(lambda: list(connected("tars_00000000_wrong").systems())).status == 401
    with of(make.stranger()) as stranger:
        foreign, never = (refusal(partial(stranger.amendment, number)) for number in (1, 987_654))
    assert (foreign.status, foreign.code) == (never.status, never.code) == (404, "not_found")


def test_me__names_tenant_person_and_what_the_token_holds() -> None:
    cast = make.cast()
    with of(cast.bo, Capability.READ_RECORD) as tars:
        me = tars.me()
    assert me["tenant"] == {"id": str(cast.tenant.id), "name": "OMS Consulting"}
    assert (me["actor"], me["kind"], me["is_visit"]) == (cast.bo.actor.name, "person", False)
    assert (me["roles"], me["grants"], me["may"]) == (["operator"], ["read_record"], ["read_record"])
    of_session = client_of(cast.mel).get("/api/v1/me/").json()
    assert (of_session["grants"], of_session["may"], of_session["roles"]) == (None, ["request"], ["member"])


def test_inbox_and_notices__are_the_persons_own() -> None:
    cast = make.cast()
    make.proposed(cast)
    with of(cast.cy) as tars:
        assert [row["subject"] for row in tars.inbox()] == ["AMD-1"]
        assert all(row["read_at"] is None for row in tars.notices(is_unread=True))
        assert len(list(tars.notices())) >= 1
    with of(cast.bo) as tars:
        assert list(tars.inbox()) == []


def test_records__are_the_documents_shapes() -> None:
    made = {name: found for name, found in vars(records).items() if is_typeddict(found)}
    assert made.keys() == SHAPES.keys()
    schemas = document()["components"]["schemas"]
    for name, record in made.items():
        shapes = [schemas[shape] for shape in SHAPES[name]]
        every = {member: schema for shape in shapes for member, schema in shape["properties"].items()}
        always = set.intersection(*(set(shape["required"]) for shape in shapes))
        assert record.__annotations__.keys() == every.keys(), name
        hints = get_type_hints(record, include_extras=True)
        assert {member for member, hint in hints.items() if get_origin(hint) is not NotRequired} == always, name
        wrong = {m: hint for m, hint in get_type_hints(record).items() if _kinds(hint) != _types(every[m], schemas)}
        assert not wrong, name


def _kinds(hint: Any) -> set[str]:
    """The document's words for a hint, null and all."""
    kinds = get_args(hint) if isinstance(hint, UnionType) else (hint,)
    return {"anything" if kind is Any else KINDS[get_origin(kind) or kind] for kind in kinds}


def _types(schema: dict[str, Any], schemas: dict[str, Any]) -> set[str]:
    if "$ref" in schema:
        return _types(schemas[schema["$ref"].rpartition("/")[2]], schemas)
    for word in ("oneOf", "anyOf", "allOf"):
        if word in schema:
            return set().union(*(_types(part, schemas) for part in schema[word]))
    if not {"type", "enum"} & schema.keys():
        return {"anything"}
    if "type" not in schema:
        return {"null"} if schema.get("enum") == [None] else {"string"}
    return set(schema["type"]) if isinstance(schema["type"], list) else {schema["type"]}


@pytest.fixture
def remote(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Remote:
    """`tars` with a token of a scope, talking to this very process; also for `docs/api.md`, whose server is tars.example.org."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(client, "Tars", lambda server, *, token: connected(token))

    def run(scope: Scope, *words: str, stdin: str = "") -> Any:
        Path("token").write_text(issued(scope, *HELD).secret + "\n")
        options = [] if words[:1] == ("--server",) else ["--server", SERVER, "--token-file", "token"]
        return CliRunner().invoke(app, [*options, *words], input=stdin)

    return run


def test_terminal__says_who_one_is_and_what_waits(remote: Remote) -> None:
    cast = make.cast()
    make.proposed(cast)
    assert remote(cast.cy, "whoami").stdout == (
        f"{cast.cy.actor.name} in OMS Consulting\nMay: decide, propose, read_record, roll_back\n"
    )
    assert re.match(r"AMD-1 +\w+ +\S.*clay-consigliere +\S", remote(cast.cy, "inbox").stdout)
    assert "AMD-1" in remote(cast.cy, "notices").stdout
    assert remote(cast.cy, "inbox", "--tab", "decided").stderr == "Nothing fits.\n"
    assert remote(cast.cy, "whoami", "--json").stdout.startswith("{")


def test_terminal__session_rules_of_a_server(remote: Remote) -> None:
    cast = make.cast()
    assert "enforced, forbids" in remote(cast.bo, "constitution", "update", "s", "no network calls").stdout
    assert "Total rules: 1" in remote(cast.bo, "constitution", "get", "s").stdout
    assert "s " in remote(cast.bo, "constitution", "list").stdout
    assert "lives until" in remote(cast.bo, "constitution", "extend", "s", "1").stdout
    assert remote(cast.bo, "constitution", "revoke", "s", "1").stdout == "Revoked in s: no network calls\n"
    assert remote(cast.bo, "constitution", "reset", "s", "be brief").stdout.endswith("It holds 1 rule now.\n")
    assert json.loads(remote(cast.bo, "constitution", "revoke", "s", "1", "--json").stdout)["touched"] is False
    refused = remote(cast.bo, "constitution", "update", "s", "x" * 501)
    assert isinstance(refused.exception, Problem) and refused.exception.status == 422


def test_terminal__without_a_token__says_what_to_do(tmp_path: Path) -> None:
    asked = CliRunner().invoke(app, ["--server", SERVER, "whoami"])
    assert asked.exit_code == 2 and "--token-file" in asked.stderr
    empty = tmp_path / "token"
    empty.write_text("")
    asked = CliRunner().invoke(app, ["--server", SERVER, "--token-file", str(empty), "whoami"])
    assert asked.exit_code == 2 and "one token" in re.sub(r"[\s│]+", " ", asked.stderr)


def test_documentation__what_it_shows_runs(remote: Remote, capsys: pytest.CaptureFixture[str]) -> None:
    section = DOCS.read_text().partition("## From Python and from a terminal")[2].partition("\n## ")[0]
    (program,) = re.findall(r"```python\n(.*?)```", section, re.DOTALL)
    (session,) = re.findall(r"```console\n(.*?)```", section, re.DOTALL)
    cast = make.cast()
    assert remote(cast.bo, "whoami").exit_code == 0
    exec(compile(program, str(DOCS), "exec"), {})
    assert "/amendments/AMD-1/#decide" in capsys.readouterr().out
    for line in re.findall(r"^\$ tars (.*)$", session, re.MULTILINE):
        ran = remote(cast.bo, *line.split())
        assert ran.exit_code == 0, (line, ran.stderr)
