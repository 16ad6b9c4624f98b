"""Scipy and optuna take seconds to import: nothing that a web worker imports, or that only decides, may load them."""

from __future__ import annotations

import subprocess
import sys

HEAVY = ("scipy", "optuna", "sqlalchemy")


def _loaded(code: str) -> str:
    said = f"import sys\n{code}\nprint([name for name in {HEAVY!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", said], capture_output=True, text=True, check=True, timeout=60)
    return done.stdout.strip().splitlines()[-1]


def test_web_worker__with_every_address__has_no_scipy_and_no_optuna() -> None:
    assert (
        _loaded(
            "from tarsweb.wsgi import application\nfrom django.urls import get_resolver\nget_resolver().reverse_dict"
        )
        == "[]"
    )


def test_a_verdict__decided__needs_no_scipy() -> None:
    code = """
import dreams.verdict.figures, dreams.stats.size, dreams.stats.means, dreams.stats.proportions, dreams.stats.bootstrap
from tests.unit.dreams.verdict.night import PLAN, good, seen
from dreams.verdict.judging import judge_night
assert judge_night(PLAN, {"one": seen(good())})["one"].verdict == "promote"
"""
    assert _loaded(code) == "[]"
