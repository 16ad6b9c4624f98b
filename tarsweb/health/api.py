"""How TARS does, for programs; the same checks as the page."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from governance.rest import Anything, Choice, Face, Instant, Record, Text, endpoint, route
from governance.web import now
from tarsweb.health import probes
from tarsweb.health.checks import Check, Tone, worst


class Fact(Record):
    name = Text()
    value = Anything()


class OneCheck(Record):
    key = Text()
    name = Text()
    state = Choice([tone.value for tone in Tone])
    sentence = Text()
    advice = Text(allow_blank=True)
    facts = Fact(many=True)


class HealthRecord(Record):
    state = Choice([tone.value for tone in Tone])
    at = Instant()
    checks = OneCheck(many=True)


class Health(Face):
    @endpoint(gives=HealthRecord)
    def get(self, request: Request) -> Response:
        """How every part of TARS does: `good`, `warn` or `bad`, with what to do. For who manages programs or fixes data."""
        at = now()
        checks = probes.look(scope=self.scope(request), at=at)
        return Response({"state": worst(checks).value, "at": at, "checks": [_record(check) for check in checks]})


def _record(check: Check) -> dict[str, Any]:
    facts = [
        {"name": label, "value": value.isoformat() if isinstance(value, datetime) else value}
        for label, value in check.facts
    ]
    said = {"sentence": check.sentence, "advice": check.advice, "facts": facts}
    return {"key": check.key, "name": check.name, "state": check.tone.value, **said}


urlpatterns = [*route("health/", Health, name="api-health")]
