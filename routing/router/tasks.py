"""Each minute what changed is embedded and a switch to another embedder goes on, each quarter of an hour many rules are learned
from, each night large tenants get their index."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Final
from uuid import UUID

from governance.tenancy import active_tenant_ids
from routing.router import embedding, heads, large, switching

log = logging.getLogger(__name__)
HEADS: Final = 3
"""A head of 10,000 rules takes up to a minute, and a task five at most."""


def embed() -> dict[str, int]:
    """Embed stale rules and systems of every active tenant, and go on with a switch; returns how many of each.

    Runs twice without harm.
    """
    return {
        "rules": _each(embedding.embed_rules),
        "systems": _each(embedding.embed_systems),
        "switched": _each(switching.advance),
    }


def learn() -> int:
    """Make the heads of tenants whose rules changed, `HEADS` at most, the rest next time; returns how many were made."""
    tenant_ids = active_tenant_ids()
    heads.forget_others(tenant_ids)
    made = 0
    for tenant_id in tenant_ids:
        if made < HEADS:
            made += _one(heads.keep_head, tenant_id)
    return made


def index() -> int:
    """Make, renew or drop the indexes of large tenants; returns how many tenants have one afterwards."""
    return _each(large.keep_index)


def _each(work: Callable[..., int]) -> int:
    """A tenant that fails is logged and does not stop the others."""
    done = 0
    for tenant_id in active_tenant_ids():
        done += _one(work, tenant_id)
    return done


def _one(work: Callable[..., int], tenant_id: UUID) -> int:
    try:
        return int(work(tenant_id=tenant_id))
    except Exception:
        log.exception("tenant %s: the router's upkeep failed", tenant_id)
        return 0
