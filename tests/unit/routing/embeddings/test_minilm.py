"""The local sentence model: the reference's numbers, the pinned files, and one load however many threads come first."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import psutil
import pytest

from routing.embeddings import files, minilm
from routing.embeddings.errors import ModelMissing
from routing.embeddings.minilm import MiniLM, installed_at

ROOT = Path(__file__).resolve().parents[4]
GOLDEN = json.loads((Path(__file__).parent / "golden.json").read_text())
HOW_MANY = 10_000 if os.environ.get("TARS_PROOF") == "full" else 300


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The model's folder with a small file where the weights were."""
    folder = installed_at()
    assert folder is not None
    shutil.copy(folder / minilm.TOKENIZER, tmp_path)
    (tmp_path / minilm.WEIGHTS).write_bytes(b"\x02\0\0\0\0\0\0\0{}")
    return tmp_path


def test_embed__ten_texts__the_reference_model_to_a_millionth(minilm: MiniLM) -> None:
    vectors = minilm.embed(GOLDEN["texts"])
    assert np.abs(vectors[:, :8] - np.array(GOLDEN["first"])).max() < 1e-6
    assert np.abs(vectors @ vectors.T - np.array(GOLDEN["cosines"])).max() < 1e-6


def test_embed__beyond_256_pieces__the_beginning_counts(minilm: MiniLM) -> None:
    beginning = "pay the invoice " * 100
    one, other, short = minilm.embed(
        [beginning + "today", beginning + "never, say the lawyers", "pay the invoice " * 50]
    )
    assert np.allclose(one, other, atol=1e-6) and not np.allclose(one, short, atol=1e-3)


@pytest.mark.proof
def test_embed__very_many_texts__in_order_and_in_bounded_memory(minilm: MiniLM) -> None:
    texts = [f"invoice {number} " + "of the data team " * (number % 7) for number in range(HOW_MANY)]
    minilm.embed(texts[:50])
    before = psutil.Process().memory_info().rss
    vectors = minilm.embed(texts)
    assert psutil.Process().memory_info().rss - before < 120e6
    for place in range(0, HOW_MANY, HOW_MANY // 20):
        assert np.allclose(vectors[place], minilm.embed([texts[place]])[0], atol=1e-5)


def test_model__is_named_after_its_weights() -> None:
    assert minilm.NAME == "all-MiniLM-L6-v2@53aa51172d14"


def test_load__other_weights__are_refused(copy: Path) -> None:
    with pytest.raises(ModelMissing, match=r"model\.safetensors is not the one that TARS knows"):
        MiniLM(copy).embed(["x"])


def test_load__other_words__are_refused(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "tensors", lambda path, sha256: {})
    with (copy / minilm.TOKENIZER).open("ab") as file:
        file.write(b" ")
    with pytest.raises(ModelMissing, match=r"tokenizer\.json is not the one"):
        MiniLM(copy).embed(["x"])


def test_load__no_file__says_which_and_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ModelMissing, match=r"model\.safetensors cannot be read .*TARS_EMBEDDER"):
        MiniLM(tmp_path).embed(["x"])


def test_load__no_wheel__says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(minilm, "WHEEL", "no_such_wheel")
    assert not minilm.is_installed()
    with pytest.raises(ModelMissing, match="not installed"):
        MiniLM().embed(["x"])


def test_tensors__same_file_again__is_not_hashed_again(monkeypatch: pytest.MonkeyPatch, minilm: MiniLM) -> None:
    minilm.embed(["x"])
    monkeypatch.setattr("hashlib.file_digest", None)
    MiniLM().embed(["x"])


def test_load__eight_threads_first__loads_once(monkeypatch: pytest.MonkeyPatch) -> None:
    loads, real = [], files.tensors
    monkeypatch.setattr(files, "tensors", lambda *args, **named: loads.append(1) or real(*args, **named))
    fresh = MiniLM()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(fresh.embed, [["hello"]] * 8))
    assert loads == [1]


def test_weights__are_the_files_own_pages_and_cannot_be_written(minilm: MiniLM) -> None:
    weights = minilm._load().weights
    assert all(
        not tensor.flags.owndata and not tensor.flags.writeable and tensor.flags.aligned for tensor in weights.values()
    )


PROGRAM = """
import os, sys
os.environ.pop("OPENBLAS_NUM_THREADS", None)
import django
django.setup()
import numpy, psutil
from routing.embeddings.choice import current
mine = current().embed(["hello there"])
child = os.fork()
if not child:
    numpy.random.default_rng(1)
    os._exit(0 if numpy.allclose(current().embed(["hello there", "you"])[0], mine[0]) else 3)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
print(psutil.Process().num_threads())
"""


def test_embed__before_and_after_a_fork__works_quietly_on_one_thread() -> None:
    """Web and task workers are forked, and one that takes every core slows all others down."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=ROOT,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "tarsweb.settings"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, "1", "")
