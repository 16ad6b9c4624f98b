"""A verdict written from an answer: reasons, defeats, duties, score and one sentence."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING

from governance.policy.entries import Entry
from governance.policy.evaluation import Evaluation
from governance.policy.precedence import Precedence, label_of
from governance.policy.terms import Modality
from governance.policy.verdict import Defeat, Duty, Outcome, Reason, Verdict
from governance.policy.words import class_words, rule_words, source_words
from governance.policy.writing import head_text, literal_text

if TYPE_CHECKING:
    from governance.policy.answer import Answer, Obligation


def written(answer: Answer, *, would_pass_if: tuple[str, ...]) -> Verdict:
    """The answer in words."""
    because = _deciding(answer)
    return Verdict(
        outcome=answer.outcome,
        action=answer.action,
        sentence=_sentence(answer, because),
        because=tuple(_reason(entry) for entry in because),
        defeated=_defeated(answer.evaluation),
        obligations=tuple(_duty(each, entry) for each in answer.obligations for entry in _ranked(each.rules)),
        missing_facts=tuple(sorted(answer.missing)),
        errors=answer.errors,
        would_pass_if=would_pass_if,
        rules_applied=_applied(answer.evaluation),
        compliance_score=_score(answer),
    )


def _deciding(answer: Answer) -> list[Entry]:
    norms = answer.norms
    if not answer.is_sound:
        return _ranked(answer.evaluation.court.troubled) if answer.evaluation else []
    if norms.must_not:
        return _ranked(norms.must_not)
    if answer.outcome is Outcome.REQUIRE_APPROVAL:
        pending = [each for each in answer.obligations if each.is_pending_approval]
        return _ranked({entry: None for each in pending for entry in each.rules})
    return (
        _ranked({**dict.fromkeys(norms.may), **dict.fromkeys(norms.must)}) if answer.outcome is Outcome.PERMIT else []
    )


def _ranked(entries: Iterable[Entry]) -> list[Entry]:
    return sorted(entries, key=lambda entry: (-entry.weight, entry.id))


def _reason(entry: Entry) -> Reason:
    text, words = said(entry)
    return Reason(entry.id, text, words, entry.rule.source, entry.weight)


def said(entry: Entry) -> tuple[str, str]:
    """Conclusion and sentence of the rule, worked out once for the rule."""
    found = entry.said
    if found is None:
        found = entry.said = (
            ("", entry.broken) if entry.broken else (head_text(entry.rule.head), rule_words(entry.rule))
        )
    return found


def _defeated(evaluation: Evaluation | None) -> tuple[Defeat, ...]:
    if evaluation is None:
        return ()
    found = []
    beaten, in_force = evaluation.court.beaten, evaluation.court.in_force
    for entry in _ranked(each for each in beaten if each not in in_force):
        by, why = beaten[entry]
        text, words = said(entry)
        source = entry.rule.source
        found.append(Defeat(entry.id, text, words, source, entry.weight, by.id if by else "", why))
    return tuple(found)


def _duty(each: Obligation, entry: Entry) -> Duty:
    is_approval = each.name == "approved" and not each.is_negated
    approvers = tuple(role for role in each.row[1:2] if isinstance(role, str)) if is_approval else ()
    return Duty(literal_text(each.literal), entry.id, entry.rule.source, entry.weight, each.is_met, approvers)


def _applied(evaluation: Evaluation | None) -> tuple[str, ...]:
    return tuple(sorted({entry.id for entry in evaluation.court.in_force})) if evaluation else ()


def _score(answer: Answer) -> float:
    if not answer.is_sound:
        return 0.0
    norms = answer.norms
    satisfied = Precedence.GENERAL if norms.is_permitted else 0
    applicable = int(Precedence.GENERAL)
    duties = [(entry.weight, True) for entry in norms.must] + [(entry.weight, False) for entry in norms.must_not]
    duties += [(entry.weight, each.is_met) for each in answer.obligations for entry in each.rules]
    for weight, is_met in duties:
        applicable += weight
        satisfied += weight if is_met else 0
    share = Decimal(satisfied) / Decimal(applicable)
    return float(share.quantize(Decimal("0.0001"), rounding=ROUND_HALF_UP))


def _sentence(answer: Answer, because: list[Entry]) -> str:
    if answer.outcome is Outcome.PERMIT:
        return f"{_may(answer, 'may')}: {_because(because, 'permits it')}."
    if answer.outcome is Outcome.REQUIRE_APPROVAL:
        return f"{_may(answer, 'may')} only {_once_approved(answer)}: {_because(because, 'asks for it')}."
    return f"{_may(answer, 'may not')}: {_why_not(answer, because)}"


def _may(answer: Answer, may: str) -> str:
    return f"{answer.bearer} {may} {answer.action}" if answer.bearer else f"{answer.action} {may} happen"


def _because(because: list[Entry], verb: str) -> str:
    first, *others = because
    more = f" and {len(others)} more" if others else ""
    said = f"{source_words(first.rule)} {verb} ({class_words(first.weight)})"
    return said + (f"{more} {'rules' if len(others) > 1 else 'rule'}" if more else "")


def _once_approved(answer: Answer) -> str:
    roles = sorted({str(each.row[1]) for each in answer.obligations if each.is_pending_approval and len(each.row) > 1})
    if not roles:
        return "once it is approved"
    if len(roles) == 1:
        return f"once {roles[0]} approves it"
    return f"once {', '.join(roles[:-1])} and {roles[-1]} approve it"


def _why_not(answer: Answer, because: list[Entry]) -> str:
    if answer.errors:
        more = len(answer.errors) + len(answer.missing) - 1
        return answer.errors[0] + (f" ({more} more)" if more else "")
    if answer.missing:
        return _missing_words(answer.missing)
    if because:
        return f"{_because(because, 'forbids it')}.{_outweighed(answer, because)}"
    return f"no rule permits it.{_outweighed(answer, because)}"


def _missing_words(missing: dict[str, set[str]]) -> str:
    names = sorted(missing)
    by = sorted({rule for rules in missing.values() for rule in rules})
    more = f" and {len(by) - 1} more {'rules' if len(by) > 2 else 'rule'}" if len(by) > 1 else ""
    is_are, it = ("is", "it") if len(names) == 1 else ("are", "them")
    need = "need" if len(by) > 1 else "needs"
    return f"{', '.join(names)} {is_are} not known, and {by[0]}{more} {need} {it}."


def _outweighed(answer: Answer, because: list[Entry]) -> str:
    """What permission lost, and against whom."""
    if answer.evaluation is None:
        return ""
    beaten = answer.evaluation.court.beaten
    lost = [e for e in _ranked(beaten) if e.modality is Modality.PERMISSION and e.heads[0].name == answer.action]
    if not lost:
        return ""
    by, why = beaten[lost[0]]
    name = f"{label_of(lost[0].weight)} {lost[0].id}"
    if by is None:
        return f" {name[:1].upper()}{name[1:]} does not count: {why}."
    if by.weight > lost[0].weight:
        return f" It outweighs {name}." if by in because else f" {by.id} outweighs {name}."
    return f" {by.id} defeats {name} ({why})."
