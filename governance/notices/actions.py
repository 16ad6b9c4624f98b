from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from governance.ids import new_id
from governance.notices.models import Notice
from governance.scope import Scope


def tell(
    *,
    scope: Scope,
    user_ids: Iterable[UUID],
    kind: str,
    key: str,
    subject: str,
    sentence: str,
    url: str,
    at: datetime,
    is_urgent: bool = False,
) -> int:
    """Tell people of the scope's tenant something, inside the caller's transaction; returns how many were told.

    `key` names the news for good (`AMD-4:assigned:2`): telling it to the same person again does nothing. `subject` is what it is
    about as people call it, `sentence` the whole news, `url` a path inside TARS. Whoever did it is never told of it.
    """
    told = {user_id for user_id in user_ids if user_id != scope.actor.user_id}
    rows = [
        Notice(
            id=new_id(at),
            tenant_id=scope.tenant_id,
            user_id=user_id,
            kind=kind,
            key=key,
            subject=subject,
            sentence=sentence,
            url=url,
            at=at,
            is_urgent=is_urgent,
        )
        for user_id in sorted(told)
    ]
    Notice.objects.bulk_create(rows, ignore_conflicts=True)
    return len(rows)
