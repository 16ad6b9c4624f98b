"""`Idempotency-Key`: one effect, one answer, however often and however many at once."""

from __future__ import annotations

import json
from datetime import timedelta
from threading import Thread
from typing import Any

import pytest
from django.db import connections

from governance.amendments.models import AmendmentProposal
from governance.idempotency.actions import LOCKED_FOR, claim, fingerprint_of
from governance.idempotency.models import IdempotencyKey
from governance.idempotency.tasks import forget
from governance.scope import Capability
from governance.tenancy import in_tenant
from governance.web import now
from tarsweb import once
from tests import factories as make
from tests.flows.api.programs import API, Program, is_problem, issued, program
from tests.flows.api.test_door import proposal
from tests.web import client_of

AMENDMENTS = "amendments/"
AT_ONCE = 50


def count(cast: make.Cast) -> int:
    with in_tenant(cast.tenant.id):
        return AmendmentProposal.objects.count()


def same(first: Any, second: Any) -> bool:
    kept = ("Content-Type", "Location", "ETag")
    assert "Idempotency-Replayed" not in first and second["Idempotency-Replayed"] == "true"
    return (first.status_code, first.content) == (second.status_code, second.content) and all(
        first.get(name) == second.get(name) for name in kept
    )


def test_sent_again__reads_the_same_answer_and_does_nothing() -> None:
    cast = make.cast()
    mine, body = program(cast.bo), proposal(cast)
    first = mine.post(AMENDMENTS, body, **{"Idempotency-Key": "one"})
    again = mine.post(AMENDMENTS, body, **{"Idempotency-Key": "one"})
    assert first.status_code == 201 and first["Location"]
    assert same(first, again)
    assert count(cast) == 1
    assert again["X-Request-ID"] != first["X-Request-ID"]


def test_refusal__is_an_answer_too() -> None:
    cast = make.cast()
    mine, body = program(cast.bo), proposal(cast, evidence={})
    first, again = (mine.post(AMENDMENTS, body, **{"Idempotency-Key": "one"}) for _ in range(2))
    assert first.status_code == 422
    assert same(first, again)


def test_other_body_or_address_under_the_key__refused() -> None:
    cast = make.cast()
    mine = program(cast.bo)
    assert mine.post(AMENDMENTS, proposal(cast), **{"Idempotency-Key": "one"}).status_code == 201
    other = mine.post(AMENDMENTS, proposal(cast, draft=True), **{"Idempotency-Key": "one"})
    assert is_problem(other, 422, "idempotency_key_reused")
    elsewhere = mine.post("amendments/AMD-1/withdraw", proposal(cast), **{"Idempotency-Key": "one"})
    assert is_problem(elsewhere, 422, "idempotency_key_reused")
    for key in ("", "x" * 201):
        assert is_problem(mine.post(AMENDMENTS, proposal(cast), **{"Idempotency-Key": key}), 422, "bad_idempotency_key")


def test_key__belongs_to_its_actor_and_tenant() -> None:
    cast, other = make.cast(), make.cast()
    callers = [program(cast.bo), program(cast.cy), program(other.bo), program(cast.bo, system="clay-consigliere")]
    answers = [mine.post(AMENDMENTS, proposal(cast), **{"Idempotency-Key": "one"}) for mine in callers]
    assert [answer.status_code for answer in answers] == [201] * 4
    assert not any("Idempotency-Replayed" in answer for answer in answers)


def test_not_allowed_and_faults__leave_the_key_free(monkeypatch: pytest.MonkeyPatch) -> None:
    cast = make.cast()
    answer = {"digest": make.digest_of(cast.bo, make.proposed(cast)), "password": "wrong"}
    client = client_of(cast.cy)

    def approve(password: str) -> Any:
        body = json.dumps({**answer, "password": password})
        headers = {"Idempotency-Key": "one"}
        return client.post(f"{API}amendments/AMD-1/approve", body, content_type="application/json", headers=headers)

    assert is_problem(approve("wrong"), 403, "not_confirmed")
    assert approve(make.PASSWORD).status_code == 200
    mine = program(cast.bo)
    with monkeypatch.context() as patch:
        patch.setattr("governance.amendments.actions.propose", lambda **_: 1 / 0)
        mine.client.raise_request_exception = False
        assert mine.post(AMENDMENTS, proposal(cast, base_version=2), **{"Idempotency-Key": "two"}).status_code == 500
    body = proposal(cast, base_version=2)
    body["patch"][0]["value"] = 250
    assert mine.post(AMENDMENTS, body, **{"Idempotency-Key": "two"}).status_code == 201


def test_still_running__is_409_with_retry_after__and_a_crash_frees_the_key(monkeypatch: pytest.MonkeyPatch) -> None:
    cast = make.cast()
    monkeypatch.setattr(once, "WAITS_FOR", 0.05)
    mine, body = program(cast.bo), proposal(cast)
    text = json.dumps(body)
    print_of = fingerprint_of(method="POST", path=f"{API}{AMENDMENTS}", body=text.encode())
    owner = f"person:{cast.bo.actor.user_id}"
    assert claim(tenant_id=cast.tenant.id, owner=owner, key="one", fingerprint=print_of, at=now())
    running = mine.post(AMENDMENTS, text, **{"Idempotency-Key": "one"})
    assert is_problem(running, 409, "in_progress")
    assert running["Retry-After"] == "1"
    with in_tenant(cast.tenant.id):
        IdempotencyKey.objects.update(locked_until=now() - LOCKED_FOR)
    assert mine.post(AMENDMENTS, text, **{"Idempotency-Key": "one"}).status_code == 201
    assert count(cast) == 1


def test_secret_in_an_answer__is_sealed_in_the_database() -> None:
    cast = make.cast()
    wish = {"name": "CI", "scopes": ["read_record"], "days": 7}
    headers = {"Idempotency-Key": "one"}
    client = client_of(cast.bo)
    first, again = (client.post(f"{API}tokens/", wish, content_type="application/json", headers=headers) for _ in "12")
    assert first.status_code == 201 and same(first, again)
    with in_tenant(cast.tenant.id):
        kept = IdempotencyKey.objects.get()
        assert first.json()["secret"].encode() not in bytes(kept.body)
        assert kept.expires_at - kept.created_at >= timedelta(hours=24)


def test_expired_keys__are_forgotten() -> None:
    cast = make.cast()
    mine = program(cast.bo)
    mine.post(AMENDMENTS, proposal(cast), **{"Idempotency-Key": "one"})
    forget((now() + timedelta(hours=24)).isoformat())
    with in_tenant(cast.tenant.id):
        assert IdempotencyKey.objects.count() == 1
    forget((now() + timedelta(hours=26)).isoformat())
    with in_tenant(cast.tenant.id):
        assert IdempotencyKey.objects.count() == 0


def test_fifty_at_once__one_effect_and_fifty_identical_answers() -> None:
    cast = make.cast()
    secret = issued(cast.bo, Capability.READ_RECORD, Capability.PROPOSE).secret
    answers: list[Any] = []

    def send() -> None:
        try:
            answers.append(Program(secret).post(AMENDMENTS, proposal(cast), **{"Idempotency-Key": "one"}))
        finally:
            connections.close_all()

    threads = [Thread(target=send) for _ in range(AT_ONCE)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == AT_ONCE
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == len({answer["Location"] for answer in answers}) == 1
    assert sum("Idempotency-Replayed" not in answer for answer in answers) == 1
    assert count(cast) == 1
