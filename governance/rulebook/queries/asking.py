"""Questions that leave no trace: try a case, saved cases, replay, the checks of amendments."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from governance import canonical
from governance.assets import queries as assets
from governance.errors import DomainError, NotFound
from governance.policy.book import Book
from governance.policy.errors import NotATheory
from governance.policy.precedence import label_of
from governance.policy.rules import Rule, Theory
from governance.policy.verdict import Verdict
from governance.policy.words import rule_words
from governance.policy.writing import rule_text
from governance.rulebook import answers, house_rules, law_document, sources
from governance.rulebook.gather import gathered, law_in_force
from governance.rulebook.question import Question
from governance.rulebook.sources import Source
from governance.scope import Capability, Scope


@dataclass(frozen=True, slots=True)
class RuleRow:
    """A rule as a list shows it; `document` and `clause` are "" for a rule that does not come from the law."""

    rule: Rule
    words: str
    text: str
    document: str
    clause: str

    @property
    def precedence(self) -> str:
        """Its class in words."""
        return label_of(self.rule.weight)


def preview(
    *,
    scope: Scope,
    system_name: str,
    action: str,
    facts: Mapping[str, Any],
    at: datetime,
    session: str = "",
    law: Any = None,
    constitution: Any = None,
) -> Verdict:
    """What the verdict would be now, or under another law or constitution. Nothing is stored. Raises `NotAllowed`, `NotFound`,
    `Invalid`."""
    scope.demand(Capability.READ_RECORD, to="try a case")
    question = Question(system_name, action, facts, session)
    instead = {} if constitution is None else {system_name: constitution}
    found = answers.answered(scope=scope, questions=[question], at=at, law=law, constitutions=instead)[0]
    if found.gathered is None:
        raise NotFound(f"There is no system called {system_name}.")
    return found.verdict


def preview_many(
    *,
    scope: Scope,
    questions: Sequence[Question],
    at: datetime,
    law: Any = None,
    constitutions: Mapping[str, Any] | None = None,
) -> list[Verdict | DomainError]:
    """Many at once, each at its own moment if it carries one; what cannot be asked is answered by its error. Statements follow
    the distinct systems and sessions. Raises `NotAllowed`."""
    scope.demand(Capability.READ_RECORD, to="try a case")
    faults = {place: fault for place, one in enumerate(questions) if (fault := fault_of(one)) is not None}
    sound = [one for place, one in enumerate(questions) if place not in faults]
    found = iter(answers.answered(scope=scope, questions=sound, at=at, law=law, constitutions=constitutions))
    return [faults[place] if place in faults else _said(next(found)) for place in range(len(questions))]


def fault_of(question: Question) -> DomainError | None:
    """Why a question cannot be asked, or None."""
    try:
        answers.check(question)
    except DomainError as fault:
        return fault
    return None


def _said(answer: answers.Answer) -> Verdict | DomainError:
    if answer.gathered is None:
        return NotFound(f"There is no system called {answer.question.system}.")
    return answer.verdict


def book_under(
    *,
    law: Any,
    constitution: Any,
    system_name: str,
    session_rules: tuple[str, ...] = (),
    asset_rules: tuple[str, ...] = (),
) -> Book:
    """The rules of a stored question under another law or constitution (None: no law), kept by what they are made from. Raises
    `NotATheory` for rules that cannot be read."""
    one = sources.NO_LAW if law is None else sources.law_of(law)
    other = sources.constitution_of(constitution, system=system_name, digest=canonical.digest(constitution))
    if errors := (*one.errors, *other.errors):
        raise NotATheory(errors[0])
    return sources.book(law=one, constitution=other, system=system_name, texts=(*asset_rules, *session_rules))


def rules_in_force(*, scope: Scope, system_name: str = "", at: datetime, session: str = "") -> list[RuleRow]:
    """The law's, TARS's own and the assets' rules, and with a system those of its constitution and session, the weightiest
    first; also those whose time has not come or is over. Raises `NotAllowed`, `NotFound`, `NotATheory`."""
    scope.demand(Capability.READ_RECORD, to="read the rules")
    everybodys = (house_rules.theory(), assets.law(scope=scope, at=at))
    if not system_name:
        law = law_in_force(scope=scope)
        return _listed((*everybodys, law.theory), law)
    found = gathered(scope=scope, system=system_name, session=session, at=at)
    texts = (sources.parsed(text) for text in found.session.texts)
    return _listed((*everybodys, found.law.theory, found.constitution.theory, *texts), found.law)


def _listed(theories: Iterable[Theory], law: Source) -> list[RuleRow]:
    rules = law_document.union(theories).rules
    return [_row(rule, law) for rule in sorted(rules, key=lambda rule: (-rule.weight, rule.id))]


def _row(rule: Rule, law: Source) -> RuleRow:
    document, clause = law.places.get(rule.id, ("", ""))
    return RuleRow(rule=rule, words=rule_words(rule), text=rule_text(rule), document=document, clause=clause)
