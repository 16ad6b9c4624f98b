"""`tars dream list` and `report`, against the real API."""

from __future__ import annotations

import json

from tests import factories as make
from tests.db.dreams import desk
from tests.flows.api.test_client import Remote, remote

__all__ = ["remote"]


def test_terminal__lists_nights_and_prints_the_report_of_the_newest_that_is_over(remote: Remote) -> None:
    cast = desk.cast()
    empty = remote(cast.cy, "dream", "report")
    assert empty.exit_code == 1 and "No night is over yet" in empty.stderr
    cycle = desk.ran(cast, desk.planned(cast))
    assert cycle.cycle_id in remote(cast.cy, "dream", "list", "--state", "won").stdout
    assert remote(cast.cy, "dream", "list", "--system", "nobody").stdout == ""
    said = remote(cast.cy, "dream", "report")
    assert said.exit_code == 0, (said.output, said.exception)
    assert f"Plan {cycle.plan_digest}: its stored bytes have this digest." in said.stdout
    assert "  dummy  " in said.stdout and "all_hold: " in said.stdout and "gain +" in said.stdout
    report = json.loads(remote(cast.cy, "dream", "report", cycle.cycle_id, "--json").stdout)
    assert report["night"] == cycle.cycle_id and report["plan"]["is_whole"]
    assert remote(make.stranger(), "dream", "report", cycle.cycle_id).exit_code == 1
