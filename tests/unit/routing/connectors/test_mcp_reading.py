"""Which tool a call means, what it is given, and what its result says."""

from __future__ import annotations

from typing import Any

import pytest
from mcp.types import CallToolResult, TextContent, Tool

from routing.connectors.contract import AnsweredNonsense, NoSuchTool, Reply, ToolDefinition, Usage
from routing.connectors.mcp_reading import chosen, definition, meta_of, reply_of
from tests.unit.routing.connectors.calls import a_call

OBJECT = {"type": "object", "properties": {"a": {}}}
ENTRY = {"type": "object", "properties": {"request": {}, "tars": {}}}


def tools(*names: str, schema: Any = OBJECT) -> tuple[ToolDefinition, ...]:
    return tuple(ToolDefinition(name, "", schema) for name in names)


@pytest.mark.parametrize(
    ("tool", "action", "offered", "meant"),
    [
        ("delete", "audit", ("audit", "delete", "handle_request"), "delete"),
        ("", "audit", ("audit", "handle_request"), "audit"),
        ("", "refund", ("audit", "handle_request"), "handle_request"),
        ("", "", ("handle_request",), "handle_request"),
    ],
)
def test_chosen__the_tool_that_is_meant(tool: str, action: str, offered: tuple[str, ...], meant: str) -> None:
    assert chosen(a_call(tool=tool, action=action), tools(*offered), entry="handle_request")[0].name == meant


@pytest.mark.parametrize(("tool", "action"), [("delete", "audit"), ("", "refund"), ("handle_request", "audit")])
def test_chosen__none__says_what_there_is(tool: str, action: str) -> None:
    with pytest.raises(NoSuchTool, match="offers audit") as caught:
        chosen(a_call(tool=tool, action=action), tools("audit"), entry="handle_request")
    assert caught.value.may_have_run is False


def test_chosen__named_tool__gets_the_input_and_nothing_else() -> None:
    assert chosen(a_call(input={"a": 1}), tools("audit"), entry="x")[1] == {"a": 1}
    assert chosen(a_call(input=None), tools("audit"), entry="x")[1] == {}
    with pytest.raises(NoSuchTool, match="object"):
        chosen(a_call(input=[1]), tools("audit"), entry="x")


@pytest.mark.parametrize(
    ("schema", "given"),
    [
        (ENTRY, {"request", "tars"}),
        (ENTRY | {"additionalProperties": True}, {"request", "input", "action", "tars"}),
        ({"type": "object"}, {"request", "input", "action", "tars"}),
        ({"type": "object", "additionalProperties": False}, set()),
        (OBJECT, set()),
    ],
)
def test_chosen__entry_tool__gets_what_its_schema_takes(schema: Any, given: set[str]) -> None:
    _, arguments = chosen(a_call(action="x"), tools("handle_request", schema=schema), entry="handle_request")
    assert set(arguments) == given
    if "tars" in given:
        assert arguments["tars"]["constitution"]["version"] == "1.0.0" and "request" not in arguments["tars"]


def test_meta__carries_the_key_and_the_constitution_that_holds__and_neither_words_nor_input() -> None:
    (context,) = meta_of(a_call()).values()
    assert context["idempotency_key"] and context["constitution"]["version"] == "1.0.0"
    assert not {"request", "input"} & set(context)


def read(**fields: Any) -> Reply:
    result = CallToolResult.model_validate({"content": [], **fields})
    return reply_of(result, call=a_call(), tool="audit", arguments={"a": 1, "tars": {}}, ms=4)


TEXTS = [{"type": "text", "text": "one"}, {"type": "text", "text": "two"}]


def test_reply__structured_content__wins_over_text() -> None:
    assert read(content=TEXTS, structuredContent={"n": 1}).output == {"n": 1}
    assert read(content=TEXTS[:1]).output == "one"
    assert read(content=TEXTS).output == TEXTS


def test_reply__is_error__is_a_failure_in_the_reply_and_its_tool_call() -> None:
    reply = read(content=TEXTS, isError=True)
    assert (reply.is_error, reply.error, reply.tool_calls[0].error) == (True, "one two", "one two")
    assert read(isError=True).error == "It failed, and did not say why."


def test_reply__tool_call__has_digest_and_input_without_the_context() -> None:
    (own,) = read(content=TEXTS).tool_calls
    assert own.input == {"a": 1} and own.input_digest.startswith("sha256:") and own.ms == 4


def test_reply__meta__is_read() -> None:
    reply = read(
        _meta={
            "tars/usage": {"api_calls": 2, "tokens_in": {"m": 5}},
            "tars/partial": True,
            "tars/suggestions": ["Ask for less.", 5],
            "tars/tool_calls": [{"server": "bank", "tool": "pay", "success": False}, {"server": ""}],
        }
    )
    assert (reply.usage, reply.is_partial) == (Usage(api_calls=2, tokens_in={"m": 5}), True)
    assert reply.suggestions == ("Ask for less.",)
    assert [(one.server, one.is_success) for one in reply.tool_calls] == [
        ("domicile-governance", True),
        ("bank", False),
    ]


@pytest.mark.parametrize("usage", [{"api_calls": -1}, [], "much", {"dollars": 1}])
def test_reply__usage_that_cannot_be_read__counts_as_not_reported_and_is_said(usage: Any) -> None:
    reply = read(_meta={"tars/usage": usage})
    assert reply.usage == Usage() and "could not be read" in reply.suggestions[0]


def test_reply__what_cannot_be_kept__is_nonsense() -> None:
    for value in ({"n": 2**60}, {"s": "\x00"}, {"n": float("inf")}):
        with pytest.raises(AnsweredNonsense):
            read(structuredContent=value)


def test_definition__schema_that_cannot_be_hashed__is_nonsense() -> None:
    with pytest.raises(AnsweredNonsense):
        definition(Tool(name="a", input_schema={"type": "object", "maximum": 2**60}))


def test_result__of_our_own_making__round_trips() -> None:
    result = CallToolResult(content=[TextContent(type="text", text="x")])
    assert reply_of(result, call=a_call(), tool="a", arguments={}, ms=0).output == "x"
