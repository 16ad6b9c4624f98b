"""The page shows this tenant's budgets and nobody else's."""

from __future__ import annotations

from decimal import Decimal

from django.utils import timezone

from billing.budgets.actions import grant_monthly
from tests import factories as make
from tests.web import client_of


def test_page__shows_what_is_left_of_the_month() -> None:
    cast, mallory = make.cast(), make.stranger()
    grant_monthly(scope=cast.tars, total=Decimal("1234.50"), at=timezone.now())
    page = client_of(cast.uma).get("/budgets/")
    assert page.status_code == 200 and "1,234.50 USD" in page.content.decode()
    empty = client_of(mallory).get("/budgets/").content.decode()
    assert "No budget yet" in empty and "1,234.50" not in empty
    assert client_of(cast.mel).get("/budgets/").status_code == 403
