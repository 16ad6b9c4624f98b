"""Every other table against the story the chain tells. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from governance.audit.chain import MAX_BYTES
from governance.audit.records import (
    Amendment,
    Decision,
    Key,
    Move,
    Page,
    Proposal,
    Revision,
    Rollback,
    System,
    Version,
)
from governance.audit.report import Findings
from governance.audit.signing import DECISION, is_signed
from governance.audit.story import Story, VersionFact, fingerprint_of
from governance.canonical import canonical_bytes, digest, digest_bytes, loads_canonical
from governance.errors import DomainError
from governance.keys.did import did_of

Pairs = Iterable[tuple[str, Any, Any]]
"""`(column, what it holds, what it must hold)`."""


class RowChecks:
    """Feed it rows after every entry was seen; `finish` names the rows that are gone."""

    def __init__(self, *, story: Story, findings: Findings) -> None:
        self.story, self.findings = story, findings
        self._keys = {fact.key_id: did for did, fact in story.chain.keys.items()}
        self._seen: dict[str, set[Any]] = {
            kind: set() for kind in ("key", "system", "version", "amendment", "decision", "page")
        }
        self._desk_seen: dict[str, set[Any]] = {kind: set() for kind in ("proposal", "rollback", "move")}
        self._latest: dict[str, tuple[int, str, str, tuple[str, ...]]] = {}
        self._systems: list[System] = []
        self._applied_in: dict[tuple[str, str], str] = {}

    # -- keys

    def key(self, row: Key) -> None:
        label = f"The key of {row.name}"
        did = self._keys.get(row.id)
        if did is None:
            self._say(row, label, "forged", "no entry of the chain introduces it.")
            return
        fact = self.story.chain.keys[did]
        self._seen["key"].add(did)
        pairs = (
            ("public_key", _did(row.public_key), did),
            ("user_id", row.user_id, fact.user_id),
            ("name", row.name, fact.name),
            ("created_at", row.created_at, fact.at),
        )
        self._compare(row, label, pairs, f"entry {fact.sequence}")

    # -- systems and versions

    def system(self, row: System) -> None:
        """Kept until its versions were read."""
        self._systems.append(row)

    def version(self, row: Version) -> None:
        name = self.story.systems.get(row.system_id)
        label = f"Version {row.number} of {name.name if name else row.system_id}"
        fact = self.story.versions.get((row.system_id, row.number))
        if digest_bytes(row.canonical) != row.digest:
            self._say(row, label, "digest", "its stored bytes do not have its digest.")
        if fact is None:
            self._say(row, label, "forged", "no entry of the chain makes it.")
            return
        self._seen["version"].add((row.system_id, row.number))
        self._version_columns(row, label, fact)
        if row.amendment_id is None:
            self._compare(row, label, [("applied_in", row.applied_in, "")], "the format")
        else:
            self._applied_in[row.cause, row.amendment_id] = row.applied_in
        if self.story.latest.get(row.system_id) == row.number:
            self._remember(row, label)

    def _version_columns(self, row: Version, label: str, fact: VersionFact) -> None:
        pairs = (
            ("digest", row.digest, fact.digest),
            ("cause", row.cause, fact.cause),
            ("amendment_id", row.amendment_id, fact.amendment_id),
            ("at", row.at, fact.at),
            ("by", row.by, fact.by),
        )
        self._compare(row, label, pairs, f"entry {fact.sequence}")

    def _remember(self, row: Version, label: str) -> None:
        try:
            document = loads_canonical(row.canonical, max_bytes=MAX_BYTES)
            capabilities = tuple(document.get("capabilities") or ())
            version = document.get("version")
        except (DomainError, AttributeError, TypeError):
            self._say(row, label, "canonical", "its bytes are not canonical JSON.")
            return
        text = "1.0.0" if version is None else version if isinstance(version, str) else json.dumps(version)
        self._latest[row.system_id] = (row.number, digest_bytes(row.canonical), text, capabilities)

    def _system_columns(self, row: System) -> None:
        label = f"The system {row.name}"
        fact = self.story.systems.get(row.id)
        if fact is None:
            self._say(row, label, "forged", "no entry of the chain registers it.")
            return
        self._seen["system"].add(row.id)
        self._compare(row, label, [("name", row.name, fact.name)], f"entry {fact.sequence}")
        if row.id not in self._latest:
            return
        number, constitution, version, capabilities = self._latest[row.id]
        pairs = (
            ("constitution", row.constitution_digest, constitution),
            ("constitution_version", row.constitution_version, number),
            ("version", row.version, version),
            ("capabilities", row.capabilities, capabilities),
        )
        self._compare(row, label, pairs, f"its version {number}")

    # -- amendments

    def amendment(self, row: Amendment) -> None:
        label = f"AMD-{row.number}"
        fact = self.story.applied.get(row.id)
        if digest_bytes(row.bound) != row.digest:
            self._say(row, label, "digest", "its bound bytes do not have its digest.")
        if fact is None:
            self._say(row, label, "forged", "no entry of the chain applies it, and no signed approvals carry it.")
            return
        self._seen["amendment"].add(row.id)
        action = fact.action
        sealed = (
            ("number", label, fact.label),
            ("system_id", row.system_id, action.get("system_id")),
            ("system_name", row.system_name, action.get("system")),
            ("amendment_type", row.amendment_type, action.get("amendment_type")),
            ("basis", row.basis, action.get("basis")),
            ("effect", row.effect, action.get("effect")),
            ("sentence", f"{fact.label} took effect on {row.system_name}: {row.sentence}", fact.explanation),
            ("base_version", row.base_version, action.get("base_version")),
            ("new_version", row.new_version, action.get("new_version")),
            ("old_digest", row.old_digest, action.get("old_digest")),
            ("new_digest", row.new_digest, action.get("new_digest")),
            ("digest", row.digest, action.get("digest")),
            ("bound", digest_bytes(row.bound), action.get("bound_digest")),
            ("approved_by", row.approved_by, action.get("approved_by")),
            ("approved_at", row.approved_at, fact.at),
            ("can_rollback", row.can_rollback, action.get("can_rollback")),
        )
        self._compare(row, label, sealed, f"entry {fact.sequence}")
        self._bound(row, label, row.bound, row)
        self._amendment_copies(row, label, fact.proposer)
        self._rolled_back(row, label)

    def _amendment_copies(self, row: Amendment, label: str, proposer: frozenset[str]) -> None:
        copies = [
            ("old_constitution", row.old_constitution_digest, row.old_digest),
            ("new_constitution", row.new_constitution_digest, row.new_digest),
            ("proposal_id", row.proposal_number, row.number),
            ("applied_in", row.applied_in, self._applied_in.get(("amendment", row.id), row.applied_in)),
        ]
        if row.proposed_by not in proposer:
            copies.append(("proposed_by", row.proposed_by, ""))
        self._compare(row, label, copies, "what was approved")

    def _rolled_back(self, row: Amendment, label: str) -> None:
        undone = self.story.rolled_back.get(row.id)
        if undone is None:
            if row.rolled_back_at is not None or row.rolled_back_in is not None:
                self._say(row, label, "column", "rolled_back_at is set, and no entry of the chain rolls it back.")
            return
        pairs = (
            ("rolled_back_at", row.rolled_back_at, undone.at),
            ("rolled_back_in", row.rolled_back_in, self._applied_in.get(("rollback", row.id), row.rolled_back_in)),
        )
        self._compare(row, label, pairs, f"entry {undone.sequence}")

    def _bound(self, row: Amendment | Revision, label: str, bound: bytes, about: Amendment | Revision) -> None:
        """The members of the approved bytes, column by column."""
        try:
            members = loads_canonical(bound, max_bytes=MAX_BYTES)
            found = {"diff": digest(members["diff"]), "evidence": digest(members["evidence"])}
        except (DomainError, KeyError, TypeError):
            self._say(row, label, "bound", "its bound bytes are not canonical JSON of the documented form.")
            return
        pairs = [
            ("diff", about.diff_digest, found["diff"]),
            ("evidence", about.evidence_digest, found["evidence"]),
            ("system_id", about.system_id, members.get("system_id")),
            ("amendment_type", about.amendment_type, members.get("amendment_type")),
            ("basis", about.basis, members.get("basis")),
            ("base_version", about.base_version, members.get("base_version")),
            ("new_digest", about.new_digest, members.get("new_digest")),
        ]
        if isinstance(about, Revision):
            pairs.append(("base_digest", about.base_digest, members.get("base_digest")))
            pairs.append(("policy_version", about.policy_version, members.get("policy_version")))
        else:
            pairs.append(("old_digest", about.old_digest, members.get("base_digest")))
            pairs.append(("system_name", about.system_name, members.get("system_name")))
        self._compare(row, label, pairs, "the bytes that were approved")

    # -- decisions

    def decision(self, row: Decision) -> None:
        label = f"The decision of {row.actor_name} ({row.id})"
        if _statement(row) != row.statement:
            self._say(row, label, "column", "its columns are not what its signed statement says.")
        key = self.story.chain.keys.get(row.signer)
        if key is None or key.user_id != row.user_id:
            self._say(row, label, "signer", "its signer is no known key of this person.")
        elif not is_signed(signer=row.signer, message=DECISION + row.statement, signature=row.signature):
            self._say(row, label, "signature", "its signature does not verify under the person's key.")
        fact = self.story.decisions.get(row.id)
        if fact is None:
            self._say(row, label, "forged", "no entry of the chain holds it.")
            return
        self._seen["decision"].add(row.id)
        if fact.fingerprint != fingerprint_of(row.statement, row.signature):
            self._say(row, label, "column", f"its statement is not the one in entry {fact.sequence}.")

    def page(self, row: Page) -> None:
        label = f"The page of the decision {row.decision_id}"
        if digest_bytes(row.content) != row.digest:
            self._say(row, label, "digest", "its stored bytes do not have its digest.")
        fact = self.story.pages.get(row.decision_id)
        if fact is None:
            self._say(row, label, "forged", "no entry of the chain names it.")
            return
        self._seen["page"].add(row.decision_id)
        self._compare(row, label, [("digest", row.digest, fact.digest)], f"entry {fact.sequence}")

    # -- the desk: proposals, revisions, rollbacks, timelines

    def proposal(self, row: Proposal) -> None:
        label = f"AMD-{row.number}"
        desk = self.story.desks.get(label)
        if desk is None:
            if row.state != "draft":
                self._say(row, label, "forged", f"its proposal is {row.state}, and the chain knows nothing of it.")
            return
        self._desk_seen["proposal"].add(label)
        pairs: list[tuple[str, Any, Any]] = [
            ("state", row.state, desk.state),
            ("effect", row.effect, desk.effect),
            ("proposer_id", row.proposer_id, desk.proposer_id),
        ]
        if desk.revision:
            pairs.append(("revision", row.revision, desk.revision))
        if row.proposed_by not in self.story.names[desk.proposer]:
            pairs.append(("proposed_by", row.proposed_by, ""))
        self._compare(row, f"The proposal {label}", pairs, "the chain")

    def revision(self, row: Revision) -> None:
        label = f"Revision {row.number} of AMD-{row.proposal_number}"
        desk = self.story.desks.get(f"AMD-{row.proposal_number}")
        if digest_bytes(row.bound) != row.digest or digest_bytes(row.new_constitution) != row.new_digest:
            self._say(row, label, "digest", "its stored bytes do not have its digests.")
        self._bound(row, label, row.bound, row)
        sealed = (desk.digests or {}).get(row.number) if desk else None
        if sealed is not None:
            self._compare(row, label, [("digest", row.digest, sealed)], "the entry that asked for it")

    def rollback(self, row: Rollback) -> None:
        fact = self.story.rollbacks.get(row.id)
        applied = self.story.applied.get(row.amendment_id)
        label = f"The rollback of {applied.label if applied else row.amendment_id}"
        if digest_bytes(row.bound) != row.digest or digest_bytes(row.new_constitution) != row.new_digest:
            self._say(row, label, "digest", "its stored bytes do not have its digests.")
        if fact is None:
            self._say(row, label, "forged", "no entry of the chain asks for it.")
            return
        self._desk_seen["rollback"].add(row.id)
        action = fact.action
        pairs = (
            ("digest", row.digest, action.get("digest")),
            ("bound", digest_bytes(row.bound), action.get("bound_digest")),
            ("amendment_id", row.amendment_id, action.get("amendment_id")),
            ("system_id", row.system_id, action.get("system_id")),
            ("base_version", row.base_version, action.get("base_version")),
            ("base_digest", row.base_digest, action.get("old_digest")),
            ("new_digest", row.new_digest, action.get("new_digest")),
            ("effect", row.effect, action.get("effect_of_undo")),
            ("reason", row.reason, action.get("why")),
            ("done_at", row.done_at, fact.at if fact.is_done else None),
            ("state", row.state == "done", fact.is_done),
        )
        self._compare(row, label, pairs, f"entry {fact.sequence}")
        self._roll_back_diff(row, label)

    def _roll_back_diff(self, row: Rollback, label: str) -> None:
        try:
            sealed = digest(loads_canonical(row.bound, max_bytes=MAX_BYTES)["diff"])
        except (DomainError, KeyError, TypeError):
            self._say(row, label, "bound", "its bound bytes are not canonical JSON of the documented form.")
            return
        self._compare(row, label, [("diff", row.diff_digest, sealed)], "the bytes that were confirmed")

    def move(self, row: Move) -> None:
        label = f"The timeline of AMD-{row.proposal_number}"
        said = fingerprint_of(
            *(
                str(part).encode("utf-8", "surrogatepass")
                for part in (row.id, f"AMD-{row.proposal_number}", row.before, row.after, row.by, row.why, row.at)
            )
        )
        if self.story.moves.get(row.ledger_sequence) != said:
            self._say(row, label, "column", f"its line “{row.after}” is not what entry {row.ledger_sequence} says.")
        else:
            self._desk_seen["move"].add(row.ledger_sequence)

    # -- the end

    def finish(self, *, is_rows: bool) -> None:
        """Check what needed every row, and name what the chain tells of and no row holds."""
        for row in self._systems:
            self._system_columns(row)
        story = self.story
        for did in story.chain.keys.keys() - self._seen["key"]:
            self._gone(f"The key of {story.chain.keys[did].name}", story.chain.keys[did].sequence)
        for system in story.systems.keys() - self._seen["system"]:
            self._gone(f"The system {story.systems[system].name}", story.systems[system].sequence)
        for system, number in sorted(story.versions.keys() - self._seen["version"]):
            name = story.systems[system].name if system in story.systems else system
            self._gone(f"Version {number} of {name}", story.versions[system, number].sequence)
        for amendment in story.applied.keys() - self._seen["amendment"]:
            self._gone(story.applied[amendment].label, story.applied[amendment].sequence)
        for decision in story.decisions.keys() - self._seen["decision"]:
            self._gone(f"The decision {decision}", story.decisions[decision].sequence)
        for page in story.pages.keys() - self._seen["page"]:
            self._gone(f"The page of the decision {page}", story.pages[page].sequence)
        if is_rows:
            self._desk_gone()

    def _desk_gone(self) -> None:
        story = self.story
        for label in story.desks.keys() - self._desk_seen["proposal"]:
            self.findings.add(f"The proposal {label}", "gone", "its row is gone.")
        for rollback in story.rollbacks.keys() - self._desk_seen["rollback"]:
            self._gone("The rollback", story.rollbacks[rollback].sequence)
        for sequence in story.moves.keys() - self._desk_seen["move"]:
            self._gone("A line of an amendment's timeline", sequence)

    def _gone(self, label: str, sequence: int) -> None:
        self.findings.add(label, "gone", f"its row is gone; entry {sequence} says it was written.", sequence=sequence)

    def _compare(self, row: Any, label: str, pairs: Pairs, source: str) -> None:
        for column, held, expected in pairs:
            if held != expected or type(held) is not type(expected):
                self._say(row, label, "column", f"the column {column} is not what {source} says.")

    def _say(self, row: Any, label: str, code: str, sentence: str) -> None:
        self.findings.add(label, code, sentence, line=row.line)


def _did(public_key: bytes) -> str:
    try:
        return did_of(public_key)
    except ValueError:
        return ""


def _statement(row: Decision) -> bytes | None:
    """The statement as the columns have it (format: docs/ledger.md)."""
    try:
        return canonical_bytes(
            {
                "decision_id": row.id,
                "request_id": row.request_id,
                "digest": row.digest,
                "verdict": row.verdict,
                "actor": row.actor_name,
                "user_id": row.user_id,
                "roles": list(row.roles),
                "via": row.via,
                "note": row.note,
                "confirmed_by": row.confirmed_by,
                "at": row.at,
                "signer": row.signer,
            }
        )
    except DomainError:
        return None
