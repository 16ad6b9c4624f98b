"""What the chain says happened: the facts against which every other row is held. Pure.

Facts are kept small (ids, digests, names): memory follows the number of amendments and decisions, not of entries.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from governance.audit import needs
from governance.audit.chain import ChainCheck, Values
from governance.audit.needs import Answer
from governance.audit.records import Entry
from governance.audit.report import Findings
from governance.audit.said import in_utc, statements, whole
from governance.audit.signing import DECISION, is_signed
from governance.audit.watches import WATCHED, Watches
from governance.canonical import digest_bytes, loads_canonical
from governance.errors import DomainError
from governance.scope import is_agent_name


@dataclass(frozen=True, slots=True)
class VersionFact:
    """A version as the chain made it, and by which entry."""

    sequence: int
    digest: str
    cause: str
    amendment_id: str | None
    at: str
    by: str


@dataclass(frozen=True, slots=True)
class ApplyFact:
    """What an `amendments.apply` entry sealed."""

    sequence: int
    label: str
    at: str
    proposer: frozenset[str]
    """Every name under which the proposer has signed."""
    explanation: str
    action: dict[str, Any]
    """Without its long members; `bound_digest` stands for the bound bytes."""


@dataclass(frozen=True, slots=True)
class DecisionFact:
    sequence: int
    fingerprint: bytes


@dataclass(frozen=True, slots=True)
class PageFact:
    """The page on which somebody decided."""

    sequence: int
    digest: str


@dataclass(frozen=True, slots=True)
class RollbackFact:
    sequence: int
    at: str
    is_done: bool
    action: dict[str, Any]


@dataclass(frozen=True, slots=True)
class SystemFact:
    sequence: int
    name: str


@dataclass(slots=True)
class Desk:
    """Where a proposal stands, by its label."""

    proposer: str
    """The proposer's did:key: whoever signed the first entry about it."""
    proposer_id: str | None
    state: str
    effect: str
    revision: int = 0
    digests: dict[int, str] | None = None


@dataclass(frozen=True, slots=True)
class Grant:
    """A standing authority; `expires_at` as entries write times."""

    expires_at: str


class Story:
    """Feed it every entry after `ChainCheck`; it says on the way what an entry had no right to do."""

    def __init__(self, *, chain: ChainCheck, findings: Findings) -> None:
        self.chain, self.findings = chain, findings
        self.systems: dict[str, SystemFact] = {}
        self.versions: dict[tuple[str, int], VersionFact] = {}
        self.latest: dict[str, int] = {}
        self.applied: dict[str, ApplyFact] = {}
        self.applied_labels: dict[str, str] = {}
        self.rolled_back: dict[str, RollbackFact] = {}
        self.rollbacks: dict[str, RollbackFact] = {}
        self.decisions: dict[str, DecisionFact] = {}
        self.pages: dict[str, PageFact] = {}
        self.desks: dict[str, Desk] = {}
        self.moves: dict[int, bytes] = {}
        self.names: dict[str, set[str]] = defaultdict(set)
        self._answers: dict[str, dict[str, list[Answer]]] = defaultdict(lambda: defaultdict(list))
        self._quorums: dict[tuple[str, str | None, str], int] = {}
        self._grants: dict[str, Grant] = {}
        self._watches = Watches()

    def entry(self, entry: Entry, label: str, values: Values) -> None:
        """Take in one entry. Refusals changed nothing and say nothing about state."""
        if values.get("/event_type") == "refusal":
            return
        self.names[entry.signer].add(str(values.get("/actor_name")))
        action = {name[8:]: value for name, value in values.items() if name.startswith("/action/")}
        name = str(action.get("name"))
        for statement, signature in statements(action):
            self._decision(entry, label, statement, signature)
        if "snapshot" in action:
            self.pages[str(action.get("decision_id"))] = PageFact(entry.sequence, str(action["snapshot"]))
        if name == "registry.register_system":
            self._registered(entry, label, action, by=str(values.get("/actor_name")))
        elif name in ("amendments.set_quorum", "amendments.remove_quorum"):
            self._quorum(name, action)
        elif name == "amendments.grant_authority":
            self._grants[str(action.get("authority_id"))] = Grant(in_utc(action.get("expires_at")))
        elif name in WATCHED:
            key = self.chain.keys.get(entry.signer)
            is_tars = key is not None and key.user_id is None
            self._watches.entry(name, action, ends_at=in_utc(action.get("ends_at")), is_tars=is_tars)
        elif name == "amendments.revoke_authority":
            self._grants.pop(str(action.get("authority_id")), None)
        elif name.startswith("amendments."):
            self._amendments(entry, label, name, action, values)

    def say(self, entry: Entry, label: str, code: str, sentence: str) -> None:
        self.findings.add(label, code, sentence, sequence=entry.sequence, line=entry.line)

    # -- registry

    def _registered(self, entry: Entry, label: str, action: dict[str, Any], *, by: str) -> None:
        system_id = str(action.get("system_id"))
        if system_id in self.systems:
            self.say(entry, label, "story", "it registers a system that was registered before.")
            return
        # The name is trimmed when it is stored and not when it is entered.
        self.systems[system_id] = SystemFact(entry.sequence, str(action.get("subject")).strip())
        self._version(
            entry, label, system_id, 1, str(action.get("digest")), cause="registered", amendment_id=None, by=by
        )

    def _version(
        self,
        entry: Entry,
        label: str,
        system_id: str,
        number: int,
        digest: str,
        *,
        cause: str,
        amendment_id: str | None,
        by: str,
    ) -> None:
        if number != self.latest.get(system_id, 0) + 1:
            self.say(entry, label, "story", f"it makes version {number} of a system that stands at another one.")
        self.latest[system_id] = number
        self.versions[system_id, number] = VersionFact(entry.sequence, digest, cause, amendment_id, entry.at, by)

    # -- answers

    def _decision(self, entry: Entry, label: str, text: str, signature_hex: str) -> None:
        """A signed answer inside an entry: genuine under the answering person's own key, or it counts for nothing."""
        try:
            statement, signature = loads_canonical(text.encode()), bytes.fromhex(signature_hex)
            decision_id, signer = str(statement["decision_id"]), str(statement["signer"])
            digest, request_id = str(statement["digest"]), str(statement["request_id"])
            answer = Answer(
                decision_id=decision_id,
                user_id=statement["user_id"],
                name=str(statement["actor"]),
                roles=frozenset(map(str, statement["roles"])),
                via=str(statement["via"]),
                at=str(statement["at"]),
            )
        except (DomainError, KeyError, TypeError, ValueError, UnicodeEncodeError):
            self.say(entry, label, "decision", "the signed answer in it cannot be read.")
            return
        fingerprint = fingerprint_of(text.encode(), signature)
        known = self.decisions.setdefault(decision_id, DecisionFact(entry.sequence, fingerprint))
        if known.sequence != entry.sequence:
            if known.fingerprint != fingerprint:
                self.say(entry, label, "decision", f"it repeats the answer of entry {known.sequence} with other words.")
            return
        key = self.chain.keys.get(signer)
        if key is None or key.user_id != answer.user_id:
            self.say(entry, label, "decision", f"the answer of {answer.name} is signed by a key that is not theirs.")
        elif not is_signed(signer=signer, message=DECISION + text.encode(), signature=signature):
            self.say(entry, label, "decision", f"the signature under the answer of {answer.name} does not verify.")
        elif statement.get("verdict") == "approve":
            self._answers[digest][request_id].append(answer)

    # -- amendments

    def _amendments(self, entry: Entry, label: str, name: str, action: dict[str, Any], values: Values) -> None:
        subject = str(action.get("subject"))
        if "after" in action:
            self._moved(entry, subject, name, action, values)
        if name == "amendments.apply":
            said = values.get("/constitutional_validation")
            explanation = str(said.get("explanation")) if isinstance(said, dict) else ""
            self._apply(entry, label, subject, action, explanation=explanation)
        elif "rollback_id" in action:
            self._rollback(entry, label, action, by=str(values.get("/actor_name")))
        elif name == "amendments.approve_under_authority":
            self._under_authority(entry, label, action)

    def _moved(self, entry: Entry, subject: str, name: str, action: dict[str, Any], values: Values) -> None:
        actor = str(values.get("/actor_name"))
        desk = self.desks.get(subject)
        if desk is None:
            key = self.chain.keys.get(entry.signer)
            # A system's proposal is its sponsor's to answer for: four eyes exclude that person.
            is_agent = key is not None and is_agent_name(key.name)
            proposer_id = action.get("sponsor_id") if is_agent else key.user_id if key else None
            proposer = entry.signer
            if name == "amendments.withdraw" and "proposed_by" in action:
                # Somebody else's draft was withdrawn: no entry of its proposer's precedes this one, which names them.
                proposer, proposer_id = f"the draft of {subject}", action.get("proposer_id")
                self.names[proposer].add(str(action["proposed_by"]))
            desk = self.desks[subject] = Desk(proposer, proposer_id, "", "", digests={})
        desk.state, desk.effect = str(action["after"]), str(action.get("effect"))
        if isinstance(revision := action.get("revision"), int) and desk.digests is not None:
            desk.revision = revision
            desk.digests[revision] = str(action.get("digest"))
        self.moves[entry.sequence] = fingerprint_of(
            *(
                str(part).encode()
                for part in (
                    entry.id,
                    subject,
                    action.get("before"),
                    action["after"],
                    actor,
                    action.get("why"),
                    entry.at,
                )
            )
        )

    def _apply(self, entry: Entry, label: str, subject: str, action: dict[str, Any], *, explanation: str) -> None:
        amendment_id, digest = str(action.get("amendment_id")), str(action.get("digest"))
        if amendment_id in self.applied or subject in self.applied_labels:
            self.say(entry, label, "story", f"{subject} was applied before.")
            return
        bound = str(action.get("bound")).encode("utf-8", "surrogatepass")
        if digest_bytes(bound) != digest:
            self.say(entry, label, "bound", "what was approved does not have the digest that was approved.")
        desk = self.desks[subject] if subject in self.desks else Desk("", None, "", "")
        names = self._rests(entry, label, digest, action, desk)
        if names and action.get("approved_by") not in names:
            self.say(entry, label, "approval", "it names other approvers than those who signed.")
        kept = {name: value for name, value in action.items() if name not in ("bound", "diff", "evidence")}
        self.applied[amendment_id] = ApplyFact(
            sequence=entry.sequence,
            label=subject,
            at=entry.at,
            proposer=frozenset(self.names[desk.proposer]),
            explanation=explanation,
            action={**kept, "bound_digest": digest_bytes(bound)},
        )
        self.applied_labels[subject] = amendment_id
        system_id, number = str(action.get("system_id")), whole(action.get("new_version"))
        before = self.versions.get((system_id, whole(action.get("base_version"))))
        if before is None or before.digest != action.get("old_digest"):
            self.say(entry, label, "story", "it starts from a constitution that the system did not have.")
        self._version(
            entry,
            label,
            system_id,
            number,
            str(action.get("new_digest")),
            cause="amendment",
            amendment_id=amendment_id,
            by=str(action.get("approved_by")),
        )

    def _rests(self, entry: Entry, label: str, digest: str, action: dict[str, Any], desk: Desk) -> set[str]:
        """The approvers' names of each question about this digest that enough people answered; none is a finding.

        A rebase or revision can ask for the same digest again, so there may be more than one.
        """
        names = {
            ", ".join(answer.name for answer in sorted(answers, key=lambda a: (a.at, a.decision_id)))
            for answers in self._answers[digest].values()
            if self._suffice(answers, action, desk)
        }
        if not names:
            self.say(entry, label, "approval", "no valid approvals by enough people other than the proposer carry it.")
        return names

    def _suffice(self, answers: list[Answer], action: dict[str, Any], desk: Desk) -> bool:
        if any(answer.via == "standing_authority" for answer in answers):
            return action.get("amendment_type") == "dream_promotion" and answers[0].user_id is None
        people = _people([answer for answer in answers if answer.user_id != desk.proposer_id])
        try:
            places = needs.places_of_amendment(
                type=str(action.get("amendment_type")),
                basis=str(action.get("basis")),
                effect=str(action.get("effect")),
                quorums=self._quorums,
            )
        except KeyError:
            return False
        return needs.is_filled(places, people)

    def _under_authority(self, entry: Entry, label: str, action: dict[str, Any]) -> None:
        grant = self._grants.get(str(action.get("authority_id")))
        if grant is None:
            self.say(entry, label, "authority", "no standing authority that a person granted covers it.")
        elif entry.at >= grant.expires_at:
            self.say(entry, label, "authority", "the standing authority it names had ended.")

    def _rollback(self, entry: Entry, label: str, action: dict[str, Any], *, by: str) -> None:
        bound = str(action.pop("bound", "")).encode("utf-8", "surrogatepass")
        digest, effect = str(action.get("digest")), str(action.get("effect_of_undo"))
        if digest_bytes(bound) != digest:
            self.say(entry, label, "bound", "what was confirmed does not have the digest that was confirmed.")
        is_done = action.get("after") == "rolled_back"
        kept = {name: value for name, value in action.items() if name not in ("diff", "decisions")}
        fact = RollbackFact(entry.sequence, entry.at, is_done, {**kept, "bound_digest": digest_bytes(bound)})
        self.rollbacks[str(action.get("rollback_id"))] = fact
        if is_done:
            self._undone(entry, label, fact, digest=digest, effect=effect, by=by)

    def _undone(self, entry: Entry, label: str, fact: RollbackFact, *, digest: str, effect: str, by: str) -> None:
        action, amendment_id = fact.action, str(fact.action.get("amendment_id"))
        if not any(
            needs.is_filled(needs.places_of_rollback(effect), _people(answers))
            or self._watches.allow(amendment_id, answers=answers, effect=effect, at=entry.at)
            for answers in self._answers[digest].values()
        ):
            self.say(entry, label, "approval", "no valid confirmation by enough people carries it.")
        if amendment_id not in self.applied or amendment_id in self.rolled_back:
            self.say(entry, label, "story", "it undoes something that was not in force.")
        self.rolled_back[amendment_id] = fact
        self._version(
            entry,
            label,
            str(action.get("system_id")),
            whole(action.get("new_version")),
            str(action.get("new_digest")),
            cause="rollback",
            amendment_id=amendment_id,
            by=by,
        )

    def _quorum(self, name: str, action: dict[str, Any]) -> None:
        kind = str(action.get("subject")).lower().replace(" ", "_")
        key = (kind, action.get("effect"), str(action.get("role")))
        if name == "amendments.set_quorum":
            self._quorums[key] = whole(action.get("count"))
        else:
            self._quorums.pop(key, None)


def _people(answers: list[Answer]) -> list[frozenset[str]]:
    return list({answer.user_id: answer.roles for answer in answers if answer.user_id}.values())


def fingerprint_of(*parts: bytes) -> bytes:
    """16 bytes that stand for these parts in memory."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(len(part).to_bytes(8, "big") + part)
    return digest.digest()[:16]
