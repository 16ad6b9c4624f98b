"""Rows of one tenant as a stream of records, through server-side cursors: memory does not follow the table's size."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final, TypeVar, cast
from uuid import UUID

from django.db import connection
from psycopg import IsolationLevel

from governance import canonical
from governance.audit import records
from governance.audit.records import Chain, Entry, Record, Verdict
from governance.errors import DomainError
from governance.tenancy import in_tenant

CHUNK: Final = 200
"""Rows fetched at once; an entry may hold a whole diff."""


_Kind = TypeVar("_Kind")
_TIME: Final = re.compile(r"@([a-z_.]+)")
_HEAD = """
SELECT t.name, h.sequence, h.entry_hash FROM tenants t LEFT JOIN ledger_heads h ON h.tenant_id = t.id WHERE t.id = %s
"""
# One statement per kind; the aliases are the fields of the record, and @column is a timestamp as entries write it.
_ROWS: Final[tuple[tuple[type[Any], str], ...]] = (
    (
        records.Key,
        """SELECT id::text, user_id::text, name, public_key, @created_at AS created_at
        FROM actor_keys WHERE tenant_id = %s ORDER BY actor_keys.id""",
    ),
    (
        records.Entry,
        """SELECT id::text, tenant_id::text, sequence, event_type, action_name, subject, actor_name, @at AS at,
          @recorded_at AS recorded_at, header, openings, previous_hash, entry_hash, signer, signature,
          redaction_class
        FROM ledger_entries WHERE tenant_id = %s ORDER BY sequence""",
    ),
    (
        records.System,
        """SELECT id::text, name, constitution::text AS constitution_digest, constitution_version, version, capabilities
        FROM systems WHERE tenant_id = %s ORDER BY systems.id""",
    ),
    (
        records.Version,
        """SELECT system_id::text, number, canonical, digest, cause, amendment_id::text, @at AS at, by,
          CASE cause WHEN 'registered' THEN '' ELSE applied_in::text END AS applied_in
        FROM system_versions WHERE tenant_id = %s ORDER BY system_versions.system_id, number""",
    ),
    (
        records.Amendment,
        """SELECT a.id::text, a.number, p.number AS proposal_number, a.system_id::text, a.system_name,
          a.amendment_type, a.basis, a.effect, a.sentence, a.old_constitution::text AS old_constitution_digest,
          a.new_constitution::text AS new_constitution_digest, a.diff::text AS diff_digest,
          a.evidence::text AS evidence_digest, a.base_version, a.new_version, a.old_digest, a.new_digest, a.bound,
          a.digest, a.proposed_by, a.approved_by, @a.approved_at AS approved_at, a.can_rollback,
          @a.rolled_back_at AS rolled_back_at, a.applied_in::text, a.rolled_back_in::text
        FROM constitutional_amendments a
        LEFT JOIN amendment_proposals p ON p.tenant_id = a.tenant_id AND p.id = a.proposal_id
        WHERE a.tenant_id = %s ORDER BY a.number""",
    ),
    (
        records.Decision,
        """SELECT id::text, request_id::text, user_id::text, actor_name, verdict, roles::text AS roles, via, note,
          digest, confirmed_by, @at AS at, statement, signer, signature
        FROM approval_decisions WHERE tenant_id = %s ORDER BY approval_decisions.id""",
    ),
    (
        records.Page,
        """SELECT decision_id::text, content, digest
        FROM decision_snapshots WHERE tenant_id = %s ORDER BY decision_snapshots.decision_id""",
    ),
    (
        records.Proposal,
        """SELECT id::text, number, system_id::text, amendment_type, basis, state, revision, effect, sentence,
          proposer_id::text, proposed_by
        FROM amendment_proposals WHERE tenant_id = %s ORDER BY number""",
    ),
    (
        records.Revision,
        """SELECT p.number AS proposal_number, r.number, p.system_id::text, p.amendment_type, p.basis, r.base_version,
          r.base_digest, r.new_constitution, r.new_digest, r.diff::text AS diff_digest,
          r.evidence::text AS evidence_digest, r.policy_version, r.bound, r.digest
        FROM proposal_revisions r JOIN amendment_proposals p ON p.tenant_id = r.tenant_id AND p.id = r.proposal_id
        WHERE r.tenant_id = %s ORDER BY p.number, r.number""",
    ),
    (
        records.Rollback,
        """SELECT id::text, amendment_id::text, system_id::text, state, reason, effect, diff::text AS diff_digest,
          base_version, base_digest, new_constitution, new_digest, bound, digest, @done_at AS done_at
        FROM rollbacks WHERE tenant_id = %s ORDER BY rollbacks.id""",
    ),
    (
        records.Move,
        """SELECT m.id::text, p.number AS proposal_number, m.before, m.after, m.by, m.why, @m.at AS at,
          m.ledger_sequence
        FROM proposal_moves m JOIN amendment_proposals p ON p.tenant_id = m.tenant_id AND p.id = m.proposal_id
        WHERE m.tenant_id = %s ORDER BY m.ledger_sequence, m.id""",
    ),
)

_VERDICTS: Final = """
SELECT id::text, system_id::text, action, session, outcome, is_error, rules_applied, sentence,
  compliance_score::float8 AS compliance_score, question, answer, digest, rulebook_digest, asked_by, @at AS at, signer,
  signature, sealed_in
FROM verdicts WHERE tenant_id = %s ORDER BY sealed_in NULLS LAST, verdicts.id
"""


@contextmanager
def snapshot(tenant_id: UUID) -> Iterator[None]:
    """The tenant's outermost transaction, read only, in which every statement sees the same moment.

    HAZARD: the isolation level is a setting of the kept connection; it is put back whatever happens.
    """
    connection.ensure_connection()
    raw = connection.connection
    raw.isolation_level, raw.read_only = IsolationLevel.REPEATABLE_READ, True
    try:
        with in_tenant(tenant_id, durable=True):
            yield
    finally:
        if not raw.closed and connection.connection is raw:
            raw.isolation_level, raw.read_only = None, None


def stream(tenant_id: UUID, *, packed_only: bool = False) -> Iterator[Record]:
    """The tenant's records in the verifier's order, inside the tenant's transaction.

    `packed_only`: the kinds that an export holds.
    """
    yield _chain(tenant_id, is_rows=not packed_only)
    for kind, query in _ROWS:
        if kind is Entry and not packed_only:
            yield from _with_verdicts(tenant_id, query)
        elif not packed_only or kind in records.PACKED:
            yield from _rows(kind, query, tenant_id)


def _with_verdicts(tenant_id: UUID, query: str) -> Iterator[Record]:
    """Entries, each with the verdicts behind it that say it seals them; two cursors side by side."""
    verdicts = _rows(Verdict, _VERDICTS, tenant_id)
    verdict = next(verdicts, None)
    for entry in _rows(Entry, query, tenant_id):
        while verdict is not None and verdict.sealed_in is not None and verdict.sealed_in < entry.sequence:
            yield verdict
            verdict = next(verdicts, None)
        yield entry
    if verdict is not None:
        yield verdict
    yield from verdicts


def _chain(tenant_id: UUID, *, is_rows: bool) -> Chain:
    with connection.cursor() as cursor:
        cursor.execute(_HEAD, [tenant_id])
        name, sequence, entry_hash = cursor.fetchone() or ("", None, None)
    return Chain(
        tenant_id=str(tenant_id),
        tenant_name=name,
        head_sequence=-1 if sequence is None else sequence,
        head_hash=bytes(entry_hash or b""),
        is_rows=is_rows,
    )


def _rows(kind: type[_Kind], query: str, tenant_id: UUID) -> Iterator[_Kind]:
    with connection.chunked_cursor() as cursor:
        cursor.execute(_TIME.sub(_time, query), [tenant_id])
        while rows := cursor.fetchmany(CHUNK):
            names = [column[0] for column in cursor.description]
            ways = [_WAYS.get(name, _same) for name in names]
            for row in rows:
                yield kind(**{name: way(value) for name, way, value in zip(names, ways, row, strict=True)})


def _time(column: re.Match[str]) -> str:
    """A value without a calendar date (infinity) stays what it is."""
    name = column[1]
    return f"""coalesce(to_char({name} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US') || '000Z', {name}::text)"""


def _same(value: Any) -> Any:
    return value


def _texts(value: str) -> tuple[str, ...]:
    found = json.loads(value)
    return tuple(found) if isinstance(found, list) else (value,)


def digest_of_jsonb(text: str) -> str:
    """The canonical digest of a jsonb column's text; empty when it has none.

    Postgres writes the double 1e30 out in full; beyond 2^53 such digits are a double again (as `loads_canonical`).
    """
    try:
        return canonical.digest(json.loads(text, parse_int=_integer_or_double))
    except (DomainError, ValueError):
        return ""


def _integer_or_double(literal: str) -> int | float:
    short = len(literal) < 18 and abs(int(literal)) <= canonical.MAX_INTEGER
    return int(literal) if short else float(literal)


_WAYS: Final[dict[str, Callable[[Any], Any]]] = {
    **dict.fromkeys(
        (
            "public_key",
            "header",
            "openings",
            "previous_hash",
            "entry_hash",
            "signature",
            "canonical",
            "bound",
            "statement",
            "content",
            "question",
            "answer",
        ),
        cast(Callable[[Any], Any], bytes),
    ),
    "new_constitution": bytes,
    **dict.fromkeys(
        (
            "constitution_digest",
            "old_constitution_digest",
            "new_constitution_digest",
            "diff_digest",
            "evidence_digest",
        ),
        digest_of_jsonb,
    ),
    "roles": _texts,
    "capabilities": tuple,
    "rules_applied": tuple,
}
