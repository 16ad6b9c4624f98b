"""Rules indexed for questions. A book is never changed; `extended` puts a layer on top that costs only what it adds.

The same rules give the same answers however they are spread over layers: candidates are sorted before anything is concluded.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from datetime import datetime
from functools import cached_property

from governance.policy.concluded import Concluded, split
from governance.policy.entries import Entry, Pattern
from governance.policy.facts import Facts
from governance.policy.globs import covers, is_glob, literal_prefix
from governance.policy.rules import Theory
from governance.policy.terms import Modality, Variable
from governance.policy.tree import Source, Tree
from governance.policy.values import Scalar

_ANY = object()
"""The first argument of a head that is a variable, or a glob."""

_NONE = object()
"""The first argument of a head that has none."""

Heads = dict[str, dict[object, Tree]]


class Names:
    """The union of some sets, without making it: a layer must not cost what the layers under it hold."""

    __slots__ = ("sets",)

    def __init__(self, sets: tuple[frozenset[str], ...]) -> None:
        self.sets = tuple([each for each in sets if each])

    def __contains__(self, name: object) -> bool:
        return any(name in each for each in self.sets)


class Layer:
    """One theory, indexed. `below`: names that the layers under it conclude, a set for each."""

    def __init__(self, theory: Theory, below: tuple[frozenset[str], ...]) -> None:
        entries = [Entry(rule) for rule in theory.rules]
        self.entries = tuple(entries)
        factual = [entry for entry in entries if entry.modality is Modality.FACT]
        norms = [entry for entry in entries if entry.modality is not Modality.FACT]
        self.derived = frozenset(head.name for entry in factual for head in entry.heads)
        self.always, self.sometimes = split(factual)
        known = _union((*below, self.derived))
        self.factual = _by_head(factual, known)
        self.norms = _by_head([entry for entry in norms if not _is_glob_over_actions(entry)], known)
        self.globs = _by_glob([entry for entry in norms if _is_glob_over_actions(entry)], known)
        self.naming, self.naming_any = _by_mention(
            [entry for entry in norms if entry.modality is Modality.OBLIGATION], known
        )
        self.facts = Facts()
        for literal in theory.facts:
            self.facts.literal(literal)
        self.denied = [(name, rows) for (name, is_negated), rows in self.facts.rows.items() if is_negated]
        self.stronger: dict[str, set[str]] = {}
        self.weaker: dict[str, set[str]] = {}
        for strong, weak in theory.preferences:
            self.stronger.setdefault(weak, set()).add(strong)
            self.weaker.setdefault(strong, set()).add(weak)


class Book:
    """Layers of rules, lowest first."""

    def __init__(self, layers: tuple[Layer, ...]) -> None:
        self.layers = layers
        derived = [layer.derived for layer in layers]
        self._later = tuple([_union(tuple(derived[at + 1 :])) for at in range(len(layers))])
        self.always: Container[str] = _union(tuple([layer.always for layer in layers]))
        self.sometimes = tuple([layer.sometimes for layer in layers if layer.sometimes])

    def extended(self, theory: Theory) -> Book:
        """This book and one theory more. Costs what the theory holds; this book stays as it is."""
        return Book((*self.layers, Layer(theory, tuple([layer.derived for layer in self.layers]))))

    @cached_property
    def has_preferences(self) -> bool:
        return any(layer.stronger for layer in self.layers)

    def concluded(self, *, at: datetime, bearer: str) -> Container[object]:
        """The names of what rules conclude that are valid at that moment and bind that bearer."""
        return Concluded(self.always, self.sometimes, at=at, bearer=bearer) if self.sometimes else self.always

    @cached_property
    def contradictions(self) -> tuple[str, ...]:
        """Names of which the facts of the rules say a thing and its contrary."""
        denied = {(name, row) for layer in self.layers for name, rows in layer.denied for row in rows}
        return tuple(
            sorted(
                {
                    name
                    for name, row in denied
                    for layer in self.layers
                    if row in layer.facts.rows.get((name, False), ())
                }
            )
        )

    @cached_property
    def problems(self) -> tuple[str, ...]:
        return tuple(sorted({problem for layer in self.layers for problem in layer.facts.problems}))

    def entries(self) -> Iterator[Entry]:
        """Every rule, layer by layer."""
        for layer in self.layers:
            yield from layer.entries

    def factual(self, *, name: str, first: Scalar | None, is_bare: bool, source: Source) -> list[Entry]:
        """Rules that conclude a literal of that name; `first` is its first argument, None if it is not known yet."""
        trees = ((layer.factual, at) for at, layer in enumerate(self.layers))
        return self._found(trees, name, first, is_bare, source)

    def norms(self, *, name: str, first: Scalar | None, is_bare: bool, source: Source) -> list[Entry]:
        """Norms about a literal of that name; no globs over actions."""
        trees = ((layer.norms, at) for at, layer in enumerate(self.layers))
        return self._found(trees, name, first, is_bare, source)

    def about(self, *, action: str, source: Source) -> list[Entry]:
        """Norms about the action, by its name or by a glob over it."""
        found = self.norms(name=action, first=None, is_bare=True, source=source)
        for at, layer in enumerate(self.layers):
            for prefix, globs in layer.globs.items():
                if action.startswith(prefix):
                    for glob, tree in globs:
                        if covers(glob=glob, text=action):
                            tree.find(source, self._later[at], found)
        return _once(found)

    def permissions(self, *, action: str, most: int) -> list[Entry]:
        """All permissive norms about the action; none if there are more than `most` norms about it."""
        trees = [layer.norms.get(action, {}).get(_NONE) for layer in self.layers]
        for layer in self.layers:
            for prefix, globs in layer.globs.items():
                if action.startswith(prefix):
                    trees += [tree for glob, tree in globs if covers(glob=glob, text=action)]
        some = [tree for tree in trees if tree is not None]
        if sum(tree.size for tree in some) > most:
            return []
        return _once([entry for tree in some for entry in tree.every() if entry.modality is Modality.PERMISSION])

    def naming(self, *, action: str, source: Source) -> list[Entry]:
        """Prescriptive rules whose body names the action."""
        found: list[Entry] = []
        for at, layer in enumerate(self.layers):
            tree = layer.naming.get(action)
            if tree is not None:
                tree.find(source, self._later[at], found)
            if layer.naming_any is not None:
                layer.naming_any.find(source, self._later[at], found)
        return _once(found)

    def stronger_than(self, rule: str) -> set[str]:
        """Ids that a preference puts over this one."""
        return _united(layer.stronger.get(rule) for layer in self.layers)

    def weaker_than(self, rule: str) -> set[str]:
        """Ids that a preference puts under this one."""
        return _united(layer.weaker.get(rule) for layer in self.layers)

    def _found(
        self, trees: Iterable[tuple[Heads, int]], name: str, first: Scalar | None, is_bare: bool, source: Source
    ) -> list[Entry]:
        found: list[Entry] = []
        for heads, at in trees:
            by_first = heads.get(name)
            if by_first is None:
                continue
            if is_bare:
                chosen = [by_first.get(_NONE)]
            elif first is None:
                chosen = [tree for key, tree in by_first.items() if key is not _NONE]
            else:
                chosen = [by_first.get(first), by_first.get(_ANY)]
            for tree in chosen:
                if tree is not None:
                    tree.find(source, self._later[at], found)
        return _once(found)


def book_of(theory: Theory) -> Book:
    """The theory, indexed: what `decide` asks. It may be kept and used for any number of questions."""
    return Book((Layer(theory, ()),))


def _union(sets: tuple[frozenset[str], ...]) -> Container[str]:
    some = [each for each in sets if each]
    return some[0] if len(some) == 1 else Names(tuple(some)) if some else frozenset()


def _once(found: list[Entry]) -> list[Entry]:
    return found if len(found) < 2 else list(dict.fromkeys(found))


_EMPTY: set[str] = set()


def _united(sets: Iterable[set[str] | None]) -> set[str]:
    some = [each for each in sets if each]
    if not some:
        return _EMPTY
    return some[0] if len(some) == 1 else set().union(*some)


def _by_head(entries: Iterable[Entry], derived: Container[str]) -> Heads:
    groups: dict[str, dict[object, dict[Entry, None]]] = {}
    for entry in entries:
        for head in entry.heads:
            groups.setdefault(head.name, {}).setdefault(_first(head, entry), {})[entry] = None
    return {
        name: {first: Tree(list(group), derived) for first, group in by_first.items()}
        for name, by_first in groups.items()
    }


def _first(head: Pattern, entry: Entry) -> object:
    if not head.args:
        return _NONE
    first = head.args[0]
    if isinstance(first, Variable):
        return _ANY
    is_pattern = head.name == "approved" and isinstance(first, str) and is_glob(first)
    return _ANY if is_pattern and entry.modality is not Modality.FACT else first


def _is_glob_over_actions(entry: Entry) -> bool:
    return any(is_glob(head.name) and not head.args for head in entry.heads)


def _by_glob(entries: Iterable[Entry], derived: Container[str]) -> dict[str, list[tuple[str, Tree]]]:
    groups: dict[str, list[Entry]] = {}
    for entry in entries:
        for name in {head.name for head in entry.heads if not head.args}:
            groups.setdefault(name, []).append(entry)
    by_prefix: dict[str, list[tuple[str, Tree]]] = {}
    for name, group in groups.items():
        by_prefix.setdefault(literal_prefix(name), []).append((name, Tree(group, derived)))
    return by_prefix


def _by_mention(entries: Iterable[Entry], derived: Container[str]) -> tuple[dict[str, Tree], Tree | None]:
    groups: dict[str, list[Entry]] = {}
    anywhere: list[Entry] = []
    for entry in entries:
        names = entry.mentions()
        if names is None:
            anywhere.append(entry)
        else:
            for name in names:
                groups.setdefault(name, []).append(entry)
    return {name: Tree(group, derived) for name, group in groups.items()}, Tree(anywhere, derived) if anywhere else None
