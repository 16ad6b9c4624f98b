"""`choose`: who gets a request. Reads only; four statements whatever the number of rules and systems, one more for each safety
budget among the candidates and for each constitution that this process has not compiled yet, and one where rules name systems
that are not among the nearest."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from governance.errors import Invalid, NotFound
from governance.rulebook.answers import Answer
from governance.scope import Capability, Scope
from routing.embeddings.embedder import Embedder
from routing.router import nearest, serving, sureness, vetoes
from routing.router.acting import action_of
from routing.router.confidence import Against, confidence
from routing.router.heads import head_of
from routing.router.nearest import NearRule, Standing
from routing.router.obeyed import Obeyed, obeyed
from routing.router.ranking import Candidate, Choice, Source, Veto, decided, ordered

TEXT_LENGTH: Final = 20_000
_SAID: Final = 2_000


def choose(
    *,
    scope: Scope,
    text: str,
    action: str = "",
    wanted: str = "",
    facts: Mapping[str, Any] | None = None,
    session: str = "",
    at: datetime,
) -> Choice:
    """Who gets this request, and why not the others, inside the caller's tenant transaction. Nothing is kept.

    `wanted` names the one system that may do it. `facts` are those of the verdict (docs/work.md); without them the request's text
    and the predicted cost. Raises `NotAllowed`, `Invalid`, `NotFound` (`wanted`), and what an embedder raises.
    """
    if not scope.can(Capability.REQUEST):
        scope.demand(Capability.READ_RECORD, to="ask where a request goes")
    _check(text)
    embedder, rules, sure, systems = _near(scope, text, wanted=wanted)
    router = next((one for one in systems.values() if one.routing is not None), None)
    law = obeyed(router.name, router.routing or {}) if router else Obeyed()
    ways = (
        [_named(systems, wanted)] if wanted else list(reaches(rules, sure, systems, law=law, model=str(embedder.model)))
    )
    by_id = {rule.id: rule for rule in rules}
    candidates = [
        _asked(one, systems[one.system_id], by_id.get(one.rule_id) if one.rule_id else None, text=text, action=action)
        for one in ordered(ways, threshold=law.threshold)
    ]
    said = {"request": {"text": text[:_SAID]}} if facts is None else facts
    judged, against, answers = _judged(scope, candidates, systems, facts=said, session=session, at=at)
    leading = next((one for one in judged if not one.vetoes and not against.get(one.system_id)), None)
    leading = leading or next(iter(judged), None)
    pattern = by_id[leading.rule_id].pattern if leading and leading.rule_id else ""
    choice = decided(judged, vetoes=against, obeyed=law, model=embedder.model, rule=pattern)
    gathered = {id: answer.gathered for id, answer in answers.items()}
    return replace(choice, router_id=router.id if router else None, gathered=gathered)


Near = tuple[Embedder, list[NearRule], Sequence[float], dict[UUID, Standing]]


def _near(scope: Scope, text: str, *, wanted: str) -> Near:
    """What is near by the tenant's embedder. Where nothing is of the one that this process knew, it may have been switched."""
    embedder = serving.likely(tenant_id=scope.tenant_id)
    found = _read(scope, text, embedder, wanted=wanted)
    _, rules, _, systems = found
    if not rules and all(one.cosine is None for one in systems.values()):
        other = serving.looked_up(tenant_id=scope.tenant_id)
        if other.model != embedder.model:
            return _read(scope, text, other, wanted=wanted)
    return found


def _read(scope: Scope, text: str, embedder: Embedder, *, wanted: str) -> Near:
    vector = embedder.embed([text])[0]
    near = nearest.systems(scope=scope, vector=vector, model=embedder.model, wanted=wanted)
    rules = nearest.rules(scope=scope, vector=vector, model=embedder.model)
    head = head_of(tenant_id=scope.tenant_id, model=embedder.model) if rules else None
    sure = sureness.of_rules(rules, model=embedder.model, text=text, vector=vector, trained=head)
    ids = {rule.system_id for rule in rules} | {one for rule in rules for one in rule.alternatives}
    return embedder, rules, sure, {one.id: one for one in near.with_those(ids)}


def _check(text: str) -> None:
    if not text.strip():
        raise Invalid("Say in a sentence what is to be done.", problems=(("/text", "is empty"),))
    if len(text) > TEXT_LENGTH or "\x00" in text:
        said = f"is longer than {TEXT_LENGTH:,} characters or holds U+0000"
        raise Invalid(f"A request has at most {TEXT_LENGTH:,} characters of text.", problems=(("/text", said),))


def _named(systems: Mapping[UUID, Standing], wanted: str) -> Candidate:
    found = next((one for one in systems.values() if one.name == wanted), None)
    if found is None:
        raise NotFound(f"There is no system called {wanted}.")
    return Candidate(system_id=found.id, name=found.name, score=1.0, source=Source.NAMED)


def reaches(
    rules: Sequence[NearRule], sure: Sequence[float], systems: Mapping[UUID, Standing], *, law: Obeyed, model: str
) -> Iterator[Candidate]:
    """Every way to a system, also for a replay; `sure` is of `sureness.of_rules`. The router does not come by its own
    capabilities: it would hand the request to itself."""
    for rule, how_sure in zip(rules, sure, strict=True):
        score = round(how_sure * rule.confidence, 4)
        for place, system_id in enumerate((rule.system_id, *rule.alternatives)):
            if system_id in systems:
                yield Candidate(
                    system_id=system_id,
                    name=systems[system_id].name,
                    score=score,
                    source=Source.RULE,
                    cosine=round(rule.cosine, 4),
                    rule_id=rule.id,
                    place=place,
                )
    for one in systems.values():
        if one.cosine is not None and one.routing is None:
            score = confidence(one.cosine, model=model, against=Against.DESCRIPTION)
            yield Candidate(one.id, one.name, score, Source.CAPABILITY, round(one.cosine, 4))
        if law.fallback_system and one.name == law.fallback_system:
            yield Candidate(one.id, one.name, 0.0, Source.DEFAULT)


def _asked(one: Candidate, system: Standing, rule: NearRule | None, *, text: str, action: str) -> Candidate:
    """With what it would be asked to do and what that will probably cost. A rule's action and figures are those of the system
    that it recommends; an alternative is asked by the request's words."""
    own = rule if rule and not one.place else None
    asked = action_of(
        text=text,
        stated=action,
        by_rule=own.action if own else "",
        requires_approval=system.requires_approval,
        capabilities=system.capabilities,
    )
    return replace(one, action=asked, predicted=_predicted(system, own))


def _predicted(system: Standing, rule: NearRule | None) -> dict[str, Any] | None:
    """What the rule's requests cost, else what the system's did; None for a system that has done nothing yet."""
    if rule and rule.avg_cost_usd is not None:
        return {"cost_usd": str(rule.avg_cost_usd), "duration_ms": rule.avg_duration_ms, "taken_from": "rule"}
    if system.executions:
        return {"cost_usd": str(system.avg_cost_usd), "duration_ms": system.avg_duration_ms, "taken_from": "system"}
    return None


def _judged(
    scope: Scope,
    candidates: Sequence[Candidate],
    systems: Mapping[UUID, Standing],
    *,
    facts: Mapping[str, Any],
    session: str,
    at: datetime,
) -> tuple[list[Candidate], dict[UUID, list[Veto]], dict[UUID, Answer]]:
    """The candidates with their verdicts, what speaks against each, and the rules' answers. Those below the threshold are not
    asked about."""
    against = {one.system_id: vetoes.of_standing(systems[one.system_id]) for one in candidates}
    reached = [one for one in candidates if not one.vetoes]
    of_others = vetoes.asked(scope=scope, candidates=reached, at=at)
    answers = vetoes.outcomes(scope=scope, candidates=reached, facts=facts, session=session, at=at) if reached else {}
    for system_id, answer in answers.items():
        # what stops or holds a system is a rule of the rulebook too: said once is enough
        against[system_id] += vetoes.of_verdict(answer.verdict) if not against[system_id] else []
    for system_id, veto in of_others():
        against[system_id].append(veto)
    outcomes = {id: answer.verdict.outcome.value for id, answer in answers.items()}
    judged = [replace(one, outcome=outcomes.get(one.system_id, "")) for one in candidates]
    return judged, against, answers
