"""The list of people as a file that is taken away."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode

from governance.exports.sources import Asked, Source
from governance.exports.table import Column, Row
from governance.scope import Scope
from governance.web import now
from tarsweb.people import queries
from tarsweb.people.forms import FilterForm

_WORDS: Final = {"q": "with the words", "role": "role", "factor": "second factor", "state": "state"}


def filter_of(parameters: Mapping[str, str]) -> queries.Filter:
    """What an address asks the list for; a value that does not exist narrows nothing."""
    form = FilterForm(parameters)
    form.is_valid()
    return queries.Filter(**{name: value for name, value in form.cleaned_data.items() if value})


def asked(scope: Scope, parameters: Mapping[str, str]) -> Asked:
    said = {name: value for name, value in asdict(filter_of(parameters)).items() if value}
    words = ", ".join(f"{_WORDS[name]} {value}" for name, value in said.items())
    # Who stands in for whom is read for the moment at which the list was asked for, also by a job.
    return Asked(payload={**said, "at": now().isoformat()}, words=words, query=urlencode(said))


def count(scope: Scope, payload: dict[str, Any], most: int) -> int:
    return min(len(_found(scope, payload)), most)


def chunk(scope: Scope, payload: dict[str, Any], cursor: Any) -> tuple[list[Row], Any]:
    """All at once: a tenant has as many people as seats."""
    return [Row(dict(line.as_row())) for line in _found(scope, payload)], None


def _found(scope: Scope, payload: dict[str, Any]) -> tuple[queries.PersonLine, ...]:
    at = datetime.fromisoformat(payload["at"])
    return queries.people(scope=scope, filter=filter_of(payload), at=at)


SOURCE = Source(
    kind="people",
    title="People",
    columns=tuple(map(Column, queries.COLUMNS)),
    formats=("csv", "json"),
    asked=asked,
    count=count,
    chunk=chunk,
)
