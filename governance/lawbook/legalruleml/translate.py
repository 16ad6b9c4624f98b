"""From a LegalRuleML document to a document of the law. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from itertools import product
from typing import Final

from governance.lawbook.legalruleml import metadata
from governance.lawbook.legalruleml.persons import without_actors
from governance.lawbook.legalruleml.statements import NORMS, Statement, draft, id_of, penalty
from governance.lawbook.legalruleml.tree import LeftOut, Node, bare, parts, read
from governance.lawbook.translation import Clause, Document, Fault, refusal
from governance.policy.errors import NotATheory
from governance.policy.precedence import Precedence
from governance.policy.rules import Rule
from governance.policy.writing import rule_text

FORMAT: Final = "legalruleml"
MOST_STATEMENTS: Final = 5000
_TRANSLATED: Final = frozenset(
    {"LegalReferences", "LegalSources", "References", "Sources", "Authorities", "Jurisdictions", "Times"}
    | {
        "TemporalCharacteristics",
        "Associations",
        "Context",
        "Alternatives",
        "Statements",
        "Prefix",
        "Paraphrase",
        "Comment",
    }
    | {"LegalReference", "LegalSource", "Authority", "Jurisdiction", "TemporalCharacteristic", "Association", "Time"}
)

Parse = Callable[[str], object]


def translate(content: bytes, *, parse: Parse) -> Document:
    """The document's statements, one clause each. `parse` reads rules. Raises `BadLawFile` with every fault."""
    root = read(content)
    keyed = _keyed(root)
    work = _Translation(root, keyed, metadata.read(root, keyed))
    work.run()
    clauses = tuple(work.clauses(parse))
    if not clauses:
        raise refusal([Fault("Nothing in the document can be translated to rules. Check its statements.", root.line)])
    return Document(
        format=FORMAT,
        title=_title(root),
        authority=_only([one.key for one in root.walk() if one.tag == "Authority"]),
        clauses=clauses,
        untranslated=tuple(work.untranslated),
        enacted_at=metadata.moment_of_creation(root, keyed),
    )


class _Translation:
    """One document on its way."""

    def __init__(self, root: Node, keyed: Mapping[str, Node], said: metadata.Metadata) -> None:
        self.root, self.keyed, self.said = root, keyed, said
        self.untranslated: list[str] = []
        self.statements: dict[str, Statement] = {}
        self.owners: dict[str, list[str]] = {}
        self.overrides: list[Node] = []
        self.penalties: dict[str, Node] = {}
        self.reparations: list[Node] = []

    def run(self) -> None:
        for part in parts(self.root):
            if part.tag == "Statements":
                self.collect(part, [part.key] if part.key else [])
            elif part.tag not in _TRANSLATED or part.is_foreign:
                self.leave_out(part, f"{part.tag} has no counterpart in rules")
        if len(self.statements) > MOST_STATEMENTS:
            raise refusal([Fault(f"There are more than {MOST_STATEMENTS} statements. Split the file.")])
        self.choose()
        self.repair()
        for statement in list(self.statements.values()):
            self.draft(statement)
        self.drop_actors()

    def collect(self, group: Node, inside: list[str]) -> None:
        for number, part in enumerate(parts(group), start=1):
            if part.tag in NORMS:
                self.add(part, inside, number)
            elif part.tag == "Statements":
                self.collect(part, [*inside, part.key] if part.key else inside)
            elif part.tag == "OverrideStatement":
                self.overrides += part.of("Override")
            elif part.tag == "Override":
                self.overrides.append(part)
            elif part.tag == "PenaltyStatement":
                self.penalties[part.key] = part
            elif part.tag == "ReparationStatement":
                self.reparations += part.of("Reparation")
            elif part.tag == "Reparation":
                self.reparations.append(part)
            elif part.tag not in ("Paraphrase", "Comment"):
                self.leave_out(part, f"{part.tag} has no counterpart in rules")

    def add(self, node: Node, inside: list[str], number: int) -> None:
        if node.keyref and not node.children:
            return
        key = node.key or f"statement-{node.line or number}"
        keys = [key, *inside, *(one.key for one in node.walk() if one.key and one is not node)]
        self.statements[key] = Statement(key=key, node=node, about=self.said.of(keys))
        for name in keys:
            self.owners.setdefault(name, []).append(key)

    def choose(self) -> None:
        """Of renderings that exclude each other only the one that a context chooses is law."""
        for node, keys in self.said.alternatives:
            chosen = keys & self.said.chosen
            for key in sorted(keys & set(self.statements)):
                if len(chosen) == 1 and key in chosen:
                    continue
                why = (
                    "another rendering is chosen"
                    if len(chosen) == 1
                    else "no context chooses between it and its alternatives"
                )
                self.leave_out(self.statements.pop(key).node, why)
            if not keys:
                self.leave_out(node, "it names no alternatives")

    def repair(self) -> None:
        applied = set()
        for node in self.reparations:
            edges = {part.tag: part.keyref for part in parts(node)}
            target, name = (
                self.statements.get(edges.get("toPrescriptiveStatement", "")),
                edges.get("appliesPenalty", ""),
            )
            if target is None or name not in self.penalties:
                self.leave_out(node, f"it joins {name or 'no penalty'} to no prescriptive statement of this document")
                continue
            try:
                target.penalties.append(penalty(self.penalties[name], self.keyed))
                applied.add(name)
            except LeftOut as why:
                self.leave_out(self.penalties[name], str(why))
                applied.add(name)
        for name, node in self.penalties.items():
            if name not in applied:
                self.leave_out(node, "no reparation applies this penalty")

    def draft(self, statement: Statement) -> None:
        try:
            draft(statement, self.keyed)
        except LeftOut as why:
            statement.drafts.clear()
            self.leave_out(statement.node, f"{why}, so the statement is left out")
            return
        for remark in (*statement.remarks, *statement.about.untranslated):
            self.untranslated.append(f"{statement.key}: {remark}.")

    def drop_actors(self) -> None:
        drafts = [one for statement in self.statements.values() for one in statement.drafts]
        rules = iter(without_actors(drafts))
        for statement in self.statements.values():
            statement.drafts = [replace(one, rule=next(rules)) for one in statement.drafts]

    def clauses(self, parse: Parse) -> Iterator[Clause]:
        preferences = self.preferences()
        for statement in self.statements.values():
            lines = [_text(one.rule) for one in statement.drafts]
            if not lines:
                continue
            lines += preferences.get(statement.key, [])
            rules = "\n".join(lines)
            try:
                parse("\n".join(_text(one.rule) for one in statement.drafts))
            except NotATheory as error:
                self.leave_out(statement.node, f"its names cannot be written as a rule: {error.sentence}")
                continue
            about = statement.about
            yield Clause(
                number=statement.key,
                title="; ".join(about.sources),
                text=_prose(statement),
                rules=rules,
                line=statement.node.line,
            )

    def preferences(self) -> dict[str, list[str]]:
        """By the statement that wins: its rules above those of the other."""
        found: dict[str, list[str]] = {}
        for node in self.overrides:
            over, under = bare(node.attributes.get("over", "")), bare(node.attributes.get("under", ""))
            stronger, weaker = self.rules_of(over), self.rules_of(under)
            if not stronger or not weaker:
                self.leave_out(
                    node, f"it orders {over or 'nothing'} over {under or 'nothing'}, and one of them has no rules here"
                )
                continue
            for (owner, one), (_, other) in product(stronger, weaker):
                line = f"{one} > {other}"
                if one != other and line not in found.setdefault(owner, []):
                    found[owner].append(line)
        return found

    def rules_of(self, key: str) -> list[tuple[str, str]]:
        owners = [name for name in self.owners.get(key, []) if name in self.statements]
        return [(owner, one.rule.id) for owner in owners for one in self.statements[owner].drafts]

    def leave_out(self, node: Node, why: str) -> None:
        named = node.key or node.keyref or node.tag
        self.untranslated.append(f"{named} (line {node.line}): {why}.")


def _text(rule: Rule) -> str:
    """The rule; the weight of law is what a rule without one has in this format, so it is not said."""
    if rule.weight == Precedence.GENERAL:
        text = rule_text(replace(rule, weight=1))
        return text.replace("(weight 1", f"(weight {int(Precedence.GENERAL)}", 1)
    return rule_text(replace(rule, weight=Precedence.GENERAL) if rule.weight == Precedence.LEGAL else rule)


def _prose(statement: Statement) -> str:
    said = [
        " ".join(node.text.split()) for node in statement.node.walk() if node.tag == "Paraphrase" and node.text.strip()
    ]
    about = statement.about
    if about.jurisdictions:
        said.append(f"Jurisdiction: {', '.join(about.jurisdictions)}.")
    return "\n\n".join(said)


def _keyed(root: Node) -> dict[str, Node]:
    """Everything with a key. Raises `BadLawFile` where a key is given twice, or two keys become one rule's id."""
    found: dict[str, Node] = {}
    ids: dict[str, Node] = {}
    faults = []
    for node in root.walk():
        if not node.key or node.keyref:
            continue
        if node.key in found and not {node.tag, found[node.key].tag} & {"Rule", "Atom", "Var", "Expr"}:
            faults.append(
                Fault(f"The key {node.key[:80]} is there twice; line {found[node.key].line} has it too.", node.line)
            )
        found.setdefault(node.key, node)
        if node.tag in NORMS and ids.setdefault(id_of(node.key), node) is not node:
            faults.append(
                Fault(f"The key {node.key[:80]} reads like the one on line {ids[id_of(node.key)].line}.", node.line)
            )
    if faults:
        raise refusal(faults)
    return found


def _title(root: Node) -> str:
    for part in parts(root):
        if part.tag in ("Paraphrase", "Comment") and part.text.strip():
            return " ".join(part.text.split())[:200]
    return (
        _only([one.attributes.get("refID", "") for one in root.walk() if one.tag == "LegalReference"]) or "LegalRuleML"
    )


def _only(names: list[str]) -> str:
    found = list(dict.fromkeys(name for name in names if name))
    return found[0] if len(found) == 1 else ""
