"""The settings choose; a kept vector's model is found again or named as missing; a start without its embedder is refused."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.core.management.base import SystemCheckError

from routing.embeddings import minilm
from routing.embeddings.checks import refuse_useless_embedder
from routing.embeddings.choice import current, named
from routing.embeddings.errors import UnknownModel

ROOT = Path(__file__).resolve().parents[4]


def outside(settings: Any, url: str = "https://models.example.com/v1") -> None:
    settings.EMBEDDER, settings.EMBEDDER_URL, settings.EMBEDDER_MODEL = "openai", url, "words-1"


def test_current__nothing_set__is_the_local_sentence_model() -> None:
    assert current().model == minilm.NAME
    assert current() is current()


def test_current__as_set(settings: Any) -> None:
    settings.EMBEDDER = "lexical"
    assert current().model == "lexical-384@1"
    outside(settings)
    assert current().model == "words-1@models.example.com"
    settings.EMBEDDER_MODEL = "words-2"
    assert current().model == "words-2@models.example.com"


def test_named__local_models__whatever_is_set(settings: Any) -> None:
    outside(settings)
    assert [named(model).model for model in (minilm.NAME, "lexical-384@1")] == [minilm.NAME, "lexical-384@1"]


def test_named__service_that_is_still_set__though_another_makes_the_new_ones(settings: Any) -> None:
    outside(settings)
    settings.EMBEDDER = "minilm"
    assert named("words-1@models.example.com").model == "words-1@models.example.com"


@pytest.mark.parametrize(
    "model", ["", "words-1@elsewhere.example.com", "all-MiniLM-L6-v2@000000000000", "lexical-384@0"]
)
def test_named__model_of_nobody__says_what_to_do(model: str) -> None:
    with pytest.raises(UnknownModel, match="embed those texts again"):
        named(model)


def test_start__no_wheel__is_refused_and_nothing_falls_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(minilm, "WHEEL", "no_such_wheel")
    with pytest.raises(ImproperlyConfigured, match="The sentence model is not installed"):
        refuse_useless_embedder()
    with pytest.raises(SystemCheckError, match=r"routing\.E001.*The sentence model is not installed"):
        call_command("check")
    assert current().model == minilm.NAME


def test_start__no_wheel_but_another_embedder__is_fine(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    monkeypatch.setattr(minilm, "WHEEL", "no_such_wheel")
    settings.EMBEDDER = "lexical"
    refuse_useless_embedder()


def test_start__service_at_a_private_address__is_refused_unless_allowed(settings: Any) -> None:
    outside(settings, "http://127.0.0.1:9/v1")
    with pytest.raises(ImproperlyConfigured, match=r"TARS_EMBEDDER_URL.*TARS_OUTBOUND_ALLOW"):
        refuse_useless_embedder()
    settings.OUTBOUND_ALLOW = ["127.0.0.1"]
    refuse_useless_embedder()


@pytest.mark.parametrize(
    ("names", "said"),
    [
        ({"TARS_EMBEDDER": "word2vec"}, "use minilm, lexical or openai"),
        ({"TARS_EMBEDDER_DIMENSIONS": "-1"}, "1 to 4096"),
        ({"TARS_EMBEDDER": "openai"}, "set TARS_EMBEDDER_URL and TARS_EMBEDDER_MODEL too"),
    ],
)
def test_settings__that_cannot_be__stop_the_start_with_a_sentence(names: dict[str, str], said: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", "import tarsweb.settings"],
        cwd=ROOT,
        env={**os.environ, **names},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1 and said in done.stderr
