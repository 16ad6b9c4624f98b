"""Session rules over REST: what an agent asks and says, and what people do about it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response

from governance.policy.writing import rule_text
from governance.rest import Face, endpoint, paged, paging
from governance.rulebook import english, sentences, session_queries, session_shapes
from governance.rulebook import session_actions as actions
from governance.rulebook.session_store import Ended
from governance.scope import Scope
from governance.web import now, reading

_RULE = (
    "number", "is_enforced", "effect", "rules", "added_by", "added_at", "ends_at", "uses", "last_used_at"
)  # fmt: skip


class Sessions(Face):
    @endpoint(gives=session_shapes.Session, query=session_shapes.SessionQuery, is_paged=True)
    def get(self, request: Request, asked: dict[str, Any]) -> Response:
        """Sessions with rules in force, by name. `q` looks into names and sentences. Listing extends nothing."""
        limit, after = paging(request)
        rows = session_queries.sessions(scope=self.reader(request), at=now(), text=asked.get("q", ""), after=after)
        found = [session_queries.line_of(row) for row in rows[: limit + 1]]
        results = [line_record(line) for line in found[:limit]]
        return paged(request, results, next_after=found[limit - 1].name if len(found) > limit else None)


class SessionRules(Face):
    @endpoint(gives=session_shapes.Tray, query=session_shapes.Look)
    def get(self, request: Request, session: str, asked: dict[str, Any]) -> Response:
        """The rules of a session. Asking begins its hour anew, unless `peek=true` or the asker may not add to it."""
        scope, at = self.reader(request), now()
        is_touched = asked.get("peek") != "true" and actions.looked(scope=scope, session=session, at=at)
        return Response(tray_record(session_queries.tray(scope=scope, name=session, at=at), is_touched=is_touched))

    @endpoint(
        gives=session_shapes.Added,
        takes=session_shapes.Sentence,
        problems=(sentences.NotASentence, actions.SessionFull, actions.NotItsSession),
    )
    def post(self, request: Request, session: str, body: dict[str, Any]) -> Response:
        """Add a sentence; the same one again begins the session's hour anew. The 51st pushes the first one out."""
        scope, at = self.scope(request), now()
        made = actions.update_session(scope=scope, session=session, at=at, **body)
        with reading(request._request):
            rule = session_queries.rule_of(scope=scope, name=session, rule_id=made.rule.id, at=at)
        return Response(added_record(made, rule=rule))


class Reset(Face):
    @endpoint(
        gives=session_shapes.Tray,
        takes=session_shapes.Rules,
        problems=(sentences.NotASentence, actions.SessionFull),
    )
    def post(self, request: Request, session: str, body: dict[str, Any]) -> Response:
        """End every rule of the session and put `rules` in their place. It loosens, so a person does it."""
        scope, at = self.scope(request), now()
        actions.reset_session(scope=scope, session=session, at=at, **body)
        return _answered(request, scope, session, is_touched=True)


class OneRule(Face):
    @endpoint(gives=session_shapes.SentenceInForce)
    def get(self, request: Request, session: str, rule_id: UUID) -> Response:
        """One rule in force. Looking extends nothing."""
        found = session_queries.rule_of(scope=self.reader(request), name=session, rule_id=rule_id, at=now())
        return Response(rule_record(found))


class Revoke(Face):
    @endpoint(gives=session_shapes.Tray, problems=(actions.RuleEnded,))
    def post(self, request: Request, session: str, rule_id: UUID) -> Response:
        """End one rule. It loosens, so a person does it. The others live as long as they would have."""
        scope = self.scope(request)
        actions.revoke_rule(scope=scope, session=session, rule_id=rule_id, at=now())
        return _answered(request, scope, session, is_touched=False)


class Extend(Face):
    @endpoint(
        gives=session_shapes.SentenceInForce, takes=session_shapes.Longer, problems=(actions.RuleEnded, actions.TooFar)
    )
    def post(self, request: Request, session: str, rule_id: UUID, body: dict[str, Any]) -> Response:
        """Let one rule live 15 or 60 minutes longer than it would, even when nobody asks the session."""
        scope, at = self.scope(request), now()
        actions.extend_rule(scope=scope, session=session, rule_id=rule_id, at=at, **body)
        with reading(request._request):
            found = session_queries.rule_of(scope=scope, name=session, rule_id=rule_id, at=at)
        return Response(rule_record(found))


class Understood(Face):
    @endpoint(gives=session_shapes.Understood, query=session_shapes.SentenceQuery, problems=(sentences.NotASentence,))
    def get(self, request: Request, asked: dict[str, Any]) -> Response:
        """Whether a sentence would be enforced, and as what. Nothing is added."""
        self.reader(request)
        sentence = sentences.checked(asked["rule"])
        theory = english.compiled(sentence, id="rule")
        rules = [rule_text(rule) for rule in theory.rules] if theory else []
        effect = english.effect(sentence)
        return Response({"rule": sentence, "is_enforced": bool(rules), "effect": effect, "rules": rules})


def rule_record(rule: session_queries.RuleLine) -> dict[str, Any]:
    return {"id": str(rule.id), "rule": rule.text, **{name: getattr(rule, name) for name in _RULE}}


def added_record(made: actions.Update, *, rule: session_queries.RuleLine) -> dict[str, Any]:
    return {"is_new": made.is_new, "rule": rule_record(rule), "evicted": _ended(made.evicted)}


def tray_record(tray: session_queries.Tray, *, is_touched: bool) -> dict[str, Any]:
    return {
        "session": tray.name,
        "system": tray.system or None,
        "accessed_at": tray.accessed_at,
        "touched": is_touched,
        "total": len(tray.rules),
        "most": tray.most,
        "rules": [rule_record(rule) for rule in tray.rules],
        "ended": [{"rule": line.text, "because": line.because, "at": line.at} for line in tray.ended],
    }


def line_record(line: session_queries.SessionLine) -> dict[str, Any]:
    names = ("name", "opened_by", "created_at", "accessed_at", "enforced", "guidance", "ends_next_at", "ends_at")
    return {"system": line.system or None, "total": line.count, **{name: getattr(line, name) for name in names}}


def _ended(ends: Iterable[Ended]) -> list[dict[str, Any]]:
    return [{"rule": end.rule, "because": end.because, "at": end.at} for end in ends]


def _answered(request: Request, scope: Scope, session: str, *, is_touched: bool) -> Response:
    with reading(request._request):
        return Response(tray_record(session_queries.tray(scope=scope, name=session, at=now()), is_touched=is_touched))
