from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast
from urllib.parse import quote

from tarsweb.client.following import ended, follow
from tarsweb.client.records import (
    Amendment,
    AmendmentRow,
    Decision,
    Execution,
    ExecutionRow,
    Me,
    Notice,
    Question,
    RollBackPreview,
    Session,
    SessionRule,
    SessionRules,
    SessionUpdate,
    Steps,
    Stop,
    System,
    Taken,
)
from tarsweb.client.transport import Transport


class Tars(Transport):
    """The API's nouns as methods. What has no method here is reached by `get`, `post` and `pages`.

    An amendment is named as the API names it (`"AMD-42"`) or by its number alone.
    """

    def me(self) -> Me:
        """Who the token speaks for, in which tenant, and what it may do there."""
        return cast(Me, self.get("me/").body)

    def inbox(self, **filters: str) -> Iterator[Question]:
        """The questions of one tab of the inbox (`tab`, usually `me`), in the order of the page."""
        return cast(Iterator[Question], self.pages("inbox/", query=filters))

    def notices(self, *, is_unread: bool = False) -> Iterator[Notice]:
        """The person's notices, newest first."""
        return cast(Iterator[Notice], self.pages("notices/", query={"unread": "true"} if is_unread else {}))

    def systems(self) -> Iterator[System]:
        """Every system, by name."""
        return cast(Iterator[System], self.pages("systems/"))

    def system(self, name: str) -> System:
        """One system with its constitution. Raises `Problem` 404."""
        return cast(System, self.get(f"systems/{quote(name, safe='')}/").body)

    def amendments(self, **filters: str) -> Iterator[AmendmentRow]:
        """Amendments, newest first; `filters` as the API names them (`state`, `system`, `type`, …)."""
        return cast(Iterator[AmendmentRow], self.pages("amendments/", query=filters))

    def amendment(self, number: int | str) -> Amendment:
        """One amendment with everything its page shows."""
        return cast(Amendment, self.get(f"{_path(number)}/").body)

    def propose(
        self,
        *,
        system: str,
        amendment_type: str,
        evidence: Mapping[str, Any],
        base_version: int,
        constitution: Mapping[str, Any] | None = None,
        patch: list[dict[str, Any]] | None = None,
        basis: str = "ordinary",
        is_draft: bool = False,
        idempotency_key: str = "",
    ) -> Amendment:
        """Propose a change, as a whole `constitution` or as an RFC 6902 `patch` of version `base_version`."""
        wanted = {"constitution": dict(constitution)} if constitution is not None else {"patch": patch}
        body = {
            "system": system,
            "amendment_type": amendment_type,
            "basis": basis,
            "evidence": dict(evidence),
            "base_version": base_version,
            "draft": is_draft,
            **wanted,
        }
        return cast(Amendment, self.post("amendments/", body=body, idempotency_key=idempotency_key).body)

    def decide(
        self,
        *,
        system: str,
        action: str,
        facts: Mapping[str, Any] | None = None,
        session: str = "",
        idempotency_key: str = "",
    ) -> Decision:
        """May this action happen? Raises `Problem` 422 for a question that cannot be asked; whatever else is wrong is denied."""
        body = {"system": system, "action": action, "facts": dict(facts or {}), "session": session}
        return cast(Decision, self.post("policy/decide/", body=body, idempotency_key=idempotency_key).body)

    def decide_many(self, questions: list[dict[str, Any]], *, idempotency_key: str = "") -> list[dict[str, Any]]:
        """Up to a thousand questions at once; each answer holds a `decision` or an `error`."""
        answer = self.post("policy/decide-many/", body={"questions": questions}, idempotency_key=idempotency_key)
        return cast(list[dict[str, Any]], answer.body["results"])

    def law(self) -> dict[str, Any]:
        """The tenant's law in force: version, documents, clauses, rules."""
        return cast(dict[str, Any], self.get("law/").body)

    def preview_law(self, *, format: str, text: str, name: str = "") -> dict[str, Any]:
        """What importing a file of law would change; writes nothing."""
        return cast(dict[str, Any], self.post("law/preview/", body=_law(format, text, name)).body)

    def import_law(
        self, *, format: str, text: str, reason: str, name: str = "", idempotency_key: str = ""
    ) -> dict[str, Any]:
        """Propose that a file become law. Raises `Problem` 422 with every fault or finding."""
        body = {**_law(format, text, name), "evidence": {"reason": reason}}
        return cast(dict[str, Any], self.post("law/import/", body=body, idempotency_key=idempotency_key).body)

    def sessions(self, *, q: str = "") -> Iterator[Session]:
        """Sessions with rules in force, by name."""
        return cast(Iterator[Session], self.pages("sessions/", query={"q": q} if q else {}))

    def session_rules(self, session: str, *, is_peek: bool = False) -> SessionRules:
        """A session's rules. Asking begins its hour anew, unless it is only a peek."""
        query = {"peek": "true"} if is_peek else {}
        return cast(SessionRules, self.get(f"{_session(session)}/rules/", query=query).body)

    def update_session(self, session: str, rule: str, *, system: str = "") -> SessionUpdate:
        """Add a sentence to a session; the same one again begins its hour anew."""
        body = {"rule": rule} | ({"system": system} if system else {})
        return cast(SessionUpdate, self.post(f"{_session(session)}/rules/", body=body).body)

    def reset_session(self, session: str, rules: Sequence[str] = ()) -> SessionRules:
        """End every rule of a session and put `rules` in their place: a person does that."""
        return cast(SessionRules, self.post(f"{_session(session)}/reset/", body={"rules": list(rules)}).body)

    def revoke_session_rule(self, session: str, rule_id: str) -> SessionRules:
        """End one rule: a person does that."""
        return cast(SessionRules, self.post(f"{_session(session)}/rules/{rule_id}/revoke/").body)

    def extend_session_rule(self, session: str, rule_id: str, *, minutes: int) -> SessionRule:
        """Let one rule live 15 or 60 minutes longer."""
        path = f"{_session(session)}/rules/{rule_id}/extend/"
        return cast(SessionRule, self.post(path, body={"minutes": minutes}).body)

    def act(self, number: int | str, verb: str, **body: Any) -> Amendment:
        """Any verb on one amendment (`withdraw`, `rebase`, `send`, `roll_back`, …) with its body."""
        return cast(Amendment, self.post(f"{_path(number)}/{verb}", body=body).body)

    def roll_back_preview(self, number: int | str) -> RollBackPreview:
        """What rolling back would do now, and the `digest` that doing it takes."""
        return cast(RollBackPreview, self.get(f"{_path(number)}/roll_back").body)

    def estops(self, *, state: str = "") -> Iterator[Stop]:
        """Every press of the e-stop, newest first; `state` is `in_force` or `lifted`."""
        return cast(Iterator[Stop], self.pages("estops/", query={"state": state} if state else {}))

    def route(self, text: str, *, action: str = "", system: str = "") -> dict[str, Any]:
        """Who would get a request, with every candidate; nothing is kept or done."""
        body = {"text": text, "action": action, "system": system}
        return cast(dict[str, Any], self.post("route/", body=body).body)

    def hand_in(
        self,
        text: str,
        *,
        input: Any = None,
        system: str = "",
        action: str = "",
        session: str = "",
        parent_id: str | None = None,
        idempotency_key: str = "",
    ) -> Taken:
        """Hand in work. `idempotency_key` names it for good; `parent_id`: a system hands a part of its work on."""
        body = {
            "text": text,
            "input": input,
            "system": system,
            "action": action,
            "session": session,
            "parent_id": parent_id,
        }
        return cast(Taken, self.post("executions/", body=body, idempotency_key=idempotency_key).body)

    def executions(self, **filters: str) -> Iterator[ExecutionRow]:
        """Requests, newest first; `filters` as the API names them (`state`, `system`, `q`, …)."""
        return cast(Iterator[ExecutionRow], self.pages("executions/", query=filters))

    def execution(self, id: str) -> Execution:
        """Where one request stands, and what came of it. Raises `Problem` 404."""
        return cast(Execution, self.get(f"{_execution(id)}/").body)

    def follow(self, id: str, *, seconds: float) -> Iterator[Steps]:
        """What happens to a request, as it happens, until it is done, waits for a person, or the time is over."""
        return cast(Iterator[Steps], follow(self, f"{_execution(id)}/steps/", seconds=seconds))

    def receipt(self, id: str) -> dict[str, Any]:
        """The signed receipt of what is done, as `tars ledger verify --receipt` reads it. Raises `Problem` 404."""
        return cast(dict[str, Any], self.get(f"{_execution(id)}/receipt/").body)

    def archives(self) -> Iterator[dict[str, Any]]:
        """Archive files, newest first."""
        return self.pages("archives/", query={})

    def restore(self, id: str) -> dict[str, Any]:
        """Bring an archived execution back. Raises `Problem` 404, 409 `not_archived`."""
        return cast(dict[str, Any], self.post(f"{_execution(id)}/restore/", body={}).body)

    def elicit(self, system: str) -> dict[str, Any]:
        """Have the worker ask a system the canonical scenarios; the job that does it."""
        return cast(dict[str, Any], self.post(f"systems/{quote(system, safe='')}/drift/elicit/", body={}).body)

    def elicitation(self, id: str) -> dict[str, Any]:
        """A run of the scenarios with every check."""
        return cast(dict[str, Any], self.get(f"elicitations/{quote(id, safe='')}/").body)

    def nights(self, *, system: str = "", state: str = "") -> Iterator[dict[str, Any]]:
        """What TARS dreamed, the night planned last first; `state` may also be `won`."""
        said = {"system": system, "state": state}
        return self.pages("dreams/nights/", query={name: value for name, value in said.items() if value})

    def night(self, cycle_id: str) -> dict[str, Any]:
        """The morning report of a night: its plan, and the verdict on each dream."""
        return cast(dict[str, Any], self.get(f"dreams/nights/{quote(cycle_id, safe='')}/").body)

    def ended(self, job_id: str, *, seconds: float) -> dict[str, Any]:
        """A job as it stands once it has ended, or when `seconds` are over."""
        return ended(self, f"jobs/{quote(job_id, safe='')}/", seconds=seconds)

    def press_estop(self, *, system: str | None, reason: str) -> Stop:
        """Stop a system, or everything (None), now."""
        return cast(Stop, self.post("estops/", body={"system": system, "reason": reason}).body)

    def lift_estop(self, stop_id: str, *, reason: str) -> Stop:
        """Let what was stopped run again."""
        return cast(Stop, self.post(f"estops/{quote(stop_id, safe='')}/lift/", body={"reason": reason}).body)


def _session(name: str) -> str:
    return f"sessions/{quote(name, safe='')}"


def _execution(id: str) -> str:
    return f"executions/{quote(id, safe='')}"


def _path(number: int | str) -> str:
    return f"amendments/AMD-{quote(str(number).removeprefix('AMD-'), safe='')}"


def _law(format: str, text: str, name: str) -> dict[str, str]:
    return {"format": format, "text": text, **({"name": name} if name else {})}
