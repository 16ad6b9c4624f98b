"""Ledger append through the verb against raw canonicalise + hash + sign + insert (bar 10 of the performance notes)."""

from __future__ import annotations

import os
from datetime import UTC, datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tarsweb.home import Home
from tests.bench.database import raw
from tests.bench.measure import Row, interleaved

APPENDS = 200
AT = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)


def bench_append(home: Home) -> list[Row]:
    from governance.canonical import canonical_bytes
    from governance.ids import new_id
    from governance.ledger import actions, hashing
    from governance.scope import tars_scope
    from governance.tenancy import in_tenant
    from tests import factories as make

    ours, theirs = make.tenant(name="Ours"), make.tenant(name="Theirs")
    scope = tars_scope(ours.id)
    payload = {"name": "bench.append", "subject": "AMD-1", "filler": "x" * 400}

    def verb() -> None:
        for _ in range(APPENDS):
            with in_tenant(ours.id, durable=True):
                actions.append(scope=scope, at=AT, event_type="data_fix", action=payload, explanation="A bench entry.")

    connection = raw(home)
    key = Ed25519PrivateKey.generate()

    def bare() -> None:
        for _ in range(APPENDS):
            with connection.transaction(), connection.cursor() as cursor:
                cursor.execute("SELECT set_config('app.tenant_id', %s, true)", [str(theirs.id)])
                cursor.execute(
                    "SELECT sequence, entry_hash FROM ledger_heads WHERE tenant_id = %s FOR UPDATE", [theirs.id]
                )
                sequence, previous = cursor.fetchone()  # type: ignore[misc]
                header = canonical_bytes(
                    {
                        "entry_id": str(new_id(AT)),
                        "previous": bytes(previous).hex(),
                        "content": {**payload, "salt": os.urandom(16).hex()},
                        "sequence": sequence + 1,
                    }
                )
                digest = hashing.entry_hash(header)
                cursor.execute(
                    "WITH head AS (UPDATE ledger_heads SET sequence = %(s)s, entry_hash = %(h)s WHERE tenant_id = %(t)s) "
                    "INSERT INTO ledger_entries (id, tenant_id, sequence, event_type, action_name, subject, actor_name, at, "
                    "header, openings, previous_hash, entry_hash, signer, signature) VALUES (gen_random_uuid(), %(t)s, %(s)s, "
                    "'data_fix', 'bench', 'AMD-1', 'x', %(at)s, %(d)s, %(d)s, %(p)s, %(h)s, 'x', %(g)s)",
                    {
                        "s": sequence + 1,
                        "h": digest,
                        "t": theirs.id,
                        "at": AT,
                        "d": header,
                        "p": bytes(previous),
                        "g": key.sign(digest),
                    },
                )

    mine, peer, ratio = interleaved(verb, bare)
    connection.close()
    return [
        Row(
            "ledger append: rate against raw canonicalise + hash + sign + insert",
            1 / ratio,
            "≥ 0.5",
            f"{APPENDS / mine:,.0f}/s against {APPENDS / peer:,.0f}/s",
        )
    ]
