"""What a system can do is embedded again when an amendment, or another model, changes it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from governance.amendments.kinds import AmendmentType
from governance.registry.models import System
from governance.tenancy import in_tenant
from routing.embeddings.choice import current
from routing.router import embedding, tasks
from tests import factories as make
from tests.db.router import desk


def row(cast: make.Cast) -> System:
    with in_tenant(cast.tenant.id):
        return System.objects.get(id=cast.system.id)


def test_amendment__new_capability__embedded_by_the_next_minutes_task() -> None:
    cast = make.cast()
    desk.embedded(cast)
    before = row(cast)
    assert before.capabilities_embedding_version == before.constitution_version == 1
    capabilities = [*make.CLAY["capabilities"], "book-flights"]
    proposal = make.proposed(cast, type=AmendmentType.CAPABILITY_EXPANSION, capabilities=capabilities)
    for officer in (cast.ada, cast.cy):
        make.approve(officer, proposal, at=make.later(3))
    assert row(cast).capabilities == capabilities and row(cast).capabilities_embedding_version == 1
    assert tasks.embed()["systems"] >= 1
    after = row(cast)
    assert after.capabilities_embedding_version == after.constitution_version == 2
    wish = current().embed(["Book a flight to Rome"])[0]
    near = [float(np.dot(wish, np.asarray(one.capabilities_embedding))) for one in (before, after)]
    assert near[1] > near[0] + 0.05
    assert embedding.embed_systems(tenant_id=cast.tenant.id) == 0


def test_keep__system_moved_meanwhile__the_old_vector_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    cast = make.cast()
    real = current()

    class Slow:
        model, dimensions = real.model, real.dimensions

        def embed(self, texts: list[str]) -> Any:
            with in_tenant(cast.tenant.id):
                System.objects.filter(id=cast.system.id).update(description="Somebody mended this meanwhile.")
            return real.embed(texts)

    with monkeypatch.context() as patch:
        patch.setattr(embedding, "embedder_of", lambda *, tenant_id: Slow())
        assert embedding.embed_systems(tenant_id=cast.tenant.id) == 0
    assert embedding.embed_systems(tenant_id=cast.tenant.id) == 1


def test_text__name_description_and_capabilities_in_words() -> None:
    said = embedding.text_of("domicile-governance", "Payroll. ", ["pdf-processing", "dual_write"])
    assert said == "domicile governance. Payroll. Can do: pdf processing, dual write."
