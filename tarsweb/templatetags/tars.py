"""The tags and filters of the look: `{% load tars %}`. Usage of each is shown in docs/look.md."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from urllib.parse import quote

from django import template
from django.core.paginator import Page
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.html import format_html, format_html_join, json_script
from django.utils.safestring import SafeString, mark_safe

from tarsweb import humane
from tarsweb.icons import ICONS
from tarsweb.jsonlines import Line, lines_of

register = template.Library()

NOTHING = "—"
_CENT = Decimal("0.01")


@register.simple_tag
def icon(name: str, label: str = "") -> SafeString:
    """One inline SVG. Without a label it is decoration, hidden from assistive technology. KeyError: unknown name."""
    hidden = format_html('role="img" aria-label="{}"', label) if label else mark_safe('aria-hidden="true"')
    return format_html(
        '<svg class="icon" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.75" '
        'stroke-linecap="round" stroke-linejoin="round" {}>{}</svg>',
        hidden,
        mark_safe(ICONS[name]),
    )


# -- times


@register.filter(name="ago")
def ago_filter(value: datetime | date | None) -> SafeString | str:
    """`<time>` with a relative text ("2 days ago", "in 5 h") and the exact UTC time in its title."""
    if value is None or value == "":
        return NOTHING
    return _time(value, humane.ago(value, now=timezone.now(), zone=timezone.get_current_timezone()))


@register.simple_tag
def ago(value: datetime | date | None) -> SafeString | str:
    """The same as the filter."""
    return ago_filter(value)


@register.filter
def day(value: datetime | date | None) -> SafeString | str:
    """`<time>` with the day in the reader's zone: 18 Nov 2026."""
    return NOTHING if value is None or value == "" else _time(value, humane.day(_local(value)))


@register.filter
def moment(value: datetime | None) -> SafeString | str:
    """`<time>` with day and minute in the reader's zone: 18 Nov 2026, 16:04."""
    return NOTHING if value is None or value == "" else _time(value, humane.moment(_local(value)))


@register.filter
def utc(value: datetime | None) -> str:
    """The exact moment in UTC as text, for sentences that must mean the same to everybody."""
    return NOTHING if value is None else humane.exact(value)


def _local(value: date) -> date:
    return timezone.localtime(value) if isinstance(value, datetime) else value


def _time(value: date, text: str) -> SafeString:
    return format_html('<time datetime="{}" title="{}">{}</time>', value.isoformat(), humane.exact(value), text)


# -- words with a mark: never colour alone


@register.simple_tag
def effect_chip(effect: str) -> SafeString:
    """tightens, expands, neutral, unclassified."""
    return _chip(humane.EFFECTS.get(str(effect)) or humane.Mark("◆", humane.words(str(effect)), "open"))


@register.filter
def effect_mark(effect: str) -> str:
    """The mark alone, for a list whose sentences already say the effect."""
    return humane.EFFECTS.get(str(effect), humane.EFFECTS["unclassified"]).mark


@register.simple_tag
def state_chip(state: str) -> SafeString:
    """A proposal's state: draft, proposed, changes_requested, approved, scheduled, applied, rejected, …"""
    return _chip(humane.STATES.get(str(state)) or humane.Mark("○", humane.words(str(state)), ""))


@register.simple_tag
def chip(text: str, tone: str = "", mark: str = "") -> SafeString:
    """Any other chip; tone is one of tighten, expand, bad, accent, open or nothing."""
    return _chip(humane.Mark(mark, text, tone))


def _chip(mark: humane.Mark) -> SafeString:
    sign = format_html('<span class="mark" aria-hidden="true">{}</span>', mark.mark) if mark.mark else ""
    return format_html('<span class="chip{}">{}{}</span>', f" {mark.tone}" if mark.tone else "", sign, mark.word)


@register.simple_tag
def type_label(amendment_type: str) -> str:
    """dream_promotion → Dream promotion."""
    return humane.words(str(amendment_type)).capitalize()


@register.filter(name="type_label")
def type_label_filter(amendment_type: str) -> str:
    return type_label(amendment_type)


# -- numbers and digests


@register.filter
def device(user_agent: str) -> str:
    """Firefox on Linux."""
    return humane.device(user_agent)


@register.filter
def thousands(value: int | Decimal | str | None) -> str:
    """18204 → 18,204."""
    return NOTHING if value is None or value == "" else humane.thousands(value)


@register.filter
def money(value: Decimal | int | str | None, currency: str = "") -> str:
    """1200 → 1,200.00, with a currency 1,200.00 USD; never fewer than two decimals, never a float."""
    return NOTHING if value is None or value == "" else f"{humane.money(value)} {currency}".rstrip()


@register.filter
def usd(value: Decimal | str | None) -> str:
    """0.126000 → 0.13 USD: what a piece of work cost; what is there and rounds to nothing is under 0.01 USD."""
    if value is None:
        return NOTHING
    amount = Decimal(value)
    return "under 0.01 USD" if 0 < amount < _CENT else f"{humane.money(amount.quantize(_CENT, ROUND_HALF_UP))} USD"


@register.filter
def took(ms: float | Decimal | None) -> str:
    """How long something took: 604 ms, 4.6 s, 1 min 7 s."""
    return NOTHING if ms is None else humane.took(float(ms))


@register.filter
def percent(value: float | Decimal | None, places: int = 1) -> str:
    """A share of one: 0.0283 → 2.8 %."""
    return NOTHING if value is None else f"{float(value) * 100:.{places}f} %"


@register.filter
def short_digest(value: str | bytes | memoryview | None) -> SafeString | str:
    """sha256:9f2c…e41b, with the whole digest in the title."""
    if not value:
        return NOTHING
    full, short = humane.digest(value)
    return format_html('<span class="mono nowrap" title="{}">{}</span>', full, short)


# -- JSON


@register.filter
def pretty_json(value: Any) -> str:
    """Indented JSON text, two spaces, keys in their order."""
    return json.dumps(value, indent=2, ensure_ascii=False, default=str)


@register.simple_tag
def json_lines(
    value: Any, prefix: str = "", marks: Mapping[str, str] | None = None, label: str = "JSON", link: str = ""
) -> SafeString:
    """Numbered lines with the ids `{prefix}{JSON pointer}`; `marks` gives pointers a class (add, del), inherited.

    `link` makes the first word of each line a link to `{link}?pointer=…`.
    """
    rows = format_html_join("", "{}", ((_json_line(line, prefix, marks or {}, link),) for line in lines_of(value)))
    return format_html(
        '<div class="scroll" tabindex="0" role="region" aria-label="{}"><ol class="json" role="list">{}</ol></div>',
        label,
        rows,
    )


def _json_line(line: Line, prefix: str, marks: Mapping[str, str], link: str = "") -> SafeString:
    tokens = format_html_join("", '<span class="{}">{}</span>', line.tokens)
    if link and line.opens and line.pointer and line.tokens[0][0] != "p":
        kind, text = line.tokens[0]
        first = format_html('<a class="{}" href="{}?pointer={}">{}</a>', kind, link, quote(line.pointer), text)
        tokens = first + format_html_join("", '<span class="{}">{}</span>', line.tokens[1:])
    anchor = format_html(' id="{}"', prefix + line.pointer) if line.opens else ""
    tone = next((marks[p] for p in humane.ancestors(line.pointer) if p in marks), "")
    return format_html(
        '<li class="json-line{}"{}><code>{}{}</code></li>',
        f" {tone}" if tone else "",
        anchor,
        "  " * line.depth,
        tokens,
    )


# -- structure


@register.simple_tag
def chart_data(id: str, figure: Mapping[str, Any]) -> SafeString:
    """The figure beside its plot, as a JSON block that the script `charts.js` reads."""
    return json_script(figure, f"{id}-figure")


@register.simple_tag
def stacked_bars(chart: Mapping[str, Any]) -> Mapping[str, Any]:
    """`{% stacked_bars chart as figure %}`: bars of `x` and `series` by name, for slices that lie below `tarsweb`."""
    from tarsweb import charts

    return charts.stacked_bars(chart["x"], chart["series"], colours=("--chart-1", "--chart-3"))


@register.simple_tag
def lines(chart: Mapping[str, Any]) -> Mapping[str, Any]:
    """`{% lines chart as figure %}`: lines of `x` and `series` by name, for slices that lie below `tarsweb`."""
    from tarsweb import charts

    return charts.lines(chart["x"], chart["series"])


@register.simple_tag
def ranking(chart: Mapping[str, Any]) -> Mapping[str, Any]:
    """`{% ranking chart as figure %}`: bars below each other, from `names`, `values` and `options` (of `charts.ranking`)."""
    from tarsweb import charts

    return charts.ranking(chart["names"], chart["values"], **chart.get("options", {}))


@register.simple_block_tag
def dialog(content: str, id: str, title: str) -> SafeString:
    """`{% dialog "undo" title="Roll back AMD-42" %}…{% enddialog %}`; opened by `data-opens="undo"`."""
    return render_to_string("components/_dialog.html", {"id": id, "title": title, "content": content})


@register.filter
def elided(page: Page[Any]) -> list[int | str]:
    """The page numbers to show, with an ellipsis where some are left out."""
    return list(page.paginator.get_elided_page_range(page.number, on_each_side=1, on_ends=1))


@register.filter
def message_tone(level_tag: str) -> str:
    """Django's message level as a notice's tone."""
    return {"success": "good", "warning": "warn", "error": "bad"}.get(level_tag, "")
