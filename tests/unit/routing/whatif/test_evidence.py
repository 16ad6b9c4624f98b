from __future__ import annotations

import json

from governance import canonical
from routing.whatif.asked import Added, Asked
from routing.whatif.evidence import evidence_of, plain

ASKED = Asked(off=("0190c1de-0000-7000-8000-000000000001",), added=(Added("Audit Kowalski", "payroll"),))
SCORE = {
    "name": "payroll",
    "score": 0.9,
    "source": "rule",
    "code": "policy",
    "veto": "Kowalski may not.",
    "is_chosen": False,
}
RESULT = {
    "asked": ASKED.as_json(),
    "said": "1 rule is off: “Pay Kowalski”. 1 rule is new: “Audit Kowalski” to payroll.",
    "system": "clay",
    "thresholds": {"before": 0.7, "after": 0.7},
    "counts": {"moved": 1},
    "examples": [
        {"execution_id": "x", "text": "Pay Kowalski", "from": "a", "to": "b", "before": [SCORE], "after": [SCORE]}
    ],
}


def test_evidence__repeats_no_word_of_requests_and_rules__and_names_what_they_are() -> None:
    before = json.dumps(RESULT)
    found = evidence_of(RESULT)
    assert "Kowalski" not in json.dumps(found) and json.dumps(RESULT) == before
    assert found["asked"]["added"] == [{"text_digest": canonical.digest("Audit Kowalski"), "system": "payroll"}]
    (example,) = found["examples"]
    assert example["execution_id"] == "x" and example["after"][0]["code"] == "policy"
    assert found["counts"] == {"moved": 1}


def test_plain__says_what_was_changed_by_ids_and_systems() -> None:
    assert plain(RESULT) == f"1 rule is off: {ASKED.off[0]}. 1 rule is new: to payroll."
    by_amendment = {**RESULT, "asked": Asked(amendment=3).as_json(), "thresholds": {"before": 0.7, "after": 0.9}}
    assert plain(by_amendment) == ("The constitution of clay is as AMD-3 asks. The threshold is 0.90 instead of 0.70.")
