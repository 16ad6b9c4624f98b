"""Rules that hang on each other: circles, and lines that are too long. Linear in the theory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from governance.policy.entries import Entry, Pattern
from governance.policy.errors import Finding
from governance.policy.terms import Modality

DEEPEST = 10
MOST_NAMED = 20

Node = tuple[object, ...]
Graph = dict[Node, list[Node]]


def circles(entries: Sequence[Entry]) -> Iterator[Finding]:
    """Findings `circle` and `too_deep`, each naming its rules in order."""
    graph = _graph(entries)
    components = strongly_connected(graph)
    rounds = [found for found in components if len(found) > 1 or found[0] in graph.get(found[0], ())]
    for found in rounds[:MOST_NAMED]:
        names = _in_order(graph, set(found), entries)
        listed = " → ".join([*names[:12], *(["…"] if len(names) > 12 else []), names[0]])
        yield Finding(
            "circle", f"Rules hang on each other in a circle: {listed}. Break it at one of them.", tuple(names)
        )
    if len(rounds) > MOST_NAMED:
        yield Finding("circle", f"{len(rounds) - MOST_NAMED} more circles of rules.")
    if not rounds:
        yield from _too_deep(graph, components, entries)


def strongly_connected(graph: Graph) -> list[list[Node]]:
    """The components of the graph (Tarjan, without recursion), each before those that lead to it."""
    order: dict[Node, int] = {}
    low: dict[Node, int] = {}
    stack: list[Node] = []
    on_stack: set[Node] = set()
    found: list[list[Node]] = []
    for root in graph:
        if root in order:
            continue
        work: list[tuple[Node, Iterator[Node]]] = [(root, iter(graph[root]))]
        order[root] = low[root] = len(order)
        stack.append(root)
        on_stack.add(root)
        while work:
            node, following = work[-1]
            for after in following:
                if after not in order:
                    order[after] = low[after] = len(order)
                    stack.append(after)
                    on_stack.add(after)
                    work.append((after, iter(graph.get(after, ()))))
                    break
                if after in on_stack:
                    low[node] = min(low[node], order[after])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[node])
                if low[node] == order[node]:
                    component = []
                    while True:
                        each = stack.pop()
                        on_stack.discard(each)
                        component.append(each)
                        if each == node:
                            break
                    found.append(component)
    return found


def _graph(entries: Sequence[Entry]) -> Graph:
    """From a rule's literal to the atoms it asks for, and from an atom to the rules that speak of it, under either sign."""
    graph: Graph = {}
    for at, entry in enumerate(entries):
        kind = "fact" if entry.modality is Modality.FACT else "norm"
        asked = []
        for need in (*entry.needs, *entry.open_needs):
            asked.append(_asks(graph, "fact" if need.modality is Modality.FACT else "norm", need.pattern))
        for place, head in enumerate(entry.heads):
            node: Node = ("rule", at, place)
            graph.setdefault(_spoken(graph, kind, head), []).append(node)
            graph[node] = list(asked)
            asked = [*asked, _asks(graph, "norm", head), _asks(graph, "fact", head)] if len(entry.heads) > 1 else asked
    return graph


def _spoken(graph: Graph, kind: str, head: Pattern) -> Node:
    """The node from which a rule with this head is reached: its atom, or every atom of the name if it has variables."""
    name = (kind, head.name, len(head.args))
    node: Node = ("atom", *name, head.args) if head.is_ground else ("open", *name)
    if node not in graph:
        graph[node] = []
        graph.setdefault(("all", *name), []).append(node)
    return node


def _asks(graph: Graph, kind: str, pattern: Pattern) -> Node:
    """The node of what is asked: one atom (and the heads with variables that may be it), or every atom of the name."""
    name = (kind, pattern.name, len(pattern.args))
    if not pattern.is_ground:
        node: Node = ("all", *name)
        graph.setdefault(node, [])
        return node
    atom, asks, open_heads = ("atom", *name, pattern.args), ("asks", *name, pattern.args), ("open", *name)
    if asks not in graph:
        graph[asks] = [atom, open_heads]
        graph.setdefault(atom, [])
        if open_heads not in graph:
            graph[open_heads] = []
            graph.setdefault(("all", *name), []).append(open_heads)
    return asks


def _in_order(graph: Graph, inside: set[Node], entries: Sequence[Entry]) -> list[str]:
    """One way round through the component, beginning with the smallest id."""
    rules = sorted((node for node in inside if node[0] == "rule"), key=lambda node: _id(node, entries))
    start = rules[0]
    before: dict[Node, Node] = {}
    level = [start]
    while level and start not in before:
        following = []
        for node in level:
            for after in graph.get(node, ()):
                if after in inside and after not in before:
                    before[after] = node
                    following.append(after)
        level = following
    path, node = [start], before[start]
    while node != start:
        path.append(node)
        node = before[node]
    return [_id(each, entries) for each in [path[0], *reversed(path[1:])] if each[0] == "rule"]


def _id(node: Node, entries: Sequence[Entry]) -> str:
    return entries[node[1]].id  # type: ignore[call-overload]


def _too_deep(graph: Graph, components: list[list[Node]], entries: Sequence[Entry]) -> Iterator[Finding]:
    depth: dict[Node, int] = {}
    onward: dict[Node, Node] = {}
    for (node,) in components:
        best = max(graph.get(node, ()), key=lambda after: depth[after], default=None)
        depth[node] = (depth[best] if best is not None else 0) + (node[0] == "rule")
        if best is not None:
            onward[node] = best
    deep = sorted(
        (node for node in depth if node[0] == "rule" and depth[node] > DEEPEST), key=lambda n: _id(n, entries)
    )
    if not deep:
        return
    start = max(deep, key=lambda node: depth[node])
    path = [start]
    while path[-1] in onward:
        path.append(onward[path[-1]])
    names = [_id(node, entries) for node in path if node[0] == "rule"]
    listed = " → ".join(names[:12]) + (" → …" if len(names) > 12 else "")
    yield Finding(
        "too_deep",
        f"Rules hang on each other {depth[start]} deep, at most {DEEPEST} are allowed: {listed}. Conclude more in one step.",
        tuple(names),
    )
