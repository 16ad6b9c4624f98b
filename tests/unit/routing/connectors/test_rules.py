"""What a connector may be made of, which tool a call needs, and what is taken out of what comes back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.scrub import HIDDEN
from routing.connectors import ways
from routing.connectors.contract import Reply, ToolCall
from routing.connectors.limits import amounts_of, may_start
from routing.connectors.pins import Pins, needed, refusal
from routing.connectors.redact import reply_without, value_without

SECRET = "sk-very-secret-0123456789"
PINS = Pins(approved={"handle_request": "a", "audit": "b", "upload": "c"}, waiting=frozenset({"audit", "pay"}))


@pytest.mark.parametrize("deployment", ["fastapi", "vercel", "lambda"])
def test_kinds__http_deployments_speak_the_envelope(deployment: str) -> None:
    assert ways.kinds_of(deployment) == ("http",)


def test_kinds__local_has_three_and_an_unknown_one_none() -> None:
    assert ways.kinds_of("local") == ("mcp_stdio", "mcp_http", "callable")
    assert ways.kinds_of("mainframe") == ()


@pytest.mark.parametrize(
    ("kind", "name", "is_right"),
    [
        ("http", "Authorization", True),
        ("http", "X-Key", False),
        ("n8n", "X-TARS-Secret", True),
        ("n8n", "X-My-Key", True),
        ("n8n", "Host", False),
        ("n8n", "Content-Length", False),
        ("n8n", "bad name", False),
        ("n8n", "X:\r\nEvil", False),
        ("mcp_http", "Authorization", True),
        ("mcp_http", "TARS-Signature", False),
        ("mcp_stdio", "API_KEY", True),
        ("mcp_stdio", "LD_PRELOAD", False),
        ("mcp_stdio", "PATH", False),
        ("mcp_stdio", "PYTHONPATH", False),
        ("mcp_stdio", "TARS_SECRET_KEY", False),
        ("mcp_stdio", "lower", False),
        ("callable", "Authorization", False),
    ],
)
def test_secret__is_called_only_what_its_wire_can_carry(kind: str, name: str, is_right: bool) -> None:
    assert (ways.wrong_name(kind, name) == "") is is_right


@pytest.mark.parametrize("value", ["tiny99", "a" * 9000, "with\nnewline", " padded-secret ", "geheimnis-ü"])
def test_secret__that_no_header_carries__refused_without_being_quoted(value: str) -> None:
    said = ways.wrong_value(value)
    assert said and value not in said


def test_needed__the_named_tool_then_the_action_then_the_entry() -> None:
    assert needed(PINS, tool="upload", action="audit", entry="handle_request") == "upload"
    assert needed(PINS, tool="", action="audit", entry="handle_request") == "audit"
    assert needed(PINS, tool="", action="pay", entry="handle_request") == "pay", "waiting ones are not stepped around"
    assert needed(PINS, tool="", action="dance", entry="handle_request") == "handle_request"


def test_refusal__of_what_changed_what_is_new_and_what_nobody_knows() -> None:
    assert "changed since" in refusal(PINS, system="clay", tool="audit")
    assert "not approved yet" in refusal(PINS, system="clay", tool="pay")
    assert "no approved tool" in refusal(PINS, system="clay", tool="other")
    assert refusal(PINS, system="clay", tool="upload") == ""


def test_may_start__up_to_the_limit() -> None:
    assert may_start(calling=3, most=4)
    assert not may_start(calling=4, most=4)


@pytest.mark.parametrize("amount", ["-1", "NaN", "Infinity", "many", "", 3, None, "1e400"])
def test_amounts__that_are_none__are_named(amount: object) -> None:
    with pytest.raises(ValueError, match="usd_budget"):
        amounts_of({"usd_budget": amount})


values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=20), st.just(f"Bearer {SECRET}!")),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=5) | st.just(SECRET), inner, max_size=4)
    ),
    max_leaves=20,
)


@given(values)
def test_redact__whatever_comes_back_holds_the_secret_no_more(value: object) -> None:
    assert SECRET not in str(value_without(value, (SECRET,)))


def test_redact__a_reply_is_clean_in_every_part() -> None:
    call = ToolCall(server=SECRET, tool=f"t-{SECRET}", is_success=False, input={"key": SECRET}, error=f"bad {SECRET}")
    reply = Reply(output=[SECRET], error=SECRET, suggestions=(SECRET,), tool_calls=(call,))
    found = reply_without(reply, (SECRET,))
    assert SECRET not in repr(found) and HIDDEN in repr(found)
    assert reply_without(reply, ()) is reply
