"""What commands on the installation's database share: Django inside, one sentence and exit code 2 where there is none."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

import typer


@contextmanager
def database() -> Iterator[None]:
    """Django on the installation's database; one sentence and exit code 2 when there is none."""
    import os

    from governance.errors import DomainError

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tarsweb.settings")
    try:
        import django
        from django.core.exceptions import ImproperlyConfigured
        from django.db import Error

        django.setup()
    except DomainError as error:
        fail(error.sentence)
    except ImproperlyConfigured as error:
        fail(str(error))
    try:
        yield
    except Error as error:
        said = str(error).strip().splitlines()[0]
        fail(f"The database does not answer ({said}). Start it with `make up`, or give a file.")


def fail(sentence: str) -> NoReturn:
    """Wrong use, or nothing to work on: the sentence, and exit code 2."""
    typer.echo(sentence, err=True)
    raise typer.Exit(2)


def say(text: str) -> None:
    """UTF-8 whatever the terminal's locale says."""
    sys.stdout.flush()
    sys.stdout.buffer.write(f"{text}\n".encode("utf-8", "backslashreplace"))
    sys.stdout.buffer.flush()
