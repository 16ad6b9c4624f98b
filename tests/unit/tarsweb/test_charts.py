from __future__ import annotations

import json
from datetime import date
from decimal import Decimal

import pytest
from plotly.offline import get_plotlyjs_version

from tarsweb import charts

WEEKS = [date(2026, 11, 3), date(2026, 11, 10)]


def test_line_with_band__figure__is_small_and_carries_no_template() -> None:
    figure = charts.line_with_band(WEEKS, [0.02, None], low=[0.0, None], high=[0.05, None], name="Rate", target=0.05)
    assert "template" not in figure["layout"]
    assert len(json.dumps(figure)) < 2500
    assert figure["data"][2]["x"] == ["2026-11-03", "2026-11-10"]


def test_stacked_bars__two_series__have_a_legend_and_tokens_for_colours() -> None:
    figure = charts.stacked_bars(WEEKS, {"a": [1, 2], "b": [Decimal("1.5"), 0]})
    assert figure["layout"]["showlegend"] is True
    assert [trace["marker"]["color"] for trace in figure["data"]] == ["--chart-1", "--chart-2"]


def test_bars__columns_of_different_length__refused() -> None:
    with pytest.raises(ValueError, match="different lengths"):
        charts.bars(WEEKS, [1], name="a")


def test_vendored_plotly__is_the_version_the_python_package_speaks() -> None:
    from pathlib import Path

    name = f"plotly-cartesian-{get_plotlyjs_version()}.min.js"
    assert (Path(charts.__file__).parents[1] / "static" / "vendor" / name).is_file()
