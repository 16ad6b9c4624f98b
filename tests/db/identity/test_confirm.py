"""The one step between wanting to decide and having decided."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import (
    TOTP,
    format_hotp_value,
    generate_totp_secret,
    hotp_value,
    yield_hotp_counters_from_time,
)
from django.core.cache import cache
from django.test import RequestFactory

from governance.identity.confirm import FRESH_FOR, Confirmation, NotConfirmed, confirm, demand_fresh, factor_of
from governance.identity.models import User
from tests import factories as make


@pytest.fixture
def ada(database: None) -> User:
    return make.user("ada")


def test_password__right__confirms_this_person_now(ada: User) -> None:
    assert factor_of(ada) == "password"
    assert confirm(user=ada, answer=make.PASSWORD, at=make.AT) == Confirmation(ada.id, "password", make.AT)


@pytest.mark.parametrize("answer", ["", "wrong", make.PASSWORD.upper(), make.PASSWORD + " "])
def test_password__wrong_or_missing__refused(ada: User, answer: str) -> None:
    with pytest.raises(NotConfirmed, match="password"):
        confirm(user=ada, answer=answer, at=make.AT)


def test_one_time_code__once_set_up__is_asked_for_and_the_password_no_longer_counts(ada: User) -> None:
    secret = generate_totp_secret()
    TOTP.activate(ada, secret)
    assert Authenticator.objects.filter(user=ada).exists() and factor_of(ada) == "one-time code"
    with pytest.raises(NotConfirmed, match="one-time code"):
        confirm(user=ada, answer=make.PASSWORD, at=make.AT)
    code = format_hotp_value(hotp_value(secret, next(iter(yield_hotp_counters_from_time()))))
    assert confirm(user=ada, answer=code, at=make.AT).method == "one-time code"
    with pytest.raises(NotConfirmed):
        confirm(user=ada, answer=code, at=make.AT)


def test_too_many_tries__are_refused_even_with_the_right_answer(ada: User) -> None:
    cache.clear()
    request = RequestFactory().post("/")
    request.user = ada
    with pytest.raises(NotConfirmed, match="Too many tries"):
        for _ in range(50):
            try:
                confirm(user=ada, answer="wrong", at=make.AT, request=request)
            except NotConfirmed as refusal:
                if "Too many" in refusal.sentence:
                    raise
    with pytest.raises(NotConfirmed, match="Too many tries"):
        confirm(user=ada, answer=make.PASSWORD, at=make.AT, request=request)
    cache.clear()


def test_confirmation__is_fresh_for_five_minutes_and_for_one_person() -> None:
    user_id = uuid4()
    confirmation = Confirmation(user_id, "password", make.AT)
    demand_fresh(confirmation, user_id=user_id, at=make.AT)
    demand_fresh(confirmation, user_id=user_id, at=make.AT + FRESH_FOR)
    for other, at in (
        (user_id, make.AT + FRESH_FOR + timedelta(seconds=1)),
        (user_id, make.AT - timedelta(seconds=1)),
        (uuid4(), make.AT),
        (None, make.AT),
    ):
        with pytest.raises(NotConfirmed):
            demand_fresh(confirmation, user_id=other, at=at)
