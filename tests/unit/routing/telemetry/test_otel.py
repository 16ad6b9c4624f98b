"""Tool calls as OpenTelemetry words them."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.telemetry import otel
from routing.telemetry.arguments import digest_of, kept

PLAIN = {
    "name": "execute_tool get-weather",
    "attributes": {
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": "get-weather",
        "mcp.method.name": "tools/call",
        "gen_ai.tool.call.arguments": '{"city": "Vienna"}',
        "server.address": "weather.example.com",
    },
    "start_time_unix_nano": 1_000_000_000,
    "end_time_unix_nano": 1_250_000_000,
}


def test_span__is_a_call() -> None:
    assert otel.call_of(PLAIN, server="clay") == {
        "server": "weather.example.com",
        "tool": "get-weather",
        "success": True,
        "ms": 250.0,
        "input": {"city": "Vienna"},
    }


def test_span__whose_tool_answered_is_error__failed() -> None:
    span = {"attributes": {"gen_ai.tool.name": "pay", "error.type": "tool_error"}}
    assert otel.call_of(span, server="clay") == {
        "server": "clay", "tool": "pay", "success": False, "error": "tool_error",
    }  # fmt: skip


def test_span__with_an_error_status__failed_and_says_why() -> None:
    span = {"attributes": {"gen_ai.tool.name": "pay"}, "status": {"code": "STATUS_CODE_ERROR", "message": "no funds"}}
    found = otel.call_of(span, server="clay")
    assert (found["success"], found["error"]) == (False, "no funds")


def test_span__without_a_tool__is_none() -> None:
    with pytest.raises(otel.NoToolCall, match=r"gen_ai\.tool\.name"):
        otel.call_of({"attributes": {"http.method": "GET"}}, server="clay")


def test_export__otlp_json__the_tool_calls_count() -> None:
    def pair(key: str, **value: object) -> dict[str, object]:
        return {"key": key, "value": value}

    export = {
        "resourceSpans": [
            {
                "resource": {"attributes": [pair("service.name", stringValue="payroll-agent")]},
                "scopeSpans": [
                    {
                        "spans": [
                            {"name": "chat", "attributes": [pair("gen_ai.operation.name", stringValue="chat")]},
                            {
                                "name": "execute_tool audit",
                                "attributes": [
                                    pair("gen_ai.tool.name", stringValue="audit"),
                                    pair(
                                        "gen_ai.tool.call.arguments", kvlistValue={"values": [pair("n", intValue="3")]}
                                    ),
                                ],
                                "startTimeUnixNano": "5000000",
                                "endTimeUnixNano": "9500000",
                                "status": {"code": 1},
                            },
                        ]
                    }
                ],
            }
        ]
    }
    (span,) = otel.spans_of(export)
    assert otel.call_of(span, server="x") == {
        "server": "payroll-agent", "tool": "audit", "success": True, "ms": 4.5, "input": {"n": 3},
    }  # fmt: skip


NAMES = ["resourceSpans", "scopeSpans", "spans", "attributes", "key", "value", "gen_ai.tool.name", "status", "code"]
anything = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=8)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=4),
    max_leaves=25,
)  # fmt: skip


@given(st.dictionaries(st.sampled_from(["resourceSpans", "attributes", "status"]), anything, max_size=3))
def test_whatever_is_sent__is_read_or_refused_but_never_breaks(value: dict[str, object]) -> None:
    list(otel.spans_of(value))
    with suppress(otel.NoToolCall):
        otel.call_of(value, server="clay")


def test_arguments__digest_is_the_same_for_the_same_members_in_any_order() -> None:
    assert digest_of({"a": 1, "b": [True]}) == digest_of({"b": [True], "a": 1})
    assert digest_of({"a": 1}).startswith("sha256:")
    assert digest_of({"a": 2**60}) == "", "what has no canonical form has no digest"


def test_arguments__kept_are_scrubbed_and_bounded() -> None:
    found = kept({"password": "hunter2hunter2", "note": "Bearer abcdefghijklmnop", "n": 3})
    assert found == {"password": "[hidden]", "note": "Bearer [hidden]", "n": 3}
    assert kept({"text": ["x" * 1000] * 20}) is None
    assert kept(None) is None
