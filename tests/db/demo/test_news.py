"""The demo's people have news and no heap of old ones; nobody is ever written to."""

from __future__ import annotations

from datetime import timedelta

from django.core import mail

from governance.notices.mail import send_due, write_due
from governance.notices.models import Notice, OutboxMail
from governance.tenancy import in_tenant
from tests.db.demo.conftest import END, Demo


def test_news__old_is_read_and_settled__of_the_last_day_is_new(oms: Demo) -> None:
    with in_tenant(oms.tenant_id):
        rows = list(Notice.objects.filter(tenant_id=oms.tenant_id))
    old = [row for row in rows if row.at < END - timedelta(days=1)]
    new = [row for row in rows if row.at >= END - timedelta(days=1)]
    assert len(old) > 100 and all(row.read_at and row.mailed_at for row in old)
    assert 0 < len(new) < 80 and not any(row.read_at for row in new)


def test_mail__first_start__writes_the_last_days_and_sends_nothing(oms: Demo) -> None:
    mail.outbox = []
    write_due(tenant_id=oms.tenant_id, at=END)
    assert send_due(tenant_id=oms.tenant_id, clock=lambda: END) == 0 and not mail.outbox
    with in_tenant(oms.tenant_id):
        rows = list(OutboxMail.objects.filter(tenant_id=oms.tenant_id))
        told = dict(Notice.objects.filter(tenant_id=oms.tenant_id).values_list("id", "at"))
    assert 0 < len(rows) < 80 and {row.state for row in rows} == {"kept"}
    ids = {row.key.removeprefix("notice:") for row in rows}
    assert all(at >= END - timedelta(days=1) for notice, at in told.items() if str(notice) in ids)
