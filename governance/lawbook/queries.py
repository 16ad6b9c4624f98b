"""The law in force, and what an import would change. Nothing here writes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from governance.amendments.facts import requirements_of
from governance.amendments.kinds import AmendmentType, Basis
from governance.approvals.quorum import sentence as needs_sentence
from governance.constitution import schema
from governance.constitution.diff import Change, Effect, changes, effect_of
from governance.constitution.sentence import sentence
from governance.lawbook import proposing
from governance.lawbook.formats import LABELS, USUAL_NAMES, translate
from governance.lawbook.promotion import Promotion, lasting_rules, usage_said
from governance.lawbook.rulediff import RuleChange, preference_changes, rule_changes
from governance.lawbook.translation import digest_of
from governance.policy.errors import Finding
from governance.policy.precedence import Precedence
from governance.policy.rules import Rule, Theory
from governance.policy.words import rule_words
from governance.policy.writing import rule_text
from governance.registry.models import System
from governance.rulebook import law_document, session_queries
from governance.rulebook.classes import CLASSES
from governance.rulebook.models import SessionRule, StoredVerdict
from governance.rulebook.queries.cases import Run
from governance.rulebook.queries.running import run_cases
from governance.scope import Capability, Scope

SHOWN_VERDICTS = 20


@dataclass(frozen=True, slots=True)
class LawInForce:
    """The law as the registry keeps it; version 0 is the empty law before the first import."""

    constitution: dict[str, Any]
    version: int = 0
    system_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class ClauseView:
    """A clause with its rules as people read them: (id, sentence, text)."""

    number: str
    title: str
    text: str
    rules: tuple[tuple[str, str, str], ...]
    raw: str

    @property
    def depth(self) -> int:
        return min(self.number.count("."), 2)


@dataclass(frozen=True, slots=True)
class DocumentView:
    name: str
    format: str
    label: str
    title: str
    authority: str
    enacted_at: str
    digest: str
    untranslated: tuple[str, ...]
    clauses: tuple[ClauseView, ...]

    @property
    def rule_count(self) -> int:
        return sum(len(clause.rules) for clause in self.clauses)


@dataclass(frozen=True, slots=True)
class CaseChange:
    """A saved case that is answered otherwise under the proposed law, or would fail. An outcome "" could not be asked."""

    id: UUID
    name: str
    before: str
    after: str
    failed_because: str


@dataclass(frozen=True, slots=True)
class Preview:
    """What proposing a law would do. `refused` is why it cannot be proposed as it is, "" if it can."""

    name: str
    constitution: dict[str, Any]
    base_version: int
    changes: tuple[Change, ...]
    effect: Effect
    sentence: str
    type: AmendmentType
    needs: str
    rules: tuple[RuleChange, ...]
    preferences: tuple[str, ...]
    preferences_gone: tuple[str, ...]
    findings: tuple[Finding, ...]
    untranslated: tuple[str, ...]
    sections: str
    digest: str = ""
    format: str = ""
    clause_count: int = 0
    faults: tuple[tuple[str, str], ...] = field(default=())
    cases: tuple[CaseChange, ...] = ()
    case_count: int = 0

    @property
    def is_new(self) -> bool:
        return bool(self.changes)

    @property
    def can_propose(self) -> bool:
        return self.is_new and not self.findings and not self.faults


def law_in_force(*, scope: Scope) -> LawInForce:
    """The tenant's law. Raises `NotAllowed`."""
    scope.demand(Capability.READ_RECORD, to="read the law")
    row = System.objects.filter(tenant_id=scope.tenant_id, name=law_document.SYSTEM_NAME).first()
    if row is None or not law_document.is_law(row.constitution):
        return LawInForce(law_document.empty_law())
    return LawInForce(row.constitution, row.constitution_version, row.id)


def documents(law: Mapping[str, Any]) -> tuple[DocumentView, ...]:
    """The law's documents, gov.md first, each clause with its rules as sentences."""
    found: dict[str, list[ClauseView]] = {}
    for clause in law_document.clauses(law):
        theory = law_document.clause_theory(clause)
        rules = tuple((rule.id, rule_words(rule), _as_written(rule, clause)) for rule in theory.rules)
        view = ClauseView(clause.name, clause.title, clause.text, rules, clause.rules)
        found.setdefault(clause.document, []).append(view)
    names = sorted(law.get("documents", {}), key=lambda name: (name != law_document.GOV_MD, name))
    return tuple(_document(name, law["documents"][name], found.get(name, [])) for name in names)


def preview_import(*, scope: Scope, format: str, name: str, content: bytes, at: datetime) -> Preview:
    """What importing this file would change. Raises `NotAllowed`, `BadLawFile`, `BadName`, `UnknownFormat`."""
    law = law_in_force(scope=scope)
    name = proposing.checked_name(name or USUAL_NAMES.get(format, ""))
    document, digest = translate(format=format, content=content), digest_of(content)
    known = law.constitution["documents"].get(name)
    fresh = document.as_json(digest=digest)
    if known is not None and {**known, "digest": ""} == {**fresh, "digest": ""}:
        proposed = law.constitution
    else:
        proposed = proposing.with_document(law.constitution, name=name, document=document, digest=digest)
    return preview_law(
        scope=scope,
        law=law,
        proposed=proposed,
        name=name,
        at=at,
        untranslated=document.untranslated,
        digest=digest,
        format=format,
        clause_count=len(document.clauses),
    )


def preview_promotion(*, scope: Scope, rule_id: UUID, at: datetime) -> tuple[Preview, Promotion]:
    """What making a session's rule law would change, and how the rule did. Raises `NotAllowed`, `NotFound`, `NotPromotable`."""
    law = law_in_force(scope=scope)
    found = promotion_of(scope=scope, rule_id=rule_id, at=at)
    note = f"Promoted from session {found.session}, where it applied {found.usage['uses']} times."
    proposed, _ = proposing.with_promotion(law.constitution, sentence=found.sentence, rules=found.rules, note=note)
    return preview_law(scope=scope, law=law, proposed=proposed, name=proposing.PROMOTIONS, at=at), found


def promotion_of(*, scope: Scope, rule_id: UUID, at: datetime) -> Promotion:
    """The session's rule with its usage and the verdicts it took part in. Raises `NotAllowed`, `NotFound`, `NotPromotable`."""
    usage = session_queries.usage_of(scope=scope, rule_id=rule_id, at=at)
    position = SessionRule.objects.values_list("position", flat=True).get(tenant_id=scope.tenant_id, id=rule_id)
    applied = StoredVerdict.objects.filter(
        tenant_id=scope.tenant_id, rules_applied__contains=[f"session/{usage.session}/{position}"]
    )
    verdicts = [str(id) for id in applied.order_by("-id").values_list("id", flat=True)[:SHOWN_VERDICTS]]
    return Promotion(
        sentence=usage.sentence,
        rules=lasting_rules(usage.sentence, id=proposing.promoted_id(usage.sentence)),
        session=usage.session,
        usage=usage_said(
            uses=usage.uses,
            added_by=usage.added_by,
            added_at=usage.added_at.isoformat(),
            last_used_at=usage.last_used_at.isoformat() if usage.last_used_at else "",
            verdicts=verdicts,
        ),
    )


def case_changes(*, scope: Scope, proposed: dict[str, Any], at: datetime) -> tuple[tuple[CaseChange, ...], int]:
    """Saved cases that the proposed law would answer otherwise or fail, and how many cases there are."""
    now, then = run_cases(scope=scope, at=at), run_cases(scope=scope, at=at, law=proposed)
    found = [
        CaseChange(after.case.id, after.case.name, _outcome(before), _outcome(after), after.failed_because)
        for before, after in zip(now.runs, then.runs, strict=True)
    ]
    return tuple(one for one in found if one.before != one.after or one.failed_because), len(found)


def _outcome(run: Run) -> str:
    return run.why.label if run.why else ""


def preview_law(
    *, scope: Scope, law: LawInForce, proposed: dict[str, Any], name: str, at: datetime, **about: Any
) -> Preview:
    """What this law in the place of today's would change."""
    found = changes(law.constitution, proposed)
    effect = effect_of(found)
    findings = proposing.findings(proposed)
    readable = not any(one.code in ("not_a_law", "not_a_theory") for one in findings)
    old, new = law_document.theory_of(law.constitution), law_document.theory_of(proposed) if readable else Theory()
    come, gone = preference_changes(old, new)
    type = proposing.fitting_type(effect)
    is_sound = not findings and bool(found)
    cases, count = case_changes(scope=scope, proposed=proposed, at=at) if is_sound else ((), 0)
    needs = requirements_of(scope=scope, type=type, basis=Basis.ORDINARY, effect=effect)
    return Preview(
        name=name,
        constitution=proposed,
        base_version=law.version,
        changes=found,
        effect=effect,
        sentence=sentence(found),
        type=type,
        needs=needs_sentence(needs),
        rules=rule_changes(old, new) if readable else (),
        preferences=come,
        preferences_gone=gone,
        findings=findings,
        sections=proposing.sections_of(found, name=name),
        faults=schema.problems(proposed),
        cases=cases,
        case_count=count,
        **({"untranslated": ()} | about),
    )


def _document(name: str, content: Mapping[str, Any], clauses: list[ClauseView]) -> DocumentView:
    return DocumentView(
        name=name,
        format=content["format"],
        label=LABELS.get(content["format"], content["format"]),
        title=content.get("title", "") or name,
        authority=content.get("authority", ""),
        enacted_at=content.get("enacted_at", ""),
        digest=content.get("digest", ""),
        untranslated=tuple(content.get("untranslated", ())),
        clauses=tuple(sorted(clauses, key=lambda clause: _order(clause.number))),
    )


def _as_written(rule: Rule, clause: law_document.Clause) -> str:
    """The rule without what its clause says for it: source, authority and the usual weight."""
    usual = rule.weight == CLASSES[clause.format].weight
    return rule_text(
        replace(
            rule,
            source="" if rule.source == clause.source else rule.source,
            authority="" if rule.authority == clause.authority else rule.authority,
            weight=Precedence.GENERAL if usual else rule.weight,
        )
    )


def _order(number: str) -> tuple[tuple[int, int, str], ...]:
    """7.10 comes after 7.9, and words come after numbers."""
    parts = number.split(".")
    return tuple((0, int(part), "") if part.isdigit() and len(part) < 10 else (1, 0, part) for part in parts)
