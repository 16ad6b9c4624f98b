"""Whether the two sides got the observations that were planned for them. Pure."""

from __future__ import annotations


def sample_ratio_p(first: int, second: int, *, expected: float = 0.5) -> float:
    """The exact binomial p of `first` of all observations on the first side where `expected` of them belong there.

    A small p says that something decides who is counted, so that no comparison is fair (Fabijan et al., "Diagnosing sample ratio
    mismatch in online controlled experiments", KDD 2019). 1 without observations. Raises ValueError for impossible counts.
    """
    if min(first, second) < 0 or not 0 < expected < 1:
        raise ValueError(f"{first} and {second} with {expected} expected are no counts of two sides.")
    if first == second and expected == 0.5:
        return 1.0
    from scipy import stats

    return float(stats.binomtest(first, first + second, expected).pvalue)
