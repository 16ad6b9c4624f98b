"""Rolling back through the page and the dialog: what it shows, what it asks for, who confirms."""

from __future__ import annotations

from governance.amendments.models import Rollback
from governance.amendments.queries import roll_back_preview
from governance.registry.actions import register_system, set_dependencies
from governance.registry.models import SystemType
from governance.scope import Scope
from governance.tenancy import in_tenant
from tests import factories as make
from tests.flows.amendments.scenes import HTMX, address, applied, body, proposed
from tests.web import client_of


def undo_digest(scope: Scope, number: int) -> str:
    with in_tenant(scope.tenant_id):
        return roll_back_preview(scope=scope, number=number, at=make.AT).digest


def test_page__shows_what_it_undoes_and_whom_it_touches() -> None:
    cast = make.cast()
    register_system(scope=cast.bo, name="memvid", type=SystemType.COMPONENT, constitution={"skill": "m"}, at=make.AT)
    set_dependencies(scope=cast.bo, system_name="memvid", depends_on=["clay-consigliere"], at=make.AT)
    first = applied(cast, fallback_delay_ms=200)
    later = applied(cast, latency_target_ms=900)
    waiting = proposed(cast, latency_target_ms=800)
    page = body(client_of(cast.bo).get(address(first, "roll-back")))
    assert "Fallback waits 500 ms instead of 200 ms." in page
    assert f'href="{address(later)}"' in page
    assert f'href="{address(waiting)}"' in page
    assert "memvid" in page
    assert undo_digest(cast.bo, first.number) in page


def test_dialog__through_htmx__is_only_the_fragment() -> None:
    cast = make.cast()
    amendment = applied(cast)
    page = body(client_of(cast.bo).get(address(amendment, "roll-back"), **HTMX))
    assert page.lstrip().startswith('<div id="roll_back"')
    assert "<html" not in page


def test_roll_back__with_reason_and_password__undoes_it_forward() -> None:
    cast = make.cast()
    amendment = applied(cast, fallback_delay_ms=200)
    applied(cast, latency_target_ms=900)
    client = client_of(cast.bo)
    form = {"digest": undo_digest(cast.bo, amendment.number), "reason": "Timeouts rose", "confirm": make.PASSWORD}
    response = client.post(address(amendment, "roll-back"), form)
    assert response.status_code == 302
    now = make.constitution_of(cast.bo)
    assert now["fallback_delay_ms"] == 500
    assert now["latency_target_ms"] == 900
    page = body(client.get(address(amendment)))
    assert "Because: Timeouts rose" in page
    assert "No longer in force" in page


def test_roll_back__through_htmx__sends_the_browser_to_the_page() -> None:
    cast = make.cast()
    amendment = applied(cast)
    form = {"digest": undo_digest(cast.bo, amendment.number), "reason": "Timeouts rose", "confirm": make.PASSWORD}
    response = client_of(cast.bo).post(address(amendment, "roll-back"), form, **HTMX)
    assert response.status_code == 204
    assert response["HX-Redirect"] == address(amendment)


def test_roll_back__wrong_password__keeps_the_reason_and_undoes_nothing() -> None:
    cast = make.cast()
    amendment = applied(cast, fallback_delay_ms=200)
    form = {"digest": undo_digest(cast.bo, amendment.number), "reason": "Timeouts rose", "confirm": "nope"}
    response = client_of(cast.bo).post(address(amendment, "roll-back"), form)
    assert response.status_code == 403
    assert "Timeouts rose" in body(response)
    assert make.constitution_of(cast.bo)["fallback_delay_ms"] == 200


def test_roll_back__without_a_reason__refused() -> None:
    cast = make.cast()
    amendment = applied(cast)
    form = {"digest": undo_digest(cast.bo, amendment.number), "reason": " ", "confirm": make.PASSWORD}
    assert client_of(cast.bo).post(address(amendment, "roll-back"), form).status_code == 422
    assert make.state_of(cast.bo, amendment) == "applied"


def test_roll_back__after_something_moved__shows_the_new_preview() -> None:
    cast = make.cast()
    amendment = applied(cast, fallback_delay_ms=200)
    old = undo_digest(cast.bo, amendment.number)
    applied(cast, latency_target_ms=900)
    form = {"digest": old, "reason": "Timeouts rose", "confirm": make.PASSWORD}
    response = client_of(cast.bo).post(address(amendment, "roll-back"), form)
    assert response.status_code == 409
    assert undo_digest(cast.bo, amendment.number) in body(response)
    assert make.state_of(cast.bo, amendment) == "applied"


def test_page__later_change_of_the_same_place__names_the_conflict() -> None:
    cast = make.cast()
    first = applied(cast, fallback_delay_ms=200)
    applied(cast, fallback_delay_ms=300)
    page = body(client_of(cast.bo).get(address(first, "roll-back")))
    assert "Changed again later" in page
    assert "/fallback_delay_ms" in page
    assert 'name="reason"' not in page


def test_page__auditor__reads_why_it_is_not_theirs() -> None:
    cast = make.cast()
    page = body(client_of(cast.uma).get(address(applied(cast), "roll-back")))
    assert "You need the role Operator or Compliance officer or Security to roll back an amendment." in page
    assert 'name="reason"' not in page


def test_page__not_applied__is_not_found() -> None:
    cast, mallory = make.cast(), make.stranger()
    assert client_of(cast.bo).get(address(proposed(cast), "roll-back")).status_code == 404
    assert client_of(mallory).get(address(applied(cast), "roll-back")).status_code == 404


def test_second_person__confirms_what_expands() -> None:
    cast = make.cast()
    amendment = applied(cast, requires_approval=["upload_payroll_entries", "audit", "delete"])
    bo, ada = client_of(cast.bo), client_of(cast.ada)
    form = {"digest": undo_digest(cast.bo, amendment.number), "reason": "Blocks payroll", "confirm": make.PASSWORD}
    assert bo.post(address(amendment, "roll-back"), form).status_code == 302
    assert "delete" in make.constitution_of(cast.bo)["requires_approval"]
    mine = body(bo.get(address(amendment)))
    assert "You asked for this; a second person must confirm it." in mine
    theirs = body(ada.get(address(amendment)))
    assert "A rollback waits" in theirs
    assert "Blocks payroll" in theirs
    with in_tenant(cast.tenant.id):
        digest = Rollback.objects.get().digest
    wrong = ada.post(address(amendment, "roll-back", "approve"), {"digest": digest, "confirm": "nope"})
    assert wrong.status_code == 403
    done = ada.post(address(amendment, "roll-back", "approve"), {"digest": digest, "confirm": make.PASSWORD})
    assert done.status_code == 302
    assert "delete" not in make.constitution_of(cast.bo)["requires_approval"]
    assert make.state_of(cast.bo, amendment) == "rolled_back"


def test_waiting_rollback__withdrawn__leaves_the_amendment_in_force() -> None:
    cast = make.cast()
    amendment = applied(cast, requires_approval=["upload_payroll_entries", "audit", "delete"])
    client = client_of(cast.bo)
    form = {"digest": undo_digest(cast.bo, amendment.number), "reason": "Blocks payroll", "confirm": make.PASSWORD}
    client.post(address(amendment, "roll-back"), form)
    assert client.post(address(amendment, "roll-back", "withdraw")).status_code == 302
    page = body(client.get(address(amendment)))
    assert "A rollback waits" not in page
    assert "Asked to roll back, withdrawn since" in page
    assert make.state_of(cast.bo, amendment) == "applied"
