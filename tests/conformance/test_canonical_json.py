"""RFC 8785 against its published vectors, through `tars canon --lines`."""

from __future__ import annotations

import json
import struct
from typing import Any

import typer
from typer.testing import CliRunner

from tarsweb.cli.documents import register

from .cases import HERE, public

app = typer.Typer()
register(app)


def canon(lines: list[str]) -> list[dict[str, Any]]:
    result = CliRunner().invoke(app, ["canon", "--lines"], input="\n".join(lines).encode())
    assert result.exit_code == 0
    return [json.loads(line) for line in result.stdout_bytes.split(b"\n")[:-1]]


def test_canon__ieee_754_numbers__are_written_as_ecmascript_writes_them() -> None:
    cases = [line.split(",") for line in (HERE / "jcs_numbers.txt").read_text().split()]
    doubles = [struct.unpack(">d", bytes.fromhex(bits.zfill(16)))[0] for bits, _ in cases]
    found = canon([repr(double) for double in doubles])
    assert [answer["canonical"] for answer in found] == [text for _, text in cases]
    assert len(cases) == 1000


def test_canon__published_documents__byte_for_byte() -> None:
    cases = [json.loads(line) for line in public("jcs_cases.jsonl").read_text(encoding="utf-8").splitlines()]
    # a document's own line ends are white space
    found = canon([case["input"].replace("\n", " ") for case in cases])
    assert [answer["canonical"].encode().hex() for answer in found] == [case["expected_hex"] for case in cases]


def test_canon__naughty_strings__are_kept_or_refused_by_pointer() -> None:
    strings = json.loads(public("blns.json").read_text(encoding="utf-8"))
    for text, answer in zip(strings, canon([json.dumps({"x": text}) for text in strings]), strict=True):
        if "error" in answer:
            assert answer["problems"][0]["pointer"] == "/x"
        else:
            assert json.loads(answer["canonical"]) == {"x": text}
