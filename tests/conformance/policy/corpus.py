"""The published examples beside this file, and how their expected answers are written."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from governance.policy.terms import Literal
from governance.policy.text import parse
from tests.reference.evaluator import Answer, conclude, decide
from tests.reference.ground import Truth
from tests.reference.prove import DEFINITE, FACT, MAY, MUST

HERE = Path(__file__).parent
AT = datetime(2026, 11, 28, 12, tzinfo=UTC)


def cases(name: str) -> list[dict[str, Any]]:
    return json.loads((HERE / f"{name}.json").read_text(encoding="utf-8"))


def theory_of(case: dict[str, Any]) -> Any:
    return parse("\n".join(case["text"]))


def texts(literals: Iterable[Literal]) -> list[str]:
    """Sorted, as the examples write them."""
    return sorted(_text(lit) for lit in literals)


def _text(lit: Literal) -> str:
    args = ", ".join(str(a.value).lower() if isinstance(a, Truth) else str(a) for a in lit.atom.args)
    return ("~" if lit.is_negated else "") + lit.atom.name + (f"({args})" if args else "")


def tags(case: dict[str, Any]) -> dict[str, list[str]]:
    """What the reference says, in the members of `expect`."""
    prover = conclude(theory_of(case))
    found = {
        f"{sign}{kind}": texts(q for tag, q in keys if tag == wanted)
        for sign, keys in (("+", prover.plus), ("-", prover.minus))
        for kind, wanted in (("D", DEFINITE), ("d", FACT))
    }
    every = set(texts(prover.literals()))
    found |= {f"open_{kind}": sorted(every - set(found["+" + kind]) - set(found["-" + kind])) for kind in "Dd"}
    return found


def norms(case: dict[str, Any]) -> dict[str, list[str]]:
    prover = conclude(theory_of(case))
    proved = {kind: texts(q for tag, q in prover.plus if tag == kind) for kind in (FACT, MUST, MAY)}
    return {
        "facts": proved[FACT],
        "obligations": proved[MUST],
        "permissions": proved[MAY],
        "violations": texts(prover.violations()),
        "terminal_violations": sorted(prover.terminal()),
    }


def question(case: dict[str, Any]) -> dict[str, Any]:
    at = datetime.fromisoformat(case["at"]) if "at" in case else AT
    return {"facts": case["facts"], "action": case["action"], "at": at, "bearer": case.get("bearer", "")}


def answer(case: dict[str, Any]) -> Answer:
    return decide(theory_of(case), **question(case))
