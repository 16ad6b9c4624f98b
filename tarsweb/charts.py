"""Plotly figures in the look: small dicts for `json_script`, with colours as token names that the browser resolves.

"--chart-1" is a colour of tokens.css, "--chart-1/0.15" the same, 15 % opaque. No default template travels along (it
would add 6 KB to each figure). Plotly is imported when the first figure is built, and refuses malformed ones there.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

Figure = dict[str, Any]
X = Sequence[str] | Sequence[date] | Sequence[float]

_MOST_LABELS = 8
"""Below bars: more would stand aslant or over each other."""
COLOURS = ("--chart-1", "--chart-2", "--chart-3", "--chart-4", "--chart-5")
_DASHES, _MARKS = ("solid", "dot", "dash"), ("circle", "diamond", "square")
"""Never colour alone."""
_FONT = {"family": "Inter, ui-sans-serif, system-ui, sans-serif", "size": 12, "color": "--ink-2"}
_AXIS: dict[str, Any] = {"fixedrange": True, "zeroline": False, "ticks": "", "automargin": True, "linecolor": "--line"}
_LAYOUT: dict[str, Any] = {
    "paper_bgcolor": "rgba(0,0,0,0)",
    "plot_bgcolor": "rgba(0,0,0,0)",
    "font": _FONT,
    "margin": {"l": 8, "r": 8, "t": 8, "b": 8, "pad": 6},
    "xaxis": {**_AXIS, "showgrid": False, "showline": True},
    "yaxis": {**_AXIS, "showgrid": True, "gridcolor": "--line", "nticks": 5, "rangemode": "tozero"},
    "hovermode": "x unified",
    "hoverlabel": {"bgcolor": "--raised", "bordercolor": "--edge", "font": {**_FONT, "color": "--ink"}},
    "legend": {"orientation": "h", "x": 0, "y": 1.02, "xanchor": "left", "yanchor": "bottom", "traceorder": "normal"},
    "showlegend": False,
    "dragmode": False,
    "bargap": 0.35,
}


def line_with_band(
    x: X,
    y: Sequence[float | None],
    *,
    low: Sequence[float | None],
    high: Sequence[float | None],
    name: str,
    target: float | None = None,
    target_name: str = "Target",
    y_format: str = "",
) -> Figure:
    """A line with its confidence band, and a dashed target. All sequences have one length; None leaves a gap.

    `y_format` is a d3 format such as ".1%". Raises ValueError when the lengths differ.
    """
    _same_length(x, y, low, high)
    edge = {"mode": "lines", "line": {"width": 0}, "hoverinfo": "skip", "showlegend": False}
    line = {"width": 2, "color": "--chart-1", "shape": "linear"}
    traces: list[Figure] = [
        {"type": "scatter", "x": x, "y": high, **edge},
        {"type": "scatter", "x": x, "y": low, "fill": "tonexty", "fillcolor": "--chart-1/0.14", **edge},
        {"type": "scatter", "x": x, "y": y, "name": name, "mode": "lines+markers", "line": line, "marker": {"size": 5}},
    ]
    layout: Figure = {"yaxis": {"tickformat": y_format, "hoverformat": y_format}}
    if target is not None:
        layout |= {"shapes": [_target_line(target)], "annotations": [_target_label(target, target_name)]}
    return _figure(traces, layout)


def lines(
    x: X, series: Mapping[str, Sequence[float | None]], *, y_format: str = "", most: float | None = None
) -> Figure:
    """Lines over each other with a legend; None leaves a gap, `most` ends the axis. Raises ValueError when the lengths differ."""
    _same_length(x, *series.values())
    traces = [
        {
            "type": "scatter",
            "x": x,
            "y": y,
            "name": name,
            "mode": "lines+markers",
            "line": {"width": 2, "color": COLOURS[index % len(COLOURS)], "dash": _DASHES[index % len(_DASHES)]},
            "marker": {"size": 5, "symbol": _MARKS[index % len(_MARKS)]},
        }
        for index, (name, y) in enumerate(series.items())
    ]
    axis: Figure = {"tickformat": y_format, "hoverformat": y_format}
    if most is not None:
        axis["range"] = [0, most]
    return _figure(traces, {"showlegend": len(traces) > 1, "yaxis": axis})


def bars(x: X, y: Sequence[float | None], *, name: str, y_format: str = "", colour: str = COLOURS[0]) -> Figure:
    """One series of bars. Raises ValueError when the lengths differ."""
    return stacked_bars(x, {name: y}, y_format=y_format, colours=(colour,))


def ranking(
    names: Sequence[str],
    values: Sequence[float | None],
    *,
    name: str,
    x_format: str = "",
    colour: str = COLOURS[0],
    target: float | None = None,
    target_name: str = "Target",
) -> Figure:
    """Named things as bars below each other, the first on top, so that long names can be read on a phone; and a dashed target.

    Raises ValueError when the lengths differ.
    """
    _same_length(names, values)
    bar = {"type": "bar", "orientation": "h", "x": values, "y": names, "name": name, "marker": {"color": colour}}
    layout: Figure = {
        "hovermode": "y unified",
        "xaxis": {"tickformat": x_format, "hoverformat": x_format, "showgrid": True, "gridcolor": "--line",
                  "nticks": 5, "rangemode": "tozero", "showline": False},
        "yaxis": {"type": "category", "autorange": "reversed", "showgrid": False, "nticks": len(names)},
    }  # fmt: skip
    if target is not None:
        line = {**_target_line(target), "xref": "x", "yref": "paper", "x0": target, "x1": target, "y0": 0, "y1": 1}
        place = {"x": target, "xanchor": "left", "yref": "paper", "y": 0, "yanchor": "bottom"}
        label = {**place, "text": target_name, "showarrow": False, "font": {"color": "--chart-bad", "size": 11}}
        layout |= {"shapes": [line], "annotations": [label]}
    return _figure([bar], layout)


def stacked_bars(
    x: X,
    series: Mapping[str, Sequence[float | None]],
    *,
    y_format: str = "",
    colours: Sequence[str] = COLOURS,
) -> Figure:
    """Bars stacked in the order given, with a legend when there is more than one series."""
    _same_length(x, *series.values())
    traces = [
        {"type": "bar", "x": x, "y": y, "name": name, "marker": {"color": colours[index % len(colours)]}}
        for index, (name, y) in enumerate(series.items())
    ]
    axis = {"tickformat": y_format, "hoverformat": y_format}
    layout = {"barmode": "stack", "showlegend": len(traces) > 1, "xaxis": {"nticks": _MOST_LABELS}, "yaxis": axis}
    return _figure(traces, layout)


def _same_length(*columns: Sequence[Any]) -> None:
    lengths = {len(column) for column in columns}
    if len(lengths) > 1:
        raise ValueError(f"The columns of a chart have different lengths: {sorted(lengths)}.")


def _target_line(at: float) -> Figure:
    line = {"color": "--chart-bad", "width": 1.25, "dash": "dot"}
    return {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": at, "y1": at, "line": line}


def _target_label(at: float, name: str) -> Figure:
    place = {"xref": "paper", "x": 1, "xanchor": "right", "y": at, "yanchor": "bottom"}
    return {**place, "text": name, "showarrow": False, "font": {"color": "--chart-bad", "size": 11}}


def _figure(traces: list[Figure], layout: Figure) -> Figure:
    """The traces in the look, checked by plotly: it refuses unknown attributes and impossible values (ValueError)."""
    figure = _plain({"data": traces, "layout": _merged(_LAYOUT, layout)})
    _check(figure)
    return figure


def _merged(base: Mapping[str, Any], over: Mapping[str, Any]) -> Figure:
    both = {key: _merged(base[key], value) if _is_pair(base, key, value) else value for key, value in over.items()}
    return {**base, **both}


def _is_pair(base: Mapping[str, Any], key: str, value: Any) -> bool:
    return isinstance(value, Mapping) and isinstance(base.get(key), Mapping)


def _plain(value: Any) -> Any:
    """JSON types only: dates as ISO text, Decimal as a number for the eye, tuples as lists."""
    return json.loads(
        json.dumps(value, default=lambda item: item.isoformat() if isinstance(item, date) else float(item))
    )


def _check(figure: Figure) -> None:
    import plotly.graph_objects as go

    go.Figure(data=_painted(figure["data"]), layout=_painted(figure["layout"]))


def _painted(value: Any) -> Any:
    """The figure with black for every token: plotly knows no CSS variables."""
    if isinstance(value, dict):
        return {key: _painted(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_painted(item) for item in value]
    return "#000" if isinstance(value, str) and value.startswith("--") else value
