"""REST over the one road to a verdict (docs/api.md). Plain JSON in and out, so that other faces can speak the same."""

from __future__ import annotations

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from governance.errors import DomainError, Invalid
from governance.registry.records import utc
from governance.rest import Face, endpoint
from governance.rulebook import decide_shapes as shapes
from governance.rulebook.actions import Decided, TooMany, decide, decide_many
from governance.rulebook.question import Question, ReservedFact
from governance.web import now


class Decide(Face):
    @endpoint(gives=shapes.Decision, takes=shapes.Ask, problems=(ReservedFact,))
    def post(self, request: Request, body: dict[str, Any]) -> Response:
        """May this action happen? The verdict is kept, signed. A system's token asks about itself."""
        decided = decide(
            scope=self.scope(request),
            system_name=body["system"],
            action=body["action"],
            facts=body["facts"],
            session=body["session"],
            at=now(),
        )
        return Response(decision_record(decided))


class DecideMany(Face):
    @endpoint(gives=shapes.Decisions, takes=shapes.AskMany, problems=(TooMany,))
    def post(self, request: Request, body: dict[str, Any]) -> Response:
        """Many questions at once, in order, under one entry of the ledger. What cannot be asked has its error in its place."""
        read = [_question(one) for one in body["questions"]]
        sound = [one for one in read if isinstance(one, Question)]
        told = iter(decide_many(scope=self.scope(request), questions=sound, at=now()))
        answers = [next(told) if isinstance(one, Question) else one for one in read]
        return Response({"results": [_item(one) for one in answers]})


def decision_record(decided: Decided) -> dict[str, Any]:
    """A decision as plain JSON."""
    return {
        "id": str(decided.id) if decided.id else None,
        "system": decided.system,
        "action": decided.action,
        "session": decided.session,
        "outcome": decided.verdict.outcome.value,
        "sentence": decided.verdict.sentence,
        "verdict": decided.verdict.as_json(),
        "guidance": list(decided.guidance),
        "ended_rules": [ended.as_json() for ended in decided.ended_rules],
        "digest": decided.digest,
        "rulebook_digest": decided.rulebook_digest,
        "at": utc(decided.at),
        "ledger_sequence": decided.ledger_sequence,
    }


def _question(given: dict[str, Any]) -> Question | DomainError:
    serializer = shapes.Ask(data=given)
    if not serializer.is_valid():
        problems = tuple((f"/{name}", str(said[0])) for name, said in sorted(serializer.errors.items()))
        return Invalid("This is no question; every fault is listed.", problems=problems)
    body = serializer.validated_data
    return Question(system=body["system"], action=body["action"], facts=body["facts"], session=body["session"])


def _item(answer: Decided | DomainError) -> dict[str, Any]:
    if isinstance(answer, Decided):
        return {"decision": decision_record(answer), "error": None}
    errors = [{"pointer": pointer, "detail": sentence} for pointer, sentence in answer.problems]
    return {"decision": None, "error": {"code": answer.code, "detail": answer.sentence, "errors": errors}}
