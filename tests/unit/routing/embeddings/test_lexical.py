"""The embedder without a model: the same numbers in every process and release."""

from __future__ import annotations

import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import numpy as np

from routing.embeddings.lexical import DIMENSIONS, NAME, Lexical

ROOT = Path(__file__).resolve().parents[4]
TEXTS = ["Audit payroll compliance", "audit the payroll", "crème brûlée", ""]


def digest() -> str:
    return sha256(np.round(Lexical().embed(TEXTS), 5).tobytes()).hexdigest()[:16]


def test_embed__kept_vectors__stay_comparable_until_the_name_changes() -> None:
    assert (NAME, DIMENSIONS, digest()) == ("lexical-384@1", 384, "b069cffdf4cfe918")


def test_embed__other_process_with_another_hash_seed__the_same() -> None:
    program = "from tests.unit.routing.embeddings.test_lexical import digest; print(digest())"
    for seed in ("1", "2"):
        done = subprocess.run(
            [sys.executable, "-c", program],
            cwd=ROOT,
            env={"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout.strip() == digest()


def test_embed__case_and_width_of_letters__do_not_matter() -> None:
    one, other = Lexical().embed(["AUDIT payroll", "ａｕｄｉｔ Payroll"])
    assert np.allclose(one, other)


def test_embed__misspelt__is_nearer_than_another_word() -> None:
    asked, misspelt, other = Lexical().embed(["payroll compliance", "payrol complience", "weather forecast"])
    assert asked @ misspelt > 0.4 > asked @ other


def test_embed__words_that_say_little__count_little() -> None:
    asked, same, filler = Lexical().embed(
        ["could you please audit it for me", "audit", "could you please do it for me"]
    )
    assert asked @ same > asked @ filler - 0.35
