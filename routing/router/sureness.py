"""How sure a request's nearest rules make, as `scoring` judges them with what the tenant's head has learned."""

from __future__ import annotations

from collections.abc import Sequence

from routing.embeddings.embedder import Vectors
from routing.router.confidence import Against, confidence
from routing.router.heads import label_of
from routing.router.nearest import NearRule
from routing.router.scoring import Near, Trained, judged


def of_rules(
    rules: Sequence[NearRule], *, model: str, text: str, vector: Vectors, trained: Trained | None
) -> list[float]:
    """For each rule, nearest first, how sure it makes, before its own confidence. `trained` is the tenant's (`heads.head_of`).

    The nearest rule of a label stands for it; one that is farther makes no surer than its own cosine does.
    """
    near = [Near(label_of(rule.system_id, rule.action), rule.cosine) for rule in rules]
    found = judged(near, model=model, text=text, vector=vector, trained=trained)
    first: set[str] = set()
    sure = []
    for one in near:
        own = confidence(one.cosine, model=model, against=Against.PATTERN) if one.label in first else 1.0
        sure.append(min(found[one.label], own))
        first.add(one.label)
    return sure
