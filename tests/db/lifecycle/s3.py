"""A real HTTP server that speaks S3, in this process, and buckets in it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from uuid import uuid4

from minio import Minio

from routing.lifecycle import buckets
from routing.lifecycle.places import Place

SECRET = "not-to-be-printed"


@cache
def server() -> str:
    """Its host and port; started once, dies with the process."""
    import logging

    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    made = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    made.start()
    host, port = made.get_host_and_port()
    return f"{host}:{port}"


def place(**changes: object) -> Place:
    """An empty bucket of its own."""
    made = Place(
        host=server(),
        bucket=f"b-{uuid4()}",
        key="key",
        secret=SECRET,
        is_secure=False,
        prefix="tars/",
        region="eu-west-1",
    )
    client(made).make_bucket(made.bucket, location="eu-west-1")
    return replace(made, **changes)  # type: ignore[arg-type]


def client(at: Place) -> Minio:
    return buckets._client(at)


@contextmanager
def impatient() -> Iterator[None]:
    """Waits and tries less: nobody listens in these tests."""
    before = buckets.CONNECT, buckets.READ, buckets.TRIES
    buckets.CONNECT, buckets.READ, buckets.TRIES = 0.2, 0.2, 0  # type: ignore[misc]
    try:
        yield
    finally:
        buckets.CONNECT, buckets.READ, buckets.TRIES = before  # type: ignore[misc]
