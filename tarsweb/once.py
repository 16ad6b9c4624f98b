"""`Idempotency-Key`: of any number of equal requests one runs, and all read its answer."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from django.http import HttpRequest, HttpResponse

from governance.errors import DomainError
from governance.idempotency.actions import Answer, Claim, InProgress, claim, fingerprint_of, keep, let_go
from governance.scope import Scope
from governance.web import now
from tarsweb.errors import refusal_response

WAITS_FOR: Final = 10.0
"""Seconds in which a request waits for the one that runs, before it reads 409."""
_PAUSES: Final = (0.02, 0.05, 0.1, 0.2)
# Who may not, or not now, has had no effect, and the reason may go away.
_FORGOTTEN: Final = frozenset({401, 403, 429})
_HEADERS: Final = ("Content-Type", "Location", "ETag", "Cache-Control")

Handler = Callable[[HttpRequest], HttpResponse]


def once(request: HttpRequest, scope: Scope, answer: Handler) -> HttpResponse:
    """Answer a writing request; with an `Idempotency-Key` at most once."""
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return answer(request)
    try:
        found = _claimed(request, scope, key)
    except InProgress as refusal:
        response = refusal_response(request, refusal)
        response["Retry-After"] = "1"
        return response
    except DomainError as refusal:
        return refusal_response(request, refusal)
    return _again(found) if isinstance(found, Answer) else _first(request, found, answer)


def _claimed(request: HttpRequest, scope: Scope, key: str) -> Claim | Answer:
    assert request.method is not None
    fingerprint = fingerprint_of(method=request.method, path=request.get_full_path(), body=request.body)
    owner = f"{scope.actor.kind.value}:{scope.actor.user_id}"
    until, pauses = time.monotonic() + WAITS_FOR, 0
    while True:
        found = claim(tenant_id=scope.tenant_id, owner=owner, key=key, fingerprint=fingerprint, at=now())
        if found is not None:
            return found
        if time.monotonic() >= until:
            raise InProgress("The first request with this Idempotency-Key is still running. Ask again in a second.")
        time.sleep(_PAUSES[min(pauses, len(_PAUSES) - 1)])
        pauses += 1


def _first(request: HttpRequest, claimed: Claim, answer: Handler) -> HttpResponse:
    try:
        response = answer(request)
    except BaseException:
        let_go(claimed)
        raise
    if response.streaming or response.status_code >= 500 or response.status_code in _FORGOTTEN:
        let_go(claimed)
        return response
    headers = {name: response[name] for name in _HEADERS if name in response}
    keep(claimed, Answer(response.status_code, headers, response.content))
    return response


def _again(answer: Answer) -> HttpResponse:
    response = HttpResponse(answer.body, status=answer.status, headers=answer.headers)
    response["Idempotency-Replayed"] = "true"
    return response
