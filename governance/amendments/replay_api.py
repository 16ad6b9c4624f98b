"""REST over what an amendment does to decisions (docs/api.md)."""

from __future__ import annotations

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from governance.amendments import actions
from governance.amendments.errors import NothingToReplay
from governance.amendments.facts import current_revision
from governance.amendments.queries import found_proposal
from governance.amendments.queries.replaying import replay_page
from governance.amendments.queries.rule_change import rule_change
from governance.jobs.api import accepted
from governance.jobs.shapes import Job
from governance.rest import Face, Flag, Object, Record, Text, Whole, endpoint
from governance.rulebook.queries.checks import Turned
from governance.web import now, reading


class ReplayShape(Record):
    """The last 30 days under the amendment; `replay` is null until the worker has it (POST starts it)."""

    total = Whole(help_text="decisions of the window")
    is_running = Flag()
    refused = Text(allow_blank=True, help_text="why there is nothing to replay")
    replay = Object(allow_null=True)


class CaseChange(Record):
    case = Text()
    change = Text(help_text="broken, failing or mended")
    because = Text(allow_blank=True)


class CasesShape(Record):
    """The saved cases under the amendment; null while it changes no rules."""

    total = Whole()
    passed = Whole()
    sentence = Text()
    results = CaseChange(many=True)


class Replay(Face):
    @endpoint(gives=ReplayShape)
    def get(self, request: Request, number: int) -> Response:
        """What the decisions of the last 30 days would have been: coverage and counts first, then examples."""
        found = replay_page(scope=self.reader(request), number=number, at=now())
        said = {
            "total": found.total,
            "is_running": bool(found.job and found.job.is_active),
            "refused": found.refused,
            "replay": found.replay.as_json() if found.replay else None,
        }
        return Response(said)

    @endpoint(gives=Job, status=202, problems=(NothingToReplay,))
    def post(self, request: Request, number: int) -> Response:
        """Have the worker replay them; the same revision and day give the same job."""
        scope = self.scope(request)
        job = actions.start_replay(scope=scope, number=number, at=now())
        with reading(request._request):
            return accepted(scope=scope, job=job)


class Cases(Face):
    @endpoint(gives=CasesShape)
    def get(self, request: Request, number: int) -> Response:
        """What the amendment does to the saved cases."""
        scope = self.reader(request)
        proposal = found_proposal(scope=scope, number=number)
        found = rule_change(scope=scope, proposal=proposal, revision=current_revision(proposal), at=now())
        if found is None:
            return Response({"total": 0, "passed": 0, "sentence": "It changes no rules now.", "results": []})
        check = found.cases
        kinds = (("broken", check.broken), ("failing", check.failing), ("mended", check.mended))
        results = [_turned(turned, word) for word, turns in kinds for turned in turns]
        return Response({"total": check.total, "passed": check.passed, "sentence": check.sentence, "results": results})


def _turned(turned: Turned, word: str) -> dict[str, Any]:
    return {"case": turned.after.case.name, "change": word, "because": turned.after.failed_because}
