"""From a running database to a product that can serve, in one process start: tables, cache table, static files."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.db.migrations.executor import MigrationExecutor


class Command(BaseCommand):
    """Run as the owner (`TARS_DATABASE_ROLE=owner`); with `--no-migrate` as the application role."""

    help = "Migrate, make the cache table, collect static files. Safe to repeat."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """`--no-migrate`: only make sure that nothing is pending."""
        parser.add_argument("--no-migrate", action="store_true")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Raises CommandError when migrations are pending and may not be run."""
        if options["no_migrate"]:
            self._refuse_pending()
        else:
            call_command("migrate", interactive=False, verbosity=options["verbosity"])
            self._make_cache_table()
        call_command("collectstatic", interactive=False, verbosity=0)

    def _refuse_pending(self) -> None:
        executor = MigrationExecutor(connection)
        pending = executor.migration_plan(executor.loader.graph.leaf_nodes())
        if pending:
            raise CommandError(
                f"{len(pending)} migrations are pending. Set TARS_DATABASE_OWNER_URL beside TARS_DATABASE_URL, so that "
                "the role that owns the tables can run them."
            )

    def _make_cache_table(self) -> None:
        call_command("createcachetable", verbosity=0)
        table = connection.ops.quote_name(str(settings.CACHES["default"]["LOCATION"]))
        role = connection.ops.quote_name(settings.APP_ROLE)
        with connection.cursor() as cursor:
            cursor.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO {role}")
