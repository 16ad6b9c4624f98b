"""Who asked, as rules and signatures need to know it. Pure."""

from __future__ import annotations

from uuid import UUID

from governance.scope import TARS, Actor, ActorKind, is_agent_name


def actor_of(*, name: str, user_id: UUID | None, accountable_id: UUID | None) -> Actor:
    """The actor whose name and ids a request keeps."""
    if user_id is None:
        return TARS
    if is_agent_name(name):
        return Actor(kind=ActorKind.SYSTEM, name=name, user_id=user_id, sponsor_id=accountable_id)
    return Actor(kind=ActorKind.PERSON, name=name, user_id=user_id)
