"""`tars`: the command line. Exit codes: 0 done, 1 refused or a failed check, 2 wrong use.

Commands on files the user gives need no database and import no Django; everything heavy is imported inside its command.
"""

from __future__ import annotations

import sys

import typer

from governance.errors import DomainError
from tarsweb.cli import (
    archive,
    constitution,
    demo,
    documents,
    dream,
    drift,
    estop,
    experiment,
    ledger,
    mcp,
    policy,
    policy_import,
    reembed,
    remote,
    route,
    route_eval,
    tenants,
    up,
    work,
)
from tarsweb.client.errors import ClientError, Problem

app = typer.Typer(
    name="tars",
    help="The control plane in which AI agents are governed.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for part in (
    up,
    demo,
    documents,
    dream,
    drift,
    estop,
    policy,
    policy_import,
    ledger,
    remote,
    constitution,
    route,
    route_eval,
    experiment,
    reembed,
    work,
    archive,
    tenants,
    mcp,
):
    part.register(app)


def main() -> None:
    """The entry point: a refusal becomes its sentence on standard error and exit code 1."""
    try:
        app()
    except DomainError as error:
        print(error.sentence, file=sys.stderr)
        for pointer, sentence in error.problems:
            print(f"  {pointer or '/'}: {sentence}", file=sys.stderr)
        sys.exit(1)
    except ClientError as error:
        print(error, file=sys.stderr)
        if isinstance(error, Problem):
            for pointer, sentence in error.errors:
                print(f"  {pointer or '/'}: {sentence}", file=sys.stderr)
            if error.link:
                print(f"  Go on here: {error.link}", file=sys.stderr)
        sys.exit(1)
    except BrokenPipeError:
        sys.exit(1)
