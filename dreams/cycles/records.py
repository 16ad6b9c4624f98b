"""Nights as a program reads them. No query."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from dreams.cycles.models import Dream
from dreams.cycles.pairs import PairLine, Side
from dreams.cycles.proportion import Share
from dreams.cycles.queries import NightLine
from dreams.cycles.rates import Rates, Week
from dreams.cycles.reports import Planned, Report, Row
from governance.registry.records import utc


def night_record(one: NightLine) -> dict[str, Any]:
    return {
        "night": one.cycle_id,
        "system": one.system,
        "state": one.state,
        "starts_at": utc(one.starts_at),
        "deadline_at": utc(one.deadline_at),
        "ended_at": one.ended_at and utc(one.ended_at),
        "tried": one.tried,
        "won": one.won,
        "in_production": one.live,
        "runs": one.runs,
        "most_runs": one.most_runs,
        "spent_usd": str(one.spent_usd),
        "stop_code": one.stop_code,
        "stopped_because": one.stopped_because,
    }


def report_record(one: Report) -> dict[str, Any]:
    return night_record(one.line) | {
        "started_at": one.started_at and utc(one.started_at),
        "plan_digest": one.plan_digest,
        "plan": one.plan and plan_record(one.plan),
        "dreams": [row_record(row) for row in one.rows],
    }


def plan_record(one: Planned) -> dict[str, Any]:
    """The document itself, and whether its stored bytes have the digest."""
    return {"is_whole": one.is_whole, "planned_at": utc(one.at), "planned_by": one.by} | one.written.as_json()


def row_record(one: Row) -> dict[str, Any]:
    return {
        "id": str(one.id),
        "number": one.number,
        "is_dummy": one.is_dummy,
        "origin": one.origin,
        "why_tried": one.sentence,
        "sentence": one.said,
        "verdict": one.found.verdict,
        "rule": one.rule,
        "because": one.because,
        "gain": one.found.primary and one.found.primary.gain,
        "gain_low": one.found.primary and one.found.primary.low,
        "gain_high": one.found.primary and one.found.primary.high,
        "pairs_seen": one.n_seen,
        "pairs_held_out": one.n_held_out,
        "cost_usd": None if one.cost_usd is None else str(one.cost_usd),
        "guardrails": [
            {"metric": each.label, "margin": each.margin, "found": each.said, "standing": each.standing}
            for each in one.found.guardrails
        ],
        "amendment": one.label or None,
        "promoted_at": one.promoted_at and utc(one.promoted_at),
        "not_proposed_because": one.not_proposed_because,
    }


def week_record(one: Week) -> dict[str, Any]:
    """By the names of the source's query, then the promotions that were applied in it and those that stand."""
    return {
        "week": one.monday.isoformat(),
        "total_dreams": one.total_dreams,
        "promoted": one.promoted,
        "promotion_rate": one.promotion_rate,
        "promotions_applied": one.applied,
        "promotions_kept": one.kept,
    }


def rates_record(one: Rates) -> dict[str, Any]:
    return {
        "first": one.first.isoformat(),
        "last": one.last.isoformat(),
        "weeks": [week_record(week) for week in one.weeks],
        "kept": share_record(one.kept),
        "dummies": share_record(one.dummies),
        "false_promotions": [each.cycle_id for each in one.false],
    }


def share_record(one: Share) -> dict[str, Any]:
    return {"count": one.count, "total": one.total, "share": one.value, "low": one.low, "high": one.high}


def dream_record(one: Dream, row: Row) -> dict[str, Any]:
    """Everything about a dream but its requests."""
    return row_record(row) | {
        "mutations": one.mutations,
        "normal_output": one.normal_output,
        "dream_output": one.dream_output,
        "outcome": one.outcome,
    }


def pair_record(one: PairLine) -> dict[str, Any]:
    return {
        "request_key": one.request_key,
        "execution_id": None if one.execution is None else str(one.execution),
        "request": one.request,
        "part": one.part,
        "kind": one.kind,
        "is_destroyed": one.is_destroyed,
        "differs": list(one.differs),
        "similarity": one.similarity,
        "normal": None if one.normal is None else side_record(one.normal),
        "dream": side_record(one.dream),
    }


def side_record(one: Side) -> dict[str, Any]:
    return {
        "status": one.status,
        "system": one.system,
        "action": one.action,
        "verdict": one.verdict,
        "is_violation": one.is_violation,
        "confidence": one.confidence,
        "duration_ms": one.duration_ms,
        "cost_usd": None if one.cost_usd is None else str(one.cost_usd),
        "answer": one.text,
        "why": one.why,
        "hops": [asdict(hop) for hop in one.hops],
    }
