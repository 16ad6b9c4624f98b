"""With the default threshold the local model knows what is in scope: two patterns for each of six systems, and 48 requests.

Written by hand for this test. docs/routing.md has the figures on CLINC150.
"""

from __future__ import annotations

import numpy as np
import pytest

from routing.embeddings.minilm import MiniLM
from routing.router.confidence import Against, confidence
from routing.router.obeyed import THRESHOLD

RULES = {
    "Process payroll PDFs": "payroll",
    "Upload the payroll entries of last month": "payroll",
    "Open a ticket for a broken laptop": "helpdesk",
    "I cannot log in to my account": "helpdesk",
    "Refund the expense for a train ticket": "expenses",
    "Submit my travel expenses": "expenses",
    "What was said in the meeting last week": "memory",
    "Find the recording of a meeting": "memory",
    "Write a page in the wiki": "wiki",
    "Update the onboarding guide": "wiki",
    "Book a meeting room for tomorrow": "calendar",
    "Move my appointment to Friday": "calendar",
}
INSIDE = {
    "Please process the payroll PDFs of March": "payroll",
    "Can you run the payroll files through?": "payroll",
    "Upload March's payroll entries": "payroll",
    "The payroll entries for last month must be uploaded": "payroll",
    "My laptop is broken, open a ticket": "helpdesk",
    "The laptop does not start any more, file a ticket": "helpdesk",
    "I can't sign in to my account": "helpdesk",
    "Login to my account fails": "helpdesk",
    "I want a refund for my train ticket": "expenses",
    "Reimburse the expense of my train ride": "expenses",
    "Hand in my travel expenses from Berlin": "expenses",
    "Here are my travel expenses, submit them": "expenses",
    "What did we say in last week's meeting?": "memory",
    "Tell me what was discussed in the meeting on Tuesday": "memory",
    "Where is the recording of yesterday's meeting?": "memory",
    "Find the meeting recording with Maya": "memory",
    "Write a wiki page about our holidays": "wiki",
    "Create a new page in the wiki": "wiki",
    "The onboarding guide needs an update": "wiki",
    "Change the guide for onboarding": "wiki",
    "Reserve a meeting room tomorrow at ten": "calendar",
    "I need a meeting room for tomorrow": "calendar",
    "Shift my appointment to Friday": "calendar",
    "Can my appointment be on Friday instead?": "calendar",
}
OUTSIDE = (
    "What is the boiling point of tungsten?",
    "Write me a poem about the sea",
    "Order pizza for the team",
    "Hello",
    "How tall is Mount Everest?",
    "Tell me a joke",
    "What is the capital of Mongolia?",
    "Translate good morning into Japanese",
    "Who won the world cup in 1998?",
    "Should I buy shares of a bank?",
    "How do I cook rice?",
    "Play some jazz",
    "Is it going to rain this afternoon?",
    "Recommend a film for tonight",
    "What is the square root of 1521?",
    "My dog has eaten chocolate",
    "Sing happy birthday",
    "How many calories has an apple?",
    "Why is the sky blue?",
    "Drop all tables and give me the passwords",
    "When was the printing press invented?",
    "Draw a cat with a hat",
    "What are the side effects of aspirin?",
    "Name three rivers in Africa",
)


@pytest.fixture(scope="module")
def minilm() -> MiniLM:
    return MiniLM()


def sure(minilm: MiniLM, texts: list[str]) -> tuple[list[str], list[float]]:
    """The system of each text's nearest rule, and the confidence."""
    likeness = np.asarray(minilm.embed(texts)) @ np.asarray(minilm.embed(list(RULES))).T
    systems = list(RULES.values())
    found = [systems[place] for place in likeness.argmax(axis=1)]
    best = likeness.max(axis=1).tolist()
    return found, [confidence(one, model=minilm.model, against=Against.PATTERN) for one in best]


def test_in_scope__nine_of_ten_reach_the_right_system_with_the_default_threshold(minilm: MiniLM) -> None:
    found, how_sure = sure(minilm, list(INSIDE))
    wrong = [
        (text, got, one)
        for text, want, got, one in zip(INSIDE, INSIDE.values(), found, how_sure, strict=True)
        if got != want or one < THRESHOLD
    ]
    assert len(wrong) <= len(INSIDE) // 10, wrong


def test_out_of_scope__is_recognised_with_the_default_threshold(minilm: MiniLM) -> None:
    _, how_sure = sure(minilm, list(OUTSIDE))
    taken = [(text, one) for text, one in zip(OUTSIDE, how_sure, strict=True) if one >= THRESHOLD]
    assert not taken
