"""The controlled language of session rules. Every example of seeds/003 says here whether it is enforced."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.errors import Invalid
from governance.policy.text import parse
from governance.policy.writing import rule_text
from governance.rulebook import english, sentences, session_names, vocabulary

NETWORK, FILES = "network.*, api.*, http.*", "files.write*, files.create*, files.delete*, files.move*"
DATABASE_WRITES = ", ".join(vocabulary.PHRASES["database modifications"])

SEED = {
    "no external network calls": f"forbids {NETWORK} when external",
    "no external API calls": f"forbids {NETWORK} when external",
    "no network calls": f"forbids {NETWORK}",
    "no database modifications": f"forbids {DATABASE_WRITES}",
    "no file system writes outside workspace": f"forbids {FILES} outside the workspace",
    "require approval for database operations": "asks for approval before database.*",
    "prefer unit tests over integration tests": "",
    "prefer mocking over real API calls": "",
    "use TypeScript strict mode": "",
    "use test database only": "",
    "cleanup after each test": "",
    "new rule 1": "",
    "new rule 2": "",
    "rule text": "",
}


@pytest.mark.parametrize(("sentence", "effect"), SEED.items())
def test_seed_example__is_enforced_or_guidance(sentence: str, effect: str) -> None:
    assert english.effect(sentence) == effect
    assert (english.compiled(sentence, id="s/1") is None) == (effect == "")


@pytest.mark.parametrize(
    ("sentence", "effect"),
    [
        ("no payroll.run", "forbids payroll.run"),
        ("no payroll.*", "forbids payroll.*"),
        ("never upload_payroll_entries", "forbids upload_payroll_entries"),
        ("never use payroll.*", "forbids payroll.*"),
        ("do not call external APIs", f"forbids {NETWORK} when external"),
        ("don’t delete files.", "forbids files.delete*"),
        ("No external calls", f"forbids {NETWORK} when external"),
        ("no external payments.*", "forbids payments.* when external"),
        ("ask before sending emails", "asks for approval before email.*, mail.*"),
        ("ask before payroll.run", "asks for approval before payroll.run"),
        ("approval required for payroll.run", ""),
        ("require human approval for payroll.run", "asks for approval before payroll.run"),
        ("only payroll.*", "forbids everything but payroll.*"),
        ("only payroll.run and payroll.check", "forbids everything but payroll.run, payroll.check"),
        ("no deploy or payroll.run", "forbids deploy*, deployments.*, payroll.run"),
        ("no writes outside /srv/data", f"forbids {FILES} outside /srv/data"),
        ("no network calls unless I say so", ""),
        ("no more than five files", ""),
        ("no network calls or surprises for the customer", ""),
        ("no deployments outside business hours", ""),
        ("ｎｏ network calls", f"forbids {NETWORK}"),
    ],
)
def test_sentence__means(sentence: str, effect: str) -> None:
    assert english.effect(sentence) == effect


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "x" * 501,
        "x" * 10_000,
        "no\x00 calls",
        "no\ncalls",
        "no\u200b calls",
        "no\u202e calls",
        "n\u043e calls",
        "\ud800",
    ],
    ids=ascii,
)
def test_sentence__that_misleads__refused_with_what_to_do(text: str) -> None:
    with pytest.raises(sentences.NotASentence) as refusal:
        sentences.checked(text)
    assert refusal.value.problems and refusal.value.sentence.endswith(".")


def test_sentence__is_kept_in_one_form() -> None:
    assert sentences.checked("  no   cafe\u0301  ") == "no café"
    assert sentences.checked("x" * 500) == "x" * 500
    assert sentences.checked("kein Netzwerk, 禁止, запрет") == "kein Netzwerk, 禁止, запрет"


@pytest.mark.parametrize("name", ["", "a b", "../x", "-x", "ä", "x" * 101, "a/b", "a\n", "а"])
def test_session_name__outside_the_grammar__refused(name: str) -> None:
    with pytest.raises(Invalid):
        session_names.checked(name)


@pytest.mark.parametrize("name", ["session-123", "workflow-session-1", "A.b_c", "7"])
def test_session_name__inside_the_grammar(name: str) -> None:
    assert session_names.checked(name) == name


WORDS = [
    *vocabulary.PHRASES,
    "payroll.*",
    "x",
    "unless",
    "outside workspace",
    "outside /srv",
    "and",
    "or",
    ",",
    "external",
    "any",
]
STARTS = ["no", "never", "do not", "only", "require approval for", "ask before", "prefer", ""]
SPOKEN = st.builds(
    lambda start, words: " ".join([start, *words]),
    st.sampled_from(STARTS),
    st.lists(st.sampled_from(WORDS), max_size=4),
)


@given(st.one_of(SPOKEN, st.text(max_size=600)))
def test_any_text__compiles_is_guidance_or_is_refused(text: str) -> None:
    try:
        theory = english.compiled(text, id="session/s/7")
    except sentences.NotASentence:
        return
    assert theory == english.compiled(text, id="session/s/7")
    if theory is None:
        assert english.effect(text) == ""
        return
    assert english.effect(text)
    for rule in theory.rules:
        assert rule.weight == 600 and rule.id.startswith("session/s/7")
        assert str(rule.head.modality) != "P", "a session rule never permits"
        assert parse(rule_text(rule)).rules == (rule,)
