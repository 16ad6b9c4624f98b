"""Archive files as objects of an S3-compatible bucket.

An object appears whole or not at all: one request, or parts that the store joins at the end. What is dropped is dropped in
every version that the bucket keeps of it: destroyed is destroyed.
"""

from __future__ import annotations

import io
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from routing.lifecycle.errors import StoreFailed
from routing.lifecycle.places import Place

if TYPE_CHECKING:
    from minio import Minio

CONNECT, READ, TRIES = 5.0, 30.0, 3
"""Seconds and times: rows are locked meanwhile, so a store that does not answer must not keep them for long."""
PART: Final = 16 * 1024 * 1024
PIECE: Final = 1024 * 1024
LARGEST: Final = 1_000_000_000
"""Bytes that are read of one object at most."""

_GONE: Final = {"NoSuchKey", "NoSuchObject", "NoSuchVersion"}
_KEYS: Final = {"AccessDenied", "InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken", "AllAccessDisabled"}
_ELSEWHERE: Final = {"PermanentRedirect", "AuthorizationHeaderMalformed", "IllegalLocationConstraintException"}
_UNKNOWN: Final = {"NotImplemented", "MethodNotAllowed"}


class Missing(Exception):
    """There is no such object."""


class Bucket:
    """Objects in one bucket, each under the place's prefix."""

    def __init__(self, place: Place) -> None:
        self.place = place

    def put(self, name: str, data: bytes) -> None:
        """Sent whole; large ones in parts, which the store joins at the end or forgets."""
        with self._asked():
            self._client.put_object(
                self.place.bucket, self._at(name), io.BytesIO(data), len(data), part_size=PART, num_parallel_uploads=1
            )

    def get(self, name: str) -> bytes | None:
        try:
            with self._asked():
                return self._read(name)
        except Missing:
            return None

    def has(self, name: str) -> bool:
        try:
            with self._asked():
                self._client.stat_object(self.place.bucket, self._at(name))
        except Missing:
            return False
        return True

    def drop(self, name: str) -> None:
        with suppress(Missing), self._asked():
            for version in self._versions(name):
                self._client.remove_object(self.place.bucket, self._at(name), version_id=version)

    def names(self, prefix: str) -> Iterator[str]:
        """Read to their end before the first is given: one may be dropped while they are looked at."""
        with self._asked():
            rows = self._client.list_objects(self.place.bucket, prefix=self._at(prefix), recursive=True)
            found = [str(one.object_name).removeprefix(self.place.prefix) for one in rows]
        yield from found

    def look(self) -> None:
        """Ask for the bucket. Raises `StoreFailed` with what is wrong."""
        with self._asked():
            next(iter(self._client.list_objects(self.place.bucket, prefix=self.place.prefix)), None)

    @property
    def _client(self) -> Minio:
        return _client(self.place)

    def _at(self, name: str) -> str:
        return f"{self.place.prefix}{name}"

    def _read(self, name: str) -> bytes:
        answer = self._client.get_object(self.place.bucket, self._at(name))
        try:
            found = bytearray()
            for piece in answer.stream(PIECE):
                found += piece
                if len(found) > LARGEST:
                    raise StoreFailed(f"{name} in {self.place.said} is larger than any archive file.")
            return bytes(found)
        finally:
            answer.close()
            answer.release_conn()

    def _versions(self, name: str) -> list[str | None]:
        """Every version of the object; [None] where the store knows no versions."""
        from minio.error import S3Error

        place, at = self.place, self._at(name)
        try:
            rows = self._client.list_objects(place.bucket, prefix=at, recursive=True, include_version=True)
            return [one.version_id for one in rows if one.object_name == at]
        except S3Error as error:
            if error.code in _UNKNOWN:
                return [None]
            raise

    @contextmanager
    def _asked(self) -> Iterator[None]:
        """Whatever the store answers, as a sentence. The keys are in none."""
        from minio.error import MinioException, S3Error
        from urllib3.exceptions import HTTPError

        try:
            yield
        except S3Error as error:
            if error.code in _GONE:
                raise Missing from error
            raise StoreFailed(self._sentence(error.code or "nothing")) from error
        except MinioException as error:
            raise StoreFailed(f"What is at {self.place.host} does not answer as an S3 store does.") from error
        except (HTTPError, OSError) as error:
            raise StoreFailed(self._unreached(error)) from error

    def _unreached(self, error: Exception) -> str:
        from urllib3.exceptions import SSLError

        place, tls = self.place, getattr(error, "reason", error)
        if not isinstance(tls, SSLError):
            return f"The archive store, {place.said}, cannot be reached. Try again later."
        if place.ca and not _is_readable(place.ca):
            return f"TARS_ARCHIVE_CA names {place.ca}, and no certificates can be read there. Name the file of your CA."
        if "CERTIFICATE_VERIFY_FAILED" in str(tls):
            return f"TARS does not trust the certificate of {place.host}. Name the file of its CA in TARS_ARCHIVE_CA."
        return f"The archive store, {place.said}, speaks no TLS that TARS knows. Look at TARS_ARCHIVE_ENDPOINT."

    def _sentence(self, code: str) -> str:
        place = self.place
        if code == "NoSuchBucket":
            return f"There is no bucket {place.bucket} at {place.host}. Make it, or change TARS_ARCHIVE_BUCKET."
        if code in _KEYS:
            return f"{place.host} does not let TARS into the bucket {place.bucket} ({code}). Look at its key and its rights."
        if code in _ELSEWHERE:
            return f"The bucket {place.bucket} is in another region than {place.region}. Set TARS_ARCHIVE_REGION."
        return f"The archive store, {place.said}, answered {code}. Try again later."


def _is_readable(path: str) -> bool:
    """Whether certificates can be read from the file."""
    try:
        ssl.create_default_context(cafile=path)
    except OSError:
        return False
    return True


@lru_cache(maxsize=4)
def _client(place: Place) -> Minio:
    import certifi
    import urllib3
    from minio import Minio

    pool = urllib3.PoolManager(
        timeout=urllib3.Timeout(connect=CONNECT, read=READ),
        retries=urllib3.Retry(total=TRIES, backoff_factor=0.2, status_forcelist=[500, 502, 503, 504]),
        ca_certs=place.ca or certifi.where(),
    )
    made = Minio(
        place.host,
        access_key=place.key,
        secret_key=place.secret,
        secure=place.is_secure,
        region=place.region,
        http_client=pool,
    )
    if place.addressing == "path":
        made.disable_virtual_style_endpoint()  # type: ignore[no-untyped-call]
    elif place.addressing == "host":
        made.enable_virtual_style_endpoint()  # type: ignore[no-untyped-call]
    return made
