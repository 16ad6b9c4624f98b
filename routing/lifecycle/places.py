"""Where a bucket for archive files is, as the environment says it. Pure.

| variable | meaning | default |
|---|---|---|
| `TARS_ARCHIVE_BUCKET` | the bucket; without it archive files lie in a folder | none |
| `TARS_ARCHIVE_ENDPOINT` | the store's address, such as `https://s3.eu-central-1.amazonaws.com` | none |
| `TARS_ARCHIVE_KEY`, `_SECRET` | the access key and its secret | none |
| `TARS_ARCHIVE_REGION` | the bucket's region | `us-east-1` |
| `TARS_ARCHIVE_PREFIX` | what every object's name begins with, such as `tars/archives` | none |
| `TARS_ARCHIVE_ADDRESSING` | `path`, `host`, or `auto`: by host at the providers that ask for it | `auto` |
| `TARS_ARCHIVE_CA` | a file with the certificates to trust | the usual ones |
| `TARS_ARCHIVE_INSECURE_HTTP` | `1`: an address without TLS that is not this machine | refused |
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

_BUCKET: Final = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_REGION: Final = re.compile(r"[a-zA-Z0-9-]{1,40}")
_PREFIX: Final = re.compile(r"[A-Za-z0-9!_.*'()-]+(/[A-Za-z0-9!_.*'()-]+)*")
_HERE: Final = {"localhost", "127.0.0.1", "::1"}
_NAME: Final = "TARS_ARCHIVE_"


@dataclass(frozen=True, slots=True)
class Place:
    """One bucket. `host` has a port where the address names one; `prefix` is empty or ends with a slash."""

    host: str
    bucket: str
    key: str = field(repr=False)
    secret: str = field(repr=False)
    is_secure: bool = True
    region: str = "us-east-1"
    prefix: str = ""
    addressing: str = "auto"
    ca: str = ""

    @property
    def said(self) -> str:
        """As people are told it; no secret."""
        return f"the bucket {self.bucket} at {self.host}"


def place_of(env: Mapping[str, str]) -> Place | None:
    """The bucket that the environment names; None where it names none. Raises ValueError with a sentence, and never with a
    secret in it."""
    said = {name: env.get(_NAME + name, "").strip() for name in ("BUCKET", "ENDPOINT", "KEY", "SECRET")}
    missing = [_NAME + name for name, value in said.items() if not value]
    if len(missing) == len(said):
        return None
    if missing:
        raise ValueError(
            f"Archive files in a bucket need {', '.join(missing)} too; without any of them a folder is used."
        )
    prefix = env.get(f"{_NAME}PREFIX", "").strip().strip("/")
    host, is_secure = _address(said["ENDPOINT"], may_be_bare=env.get(f"{_NAME}INSECURE_HTTP", "") == "1")
    return Place(
        host=host,
        bucket=_fits("BUCKET", said["BUCKET"], _BUCKET, "3 to 63 small letters, digits, dots and hyphens"),
        key=said["KEY"],
        secret=said["SECRET"],
        is_secure=is_secure,
        region=_fits(
            "REGION", env.get(f"{_NAME}REGION", "").strip() or "us-east-1", _REGION, "letters, digits and hyphens"
        ),
        prefix=_fits("PREFIX", prefix, _PREFIX, "names with slashes between them") + "/" if prefix else "",
        addressing=_one_of("ADDRESSING", env.get(f"{_NAME}ADDRESSING", "").strip() or "auto", ("auto", "path", "host")),
        ca=env.get(f"{_NAME}CA", "").strip(),
    )


def _address(text: str, *, may_be_bare: bool) -> tuple[str, bool]:
    """Host (with port) and whether TLS is spoken."""
    try:
        found = urlsplit(text)
        is_address = found.scheme in {"http", "https"} and bool(found.hostname) and found.port != 0
    except ValueError:
        is_address = False
    if not is_address:
        raise ValueError(f"{_NAME}ENDPOINT is an address such as https://s3.eu-central-1.amazonaws.com.")
    if found.username or found.password or found.path.strip("/") or found.query or found.fragment:
        raise ValueError(
            f"{_NAME}ENDPOINT is only https://, a host and maybe a port: bucket, prefix and keys have their own."
        )
    if found.scheme == "http" and found.hostname not in _HERE and not may_be_bare:
        raise ValueError(
            f"{_NAME}ENDPOINT is {found.scheme}://{found.netloc}: away from this machine archive files need https. Where the "
            f"network is yours alone, set {_NAME}INSECURE_HTTP to 1."
        )
    return found.netloc, found.scheme == "https"


def _fits(name: str, value: str, pattern: re.Pattern[str], words: str) -> str:
    if not pattern.fullmatch(value):
        raise ValueError(f"{_NAME}{name} is {value!r}: it takes {words}.")
    return value


def _one_of(name: str, value: str, values: tuple[str, ...]) -> str:
    if value not in values:
        raise ValueError(f"{_NAME}{name} is {value!r}: use {', '.join(values)}.")
    return value
