"""A chart is never only a picture: a sentence says what it shows, a table holds its numbers."""

from __future__ import annotations

import json
import re
from pathlib import Path

from tests import factories as make
from tests.flows.overview.test_overview import history, overview

TEMPLATES = Path(__file__).resolve().parents[3] / "templates"
INCLUDE = re.compile(r"{% include \"components/_chart.html\"[^%]*%}")


def test_every_include__gives_a_summary_and_the_numbers() -> None:
    places = [(path.name, tag) for path in TEMPLATES.rglob("*.html") for tag in INCLUDE.findall(path.read_text())]
    assert len(places) >= 2
    wanted = (" title=", " summary=", " columns=", " rows=")
    assert [place for place in places if not all(word in place[1] for word in wanted)] == []
    drawn = [path.name for path in TEMPLATES.rglob("*.html") if "data-plotly=" in path.read_text()]
    assert drawn == ["_chart.html"]


def test_every_chart_of_the_overview__says_its_sentence_and_shows_its_numbers() -> None:
    cast = make.cast()
    history(cast)
    figures = re.findall(r"<figure.*?</figure>", overview(cast.ada), re.DOTALL)
    assert len(figures) == 2
    for figure in figures:
        (summary,) = re.findall(r'<p class="summary">(.*?)</p>', figure, re.DOTALL)
        (label,) = re.findall(r'role="img"\s+aria-label="([^"]+)"', figure)
        assert len(summary.split()) > 4 and summary.strip() in label
        (data,) = re.findall(r'<script[^>]*type="application/json"[^>]*>(.*?)</script>', figure, re.DOTALL)
        (body,) = re.findall(r"<tbody>(.*?)</tbody>", figure, re.DOTALL)
        assert body.count("<tr>") == len(json.loads(data)["data"][-1]["x"])
        assert len(re.findall(r'<th scope="col"', figure)) == len(re.findall("<td", body)) / body.count("<tr>")
