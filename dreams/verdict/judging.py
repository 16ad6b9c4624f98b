"""The verdict on one candidate, and on all of a night together. Pure.

Two stages keep alpha whatever the optimiser learned from the first (screen and clean: Wasserman and Roeder, Annals of
Statistics 37, 2009). On the seen part each candidate must beat the minimum effect at alpha. Those that do, the finalists, must
beat it again on held-out requests that no choice has used, and there the night answers for all finalists together.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from dreams.stats.multiplicity import refuted
from dreams.stats.noninferiority import Standing
from dreams.stats.ratio import sample_ratio_p
from dreams.verdict.findings import Findings, Guardrail, findings_of
from dreams.verdict.observed import Metric, Observed
from dreams.verdict.plan import MARGINS, Plan
from dreams.verdict.rules import VERDICT_OF, Next, Rule, Verdict
from dreams.verdict.wording import NAMES, better_or_worse, percent, plural

Said = tuple[Rule, str]


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict with the first rule that said so, in a sentence, and every number it rests on. `next` is for a night that goes
    on."""

    verdict: Verdict
    rule: Rule
    sentence: str
    next: Next
    n_seen: int
    n_held_out: int
    looks: int
    findings: Findings

    def as_json(self) -> dict[str, Any]:
        """Unrounded, JSON only."""
        return {
            "verdict": self.verdict.value,
            "rule": self.rule.value,
            "sentence": self.sentence,
            "next": self.next.value,
            "n_seen": self.n_seen,
            "n_held_out": self.n_held_out,
            "looks": self.looks,
            **self.findings.as_json(),
        }


def judge(plan: Plan, observed: Observed, *, finalists: int | None = None, is_worded: bool = False) -> Judgement:
    """One candidate at one look. `finalists` is how many candidates the held-out part has to answer for; all planned ones where
    it is not known. `is_worded`: it changes nothing but words, so that people's stars may say what the primary metric does not.
    Looking again with more pairs is always allowed."""
    found = findings_of(plan, observed)
    share = plan.alpha / min(plan.family, finalists or plan.family)
    is_confirmed = found.held_out.log_e_better >= -math.log(share)
    return _judged(plan, observed, found, is_confirmed=is_confirmed, is_worded=is_worded)


def judge_night(
    plan: Plan, candidates: Mapping[str, Observed], *, worded: Collection[str] = ()
) -> dict[str, Judgement]:
    """Every candidate of a night at its end, the held-out part corrected over the finalists as the plan says. `worded`: those
    that change nothing but words.

    Raises ValueError where there are more candidates than the plan's family.
    """
    if len(candidates) > plan.family:
        raise ValueError(f"{len(candidates)} candidates were tried, and {plan.family} were planned.")
    found = {name: findings_of(plan, observed) for name, observed in candidates.items()}
    held_out = {name: one.held_out.log_e_better for name, one in found.items() if is_finalist(plan, one)}
    confirmed = refuted(held_out, by=plan.correction, alpha=plan.alpha)
    return {
        name: _judged(plan, observed, found[name], is_confirmed=name in confirmed, is_worded=name in worded)
        for name, observed in candidates.items()
    }


def is_finalist(plan: Plan, found: Findings) -> bool:
    """Whether the seen part alone shows more than the minimum effect, at alpha."""
    return found.seen.n >= plan.minimum_pairs and found.seen.log_e_better >= -math.log(plan.alpha)


def _judged(plan: Plan, observed: Observed, found: Findings, *, is_confirmed: bool, is_worded: bool) -> Judgement:
    rests_on_stars = is_worded and not (is_confirmed and is_finalist(plan, found))
    rule, sentence = next(_said(plan, observed, found, is_confirmed=is_confirmed, rests_on_stars=rests_on_stars))
    return Judgement(
        verdict=VERDICT_OF[rule],
        rule=rule,
        sentence=sentence,
        next=_next(plan, observed, found, rule),
        n_seen=observed.n_seen,
        n_held_out=observed.n_held_out,
        looks=observed.n_seen // plan.look_every + observed.n_held_out // plan.look_every,
        findings=found,
    )


def _said(
    plan: Plan, observed: Observed, found: Findings, *, is_confirmed: bool, rests_on_stars: bool
) -> Iterator[Said]:
    """What each rule says, in the order of `Rule`; the first is the verdict."""
    yield from _invalid(plan, observed)
    yield from _rejecting(plan, observed, found)
    if found.seen.n < plan.minimum_pairs:
        yield (
            Rule.TOO_FEW_PAIRS,
            f"{plural(found.seen.n, 'pair')} so far; the plan judges from {plan.minimum_pairs} on.",
        )
    if not rests_on_stars:
        yield from _primary_not_shown(plan, found)
    yield from _guardrails_not_shown(plan, found, rests_on_stars=rests_on_stars)
    if not rests_on_stars and (found.held_out.n < plan.minimum_pairs or not is_confirmed):
        yield Rule.HELD_OUT_NOT_SHOWN, _not_on_held_out(plan, found)
    yield from _held_out_guardrails(found)
    if rests_on_stars:
        yield (
            Rule.WAITS_FOR_STARS,
            "It changes words, and every guardrail holds: people's stars say whether they are better.",
        )
    low = percent(plan.minimum_effect)
    yield (
        Rule.ALL_HOLD,
        f"{NAMES[plan.primary].capitalize()} is {better_or_worse(found.seen.gain or 0.0)}, more than the least of {low}, also on "
        f"held-out requests ({better_or_worse(found.held_out.gain or 0.0)}), and every guardrail holds.",
    )


def _invalid(plan: Plan, observed: Observed) -> Iterator[Said]:
    if observed.breaches:
        yield Rule.PROTOCOL, observed.breaches[0]
    if observed.n_seen > plan.pairs_seen or observed.n_held_out > plan.pairs_held_out:
        yield Rule.PROTOCOL, "More pairs were taken than the plan says."
    if observed.n > min(observed.normal_runs, observed.dream_runs) or observed.scheduled < observed.n:
        yield Rule.PROTOCOL, "There are more pairs than requests that were run on both sides."
    missing = observed.scheduled - observed.n
    if observed.scheduled >= plan.minimum_pairs and missing > plan.most_missing * observed.scheduled:
        yield (
            Rule.MISSING_PAIRS,
            f"{missing} of {observed.scheduled} requests came to no pair, more than the plan allows.",
        )
    for metric in (plan.primary, *plan.margins):
        yield from _incomplete(plan, observed, metric)
    p = sample_ratio_p(observed.normal_runs, observed.dream_runs)
    if p < plan.ratio_alpha:
        yield (
            Rule.SAMPLE_RATIO,
            f"The normal side came to {observed.normal_runs} outcomes, the dream to {observed.dream_runs}: no fair comparison.",
        )


def _incomplete(plan: Plan, observed: Observed, metric: Metric) -> Iterator[Said]:
    """A value that is known more often on one side hides what happened on the other. Stars are few by nature."""
    counts = observed.known(metric)
    if metric is Metric.STARS or observed.n < plan.minimum_pairs:
        return
    missing = max(counts) - len(observed.gains(metric))
    if missing > plan.most_missing * observed.n:
        yield (
            Rule.MISSING_PAIRS,
            f"{NAMES[metric].capitalize()} is known for one side alone in {plural(missing, 'pair')}, more than the plan allows.",
        )


def _rejecting(plan: Plan, observed: Observed, found: Findings) -> Iterator[Said]:
    if observed.new_violations:
        count = len(observed.new_violations)
        yield (
            Rule.NEW_VIOLATION,
            f"{plural(count, 'request')} broke a rule in the dream alone, the first of them {observed.new_violations[0]}.",
        )
    for one in found.guardrails:
        if one.standing is Standing.INFERIOR:
            yield (
                Rule.GUARDRAIL_INFERIOR,
                f"{NAMES[one.metric].capitalize()}: {better_or_worse(one.gain or 0.0, beside=one.margin)}, and no more than "
                f"{percent(one.margin)} may be lost.",
            )
    for group in found.groups:
        if group.log_e_inferior >= math.log(len(found.groups) / plan.alpha):
            yield (
                Rule.GROUP_INFERIOR,
                f"Requests of kind {group.kind} succeed less often: {better_or_worse(group.gain, beside=plan.group_margin)}, "
                f"and no more than {percent(plan.group_margin)} may be lost.",
            )
    if found.seen.log_e_worse >= -math.log(plan.alpha):
        yield Rule.PRIMARY_WORSE, f"{NAMES[plan.primary].capitalize()} is {better_or_worse(found.seen.gain or 0.0)}."


def _primary_not_shown(plan: Plan, found: Findings) -> Iterator[Said]:
    name, seen, least = NAMES[plan.primary].capitalize(), found.seen, percent(plan.minimum_effect)
    gain = better_or_worse(seen.gain or 0.0, beside=plan.minimum_effect)
    if seen.log_e_small >= -math.log(plan.alpha):
        yield Rule.EFFECT_TOO_SMALL, f"{name} is {gain}: less than the {least} that would be worth a change."
    if not is_finalist(plan, found):
        yield Rule.PRIMARY_NOT_SHOWN, f"{name} is {gain} in {plural(seen.n, 'pair')}: not surely more than {least}."


def _guardrails_not_shown(plan: Plan, found: Findings, *, rests_on_stars: bool) -> Iterator[Said]:
    for one in found.guardrails:
        if one.standing is not Standing.NON_INFERIOR:
            yield Rule.GUARDRAIL_NOT_SHOWN, _not_shown(one)
    yield from _averages(plan, found, rests_on_stars=rests_on_stars)
    for group in found.groups:
        if group.gain < -plan.group_margin:
            yield (
                Rule.GROUP_WORSE,
                f"Requests of kind {group.kind} seem to succeed less often: "
                f"{better_or_worse(group.gain, beside=plan.group_margin)}.",
            )


def _not_on_held_out(plan: Plan, found: Findings) -> str:
    name, held_out = NAMES[plan.primary].capitalize(), found.held_out
    gain = better_or_worse(found.seen.gain or 0.0, beside=plan.minimum_effect)
    said = "no held-out request was asked yet" if held_out.gain is None else better_or_worse(held_out.gain)
    return f"{name} is {gain}, but not surely on held-out requests: {said}."


def _held_out_guardrails(found: Findings) -> Iterator[Said]:
    for one in found.guardrails:
        if one.held_out_gain is not None and one.held_out_gain < -one.margin:
            yield (
                Rule.HELD_OUT_GUARDRAIL,
                f"{NAMES[one.metric].capitalize()} on held-out requests: "
                f"{better_or_worse(one.held_out_gain, beside=one.margin)}, and no more than {percent(one.margin)} may be lost.",
            )


def _not_shown(one: Guardrail) -> str:
    name, margin = NAMES[one.metric].capitalize(), percent(one.margin)
    if one.gain is None:
        return f"{name} was not measured, and the plan guards it."
    gain = better_or_worse(one.gain, beside=one.margin)
    return f"{name} is {gain} in {plural(one.n, 'pair')}: a loss of {margin} is not ruled out."


def _averages(plan: Plan, found: Findings, *, rests_on_stars: bool) -> Iterator[Said]:
    """A few requests that became very slow or dear weigh little in a mean of shares, and all the more in the plain mean."""
    for metric, gain in found.averages.items():
        if metric is plan.primary:
            least = -MARGINS[metric] if rests_on_stars else plan.minimum_effect
        else:
            least = -plan.margins[metric]
        if gain < least:
            yield (
                Rule.AVERAGE_CONTRADICTS,
                f"{NAMES[metric].capitalize()}: the plain average is {better_or_worse(gain, beside=least)}; "
                "a few requests lose what the others gain.",
            )


_STOPS = frozenset({Rule.EFFECT_TOO_SMALL, Rule.ALL_HOLD})
_SEEN_FIRST = frozenset({Rule.TOO_FEW_PAIRS, Rule.PRIMARY_NOT_SHOWN})


def _next(plan: Plan, observed: Observed, found: Findings, rule: Rule) -> Next:
    """The seen part first, as far as it is needed; once held-out requests are asked, those until they are used up."""
    if VERDICT_OF[rule] in (Verdict.INVALID, Verdict.REJECT) or rule in _STOPS:
        return Next.STOP
    may_see_more = observed.n_seen < plan.pairs_seen and not observed.n_held_out
    # Words whose numbers are as good as a finalist's may be promoted by those.
    is_unshown = rule in _SEEN_FIRST or (rule is Rule.WAITS_FOR_STARS and not is_finalist(plan, found))
    if may_see_more and (is_unshown or rule is Rule.GUARDRAIL_NOT_SHOWN):
        return Next.SEEN_PAIRS
    return Next.STOP if is_unshown or observed.n_held_out >= plan.pairs_held_out else Next.HELD_OUT_PAIRS
