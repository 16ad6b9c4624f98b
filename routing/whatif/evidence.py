"""A result as evidence: ids, digests and counts, and no word that somebody wrote. Pure.

Evidence is bound by digest and stays as long as the amendment; requests are destroyed before that. So examples are named by their
executions, which pages resolve while the words exist, and rules that are not written yet by the digest of their text.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from governance import canonical
from routing.whatif.asked import asked_of, words_of


def evidence_of(result: Mapping[str, Any]) -> dict[str, Any]:
    """The file's content."""
    asked = {**result["asked"], "added": [_rule(one) for one in result["asked"]["added"]]}
    examples = [_example(one) for one in result["examples"]]
    return {**result, "asked": asked, "said": plain(result), "examples": examples}


def plain(result: Mapping[str, Any]) -> str:
    """What was changed, in sentences that repeat no pattern of a rule."""
    asked, thresholds = asked_of(result["asked"]), result["thresholds"]
    return words_of(
        asked,
        label=f"AMD-{asked.amendment}" if asked.amendment else "",
        system=result["system"],
        thresholds=(thresholds["before"], thresholds["after"]),
        patterns=None,
    )


def _rule(added: Mapping[str, str]) -> dict[str, str]:
    return {"text_digest": canonical.digest(added["text"]), "system": added["system"]}


def _example(one: Mapping[str, Any]) -> dict[str, Any]:
    kept = {name: value for name, value in one.items() if name != "text"}
    return {**kept, "before": _scores(one["before"]), "after": _scores(one["after"])}


def _scores(scores: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """A veto's sentence may cite what a request said; its code stays."""
    return [{name: value for name, value in one.items() if name != "veto"} for one in scores]
