"""`demo`: make it, fill it, and say who may sign in."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from governance.errors import DomainError
from tarsweb.demo import actions, passwords, people, removal, tasks, worlds


class Command(BaseCommand):
    """Run as the application role. Refused where other machines can reach TARS."""

    help = "The demo: --prepare makes it (the worker fills it), --fill does here, --logins prints the logins, --remove closes it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Exactly one of the four; `--json` for machines."""
        what = parser.add_mutually_exclusive_group(required=True)
        what.add_argument("--prepare", action="store_true", help="make tenants, people and systems; print the logins")
        what.add_argument("--fill", action="store_true", help="play the history here instead of in the worker")
        what.add_argument("--logins", action="store_true", help="print the logins again")
        what.add_argument("--remove", action="store_true", help="close the demo's tenants and end its people's sign-in")
        parser.add_argument("--json", action="store_true", help="one JSON object instead of text")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Raises CommandError with the refusal's sentence."""
        try:
            if options["fill"]:
                self._fill(as_json=options["json"])
            elif options["remove"]:
                self._remove(as_json=options["json"])
            else:
                self._logins(prepare=options["prepare"], as_json=options["json"])
        except DomainError as error:
            raise CommandError(error.sentence) from error

    def _logins(self, *, prepare: bool, as_json: bool) -> None:
        known = worlds.load()
        passwords.demand_local()
        if prepare:
            at = timezone.now()
            actions.prepare(at=at, worlds=known)
            tasks.start_filling(at=at)
        found = people.logins(known)
        if not found:
            raise CommandError("There is no demo here. `demo --prepare` makes it.")
        self.stdout.write(_as_json(found) if as_json else people.table(found))

    def _fill(self, *, as_json: bool) -> None:
        reports = actions.fill()
        if not reports:
            raise CommandError("Another process is filling the demo. Its progress is on the overview page.")
        if as_json:
            self.stdout.write(json.dumps({world: asdict(report) for world, report in reports.items()}))
            return
        for world, report in reports.items():
            done = f"{report.played} steps played, {report.skipped} had been"
            self.stdout.write(f"{world}: {done}, {len(report.refused)} no longer fitted")

    def _remove(self, *, as_json: bool) -> None:
        done = removal.remove(by="the operator of this installation", at=timezone.now())
        if not done.tenants:
            raise CommandError("There is no demo here to remove.")
        said = f"{done.tenants} demo tenants closed, {done.people} people of the demo cannot sign in. The record stays."
        self.stdout.write(json.dumps(asdict(done)) if as_json else said)


def _as_json(found: tuple[people.Login, ...]) -> str:
    return json.dumps({"logins": [asdict(login) for login in found]}, ensure_ascii=False)
