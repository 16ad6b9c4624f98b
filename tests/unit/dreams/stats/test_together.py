"""Many hypotheses together, guardrails, and how many pairs a plan needs."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dreams.stats.betting import log_e_above
from dreams.stats.multiplicity import Correction, benjamini_yekutieli, e_bh, holm, refuted
from dreams.stats.noninferiority import Standing, held
from dreams.stats.size import each_for_shares, pairs_for_betting, pairs_for_mean, power_of_betting

P_VALUES = st.dictionaries(st.sampled_from("abcdefgh"), st.floats(0, 1), min_size=1)


def test_holm__step_by_step() -> None:
    p_values = {"a": 0.01, "b": 0.04, "c": 0.03, "d": 0.005}
    assert holm(p_values, alpha=0.05) == {"a", "d"}
    assert holm(p_values, alpha=0.05, family=8) == {"d"}, "who was planned and never run counts"
    assert holm({}, alpha=0.05) == frozenset()


@given(p_values=P_VALUES, alpha=st.sampled_from([0.01, 0.05, 0.3]))
@settings(max_examples=40, deadline=None)
def test_corrections__between_bonferroni_and_none_and_as_scipy(p_values: dict[str, float], alpha: float) -> None:
    from scipy.stats import false_discovery_control

    m = len(p_values)
    bonferroni = {name for name, p in p_values.items() if p <= alpha / m}
    assert bonferroni <= holm(p_values, alpha=alpha) <= {name for name, p in p_values.items() if p <= alpha}
    adjusted = dict(zip(p_values, false_discovery_control(list(p_values.values()), method="by"), strict=True))
    clear = {name for name, p in adjusted.items() if abs(p - alpha) > 1e-9}
    assert benjamini_yekutieli(p_values, alpha=alpha) & clear == {name for name in clear if adjusted[name] <= alpha}


def test_e_bh__wang_and_ramdas() -> None:
    log_e = {name: math.log(e) for name, e in {"a": 90.0, "b": 41.0, "c": 27.0, "d": 1.0}.items()}
    assert e_bh(log_e, alpha=0.05) == {"a", "b", "c"}, "27 ≥ 4 / (0.05 · 3)"
    assert e_bh(log_e, alpha=0.05, family=5) == frozenset()
    assert refuted(log_e, by=Correction.E_BH, alpha=0.05) == {"a", "b", "c"}
    assert refuted(log_e, by=Correction.HOLM, alpha=0.05) == {"a"}
    assert refuted(log_e, by=Correction.BENJAMINI_YEKUTIELI, alpha=0.05) == frozenset()


@pytest.mark.parametrize("bad", [{"family": 1}, {"alpha": 0.0}])
def test_corrections__what_cannot_be__refused(bad: dict[str, float]) -> None:
    for step in (holm, benjamini_yekutieli, e_bh):
        with pytest.raises(ValueError):
            step({"a": 0.1, "b": 0.2}, **({"alpha": 0.05} | bad))  # type: ignore[arg-type]
    with pytest.raises(ValueError):
        holm({"a": 1.1}, alpha=0.05)


def test_held__fine_bad_and_unknown() -> None:
    def standing(gains: list[float], margin: float = 0.05) -> Standing:
        return held(gains, margin=margin, alpha=0.05, low=-1.0, high=1.0).standing

    assert standing([0.0] * 200) is Standing.NON_INFERIOR
    assert standing([0.0] * 20) is Standing.UNDECIDED, "twenty pairs show nothing about five in a hundred"
    assert standing([-1.0, 0.0] * 50) is Standing.INFERIOR
    assert standing([0.0, -0.1] * 100) is Standing.UNDECIDED, "exactly on the margin"
    assert standing([-1.0] * 9, margin=1.0) is Standing.NON_INFERIOR, "nothing can be lost that is not allowed"
    with pytest.raises(ValueError):
        standing([0.0], margin=-0.1)


def test_sizes__as_in_the_textbook() -> None:
    assert pairs_for_mean(effect=0.5, sd=1.0, alpha=0.025, power=0.8) == 32
    assert each_for_shares(first=0.85, second=0.65, alpha=0.025, power=0.8) == 73
    for call in (
        lambda: pairs_for_mean(effect=0, sd=1, alpha=0.05, power=0.8),
        lambda: each_for_shares(first=0.5, second=0.5, alpha=0.05, power=0.8),
        lambda: pairs_for_betting(effect=0.1, sd=0.2, alpha=0.05, power=0.8, null=0.1),
    ):
        with pytest.raises(ValueError):
            call()


@pytest.mark.parametrize(
    ("effect", "sd", "null"), [(0.1, 0.25, 0.02), (0.05, 0.1, 0.0), (0.08, 0.4, 0.0), (0.2, 0.4, 0.0)]
)
def test_pairs_for_betting__that_many_pairs__have_the_power(effect: float, sd: float, null: float) -> None:
    n = pairs_for_betting(effect=effect, sd=sd, alpha=0.05, power=0.8, null=null)
    assert power_of_betting(n, effect=effect, sd=sd, alpha=0.05, null=null) >= 0.8
    assert power_of_betting(n // 2, effect=effect, sd=sd, alpha=0.05, null=null) < 0.8
    draws = np.clip(np.random.default_rng(1).normal(effect, sd, (300, n)), -1, 1)
    hits = np.mean([log_e_above(row, null=null, low=-1.0) >= math.log(20) for row in draws])
    assert hits >= 0.78, hits
