"""Re-derive the whole record of one tenant and name everything that does not follow. Pure, streaming.

    report = verify(export.read(path))          # a file, on any machine
    report = verify(queries.records(scope))     # the rows of a database

Memory follows the number of amendments, decisions and versions, not the number of entries.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

from governance.audit.chain import ChainCheck, label_of
from governance.audit.records import (
    Amendment,
    Chain,
    Decision,
    Entry,
    Fault,
    Key,
    Move,
    Page,
    Proposal,
    Record,
    Revision,
    Rollback,
    System,
    Verdict,
    Version,
)
from governance.audit.report import Findings, Report
from governance.audit.rows import RowChecks
from governance.audit.story import Story
from governance.audit.verdicts import VerdictChecks
from governance.ledger.hashing import GENESIS, hash_text

_ORDER: tuple[type, ...] = (
    *(Chain, Key, Entry, System, Version, Amendment, Decision, Page),
    *(Proposal, Revision, Rollback, Move),
)


def verify(records: Iterable[Record], *, root: str | None = None) -> Report:
    """Check a stream of records in the order of `records.PACKED`; never raises for what the records hold.

    `root` is TARS's did:key in this tenant as the reader knows it from elsewhere; without it the report says that the
    key itself was taken on trust.
    """
    return _Verification().run(records, root=root)


class _Verification:
    def __init__(self) -> None:
        self.findings = Findings()
        self.counts: Counter[str] = Counter()
        self.head = Chain(tenant_id="", tenant_name="", head_sequence=0, head_hash=GENESIS, is_rows=False)
        self.chain = ChainCheck(tenant_id="", findings=self.findings)
        self.story = Story(chain=self.chain, findings=self.findings)
        self.verdicts = VerdictChecks(chain=self.chain, findings=self.findings)
        self.rows: RowChecks | None = None
        self._keys: list[Key] = []
        self._place: tuple[int, Any] = (0, None)

    def run(self, records: Iterable[Record], *, root: str | None) -> Report:
        for record in records:
            self.take(record)
        self._end(root)
        return self._report(root)

    def take(self, record: Record) -> None:
        if isinstance(record, Fault):
            self.findings.add(record.label, record.code, record.sentence, line=record.line)
            return
        self.counts[record.KIND] += 1
        self._in_order(record)
        if isinstance(record, Entry):
            self._entry(record)
        elif isinstance(record, Verdict):
            self.verdicts.row(record)
        elif isinstance(record, Chain):
            self._begin(record)
        elif isinstance(record, Key):
            self._keys.append(record)
        else:
            self._row(record)

    def _begin(self, record: Chain) -> None:
        if not self.chain.tenant_id:
            self.head, self.chain.tenant_id = record, record.tenant_id
            self.verdicts.has_rows = record.is_rows
        else:
            self.findings.add("The record", "order", "it says more than once whose it is.", line=record.line)

    def _entry(self, entry: Entry) -> None:
        if not self.chain.tenant_id:
            self.chain.tenant_id = entry.tenant_id
        values = self.chain.entry(entry)
        label = label_of(entry, values)
        self.verdicts.entry(entry.sequence, label, values or {})
        if values is not None:
            self.story.entry(entry, label, values)

    def _row(self, record: Record) -> None:
        checks = self._checks()
        take: dict[type, Callable[[Any], None]] = {
            System: checks.system,
            Version: checks.version,
            Amendment: checks.amendment,
            Decision: checks.decision,
            Page: checks.page,
            Proposal: checks.proposal,
            Revision: checks.revision,
            Rollback: checks.rollback,
            Move: checks.move,
        }
        take[type(record)](record)

    def _checks(self) -> RowChecks:
        if self.rows is None:
            self.rows = RowChecks(story=self.story, findings=self.findings)
            for key in self._keys:
                self.rows.key(key)
        return self.rows

    def _in_order(self, record: Record) -> None:
        """Kinds in their order and no row twice; entries are ordered by the chain itself, verdicts stand among them."""
        kind = Entry if isinstance(record, Verdict) else type(record)
        place = (_ORDER.index(kind), _key_of(record))
        if place[0] < self._place[0]:
            label, where = f"A record of kind {record.KIND}", "it stands after kinds that it must precede."
            self.findings.add(label, "order", where, line=record.line)
            return
        if place[0] == self._place[0] and self._place[1] is not None and not place[1] > self._place[1]:
            what = f"A record of kind {record.KIND}"
            self.findings.add(what, "order", "it is repeated or out of order.", line=record.line)
            return
        self._place = place

    def _end(self, root: str | None) -> None:
        self.verdicts.end()
        self._checks().finish(is_rows=self.head.is_rows)
        if not self.counts["chain"]:
            self.findings.add("The record", "head", "it does not say whose it is and where its chain ends.")
        else:
            self._head()
        if root is not None and self.chain.root != root:
            known = self.chain.root or "none"
            self.findings.add("The chain", "root", f"it begins with the key {known}, not with the one you named.")

    def _head(self) -> None:
        head, last = self.head, self.chain.sequence
        if head.head_sequence > last:
            first, end = last + 1, head.head_sequence
            label, verb = (f"Entry {end}", "it is") if first == end else (f"Entries {first} to {end}", "they are")
            sentence = f"{verb} missing at the end: the head of the chain says {end:,}."
            self.findings.add(label, "missing", sentence, sequence=first, line=head.line)
        elif head.head_sequence < last:
            sentence = f"it says the chain has {head.head_sequence:,} entries; the last one here is {last:,}."
            self.findings.add("The head of the chain", "head", sentence, sequence=last, line=head.line)
        elif head.head_hash not in self.chain.last_hashes:
            sentence = f"it holds another hash than entry {last:,}, the last one."
            self.findings.add("The head of the chain", "head", sentence, sequence=last, line=head.line)

    def _report(self, root: str | None) -> Report:
        return Report(
            tenant_id=self.chain.tenant_id,
            tenant_name=self.head.tenant_name,
            head_sequence=self.head.head_sequence,
            head_hash=hash_text(self.head.head_hash),
            root=self.chain.root,
            counts={kind: self.counts[kind] for kind in sorted(self.counts)},
            findings=tuple(self.findings.kept),
            finding_count=self.findings.count,
            established=() if self.findings.count else self._established(root),
            not_established=self._not_established(root),
        )

    def _established(self, root: str | None) -> tuple[str, ...]:
        counts = self.counts
        said = [
            f"Entries 1 to {counts['entry']:,} follow from each other without a gap; each has the bytes that were "
            "hashed.",
            "Every entry is signed by a key that TARS's key introduced in this chain "
            f"({_some(len(self.chain.keys), 'key')}).",
            "Every field that is shown is the field that was sealed; none was added, changed or taken away.",
            f"The applied amendments ({counts['amendment']:,}) and the versions of constitutions "
            f"({counts['version']:,}) are exactly those the chain tells of, and every constitution in force is its "
            "latest version.",
            f"The answers ({_some(counts['decision'], 'decision')}) are signed by the people who gave them, over the "
            "digest of what was shown; every amendment carries the approvals it needed, none by its proposer.",
        ]
        if counts["page"]:
            said.append(
                f"The pages on which people decided ({counts['page']:,}) are those whose digests the chain holds."
            )
        if counts["verdict"]:
            said.append(
                f"The rulebook's verdicts ({counts['verdict']:,}) are signed by TARS over question and answer; the "
                f"{self.verdicts.sealed:,} that are sealed are exactly those the chain names."
            )
        if root is not None:
            said.append("The chain begins with the key you named.")
        return tuple(said)

    def _not_established(self, root: str | None) -> tuple[str, ...]:
        said = [
            "That nothing was cut off at the end: a record alone cannot show it. Compare the head "
            f"({self.head.head_sequence:,}, {hash_text(self.head.head_hash)}) with one you kept or were given.",
            "When things happened, beyond this server's clock: there is no outside witness of time yet.",
            "That people held their keys: a signature proves that TARS saw this person confirm. The keys are sealed by "
            "the installation's key file; whoever holds that file and the database could have written all of this.",
        ]
        if self.verdicts.waiting:
            said.append(
                f"That no verdict is missing among those not sealed yet ({self.verdicts.waiting:,} here): each is "
                "signed, and no entry names it before the next sealing."
            )
        if self.verdicts.named and not self.head.is_rows:
            said.append(
                f"What the rulebook's verdicts say ({self.verdicts.named:,} named): an export has their digests, not "
                "the verdicts. They can be checked where the database is."
            )
        if root is None:
            said.append(
                f"That this is your installation's chain: compare TARS's key ({self.chain.root or 'none found'}) with "
                "the one you know."
            )
        return tuple(said)


def _some(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def _key_of(record: Record) -> Any:
    """What rows of a kind are sorted by; None for kinds that order themselves."""
    if isinstance(record, Version):
        return (record.system_id, record.number)
    if isinstance(record, Page):
        return record.decision_id
    if isinstance(record, Amendment | Proposal):
        return record.number
    if isinstance(record, Revision):
        return (record.proposal_number, record.number)
    if isinstance(record, Move):
        return (record.ledger_sequence, record.id)
    if isinstance(record, Entry | Verdict | Chain | Fault):
        return None
    return record.id
