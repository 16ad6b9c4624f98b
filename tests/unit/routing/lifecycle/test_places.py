"""Where a bucket is, as the environment says it; what is missing or weak is refused with a sentence, and no secret is shown."""

from __future__ import annotations

import pytest

from routing.lifecycle.places import place_of

ALL = {
    "TARS_ARCHIVE_BUCKET": "tars-archives",
    "TARS_ARCHIVE_ENDPOINT": "https://s3.eu-central-1.amazonaws.com",
    "TARS_ARCHIVE_KEY": "AKIA",
    "TARS_ARCHIVE_SECRET": "hush",
}


def test_place__of_nothing_is_none__of_everything_is_whole() -> None:
    assert place_of({"TARS_ARCHIVES": "/x"}) is None
    found = place_of({**ALL, "TARS_ARCHIVE_PREFIX": "/tars/live/", "TARS_ARCHIVE_REGION": "eu-central-1"})
    assert found is not None and (found.prefix, found.is_secure, found.addressing) == ("tars/live/", True, "auto")
    assert found.host == "s3.eu-central-1.amazonaws.com" and "hush" not in repr(found) and "AKIA" not in repr(found)
    here = place_of({**ALL, "TARS_ARCHIVE_ENDPOINT": "http://127.0.0.1:9000/"})
    assert here is not None and (here.host, here.is_secure, here.prefix) == ("127.0.0.1:9000", False, "")
    bare = {"TARS_ARCHIVE_ENDPOINT": "http://minio.lan:9000", "TARS_ARCHIVE_INSECURE_HTTP": "1"}
    assert place_of({**ALL, **bare}) is not None


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"TARS_ARCHIVE_SECRET": ""}, "need TARS_ARCHIVE_SECRET too"),
        ({"TARS_ARCHIVE_ENDPOINT": "s3.amazonaws.com"}, "is an address such as"),
        ({"TARS_ARCHIVE_ENDPOINT": "https://a:b@s3.amazonaws.com"}, "is only https://"),
        ({"TARS_ARCHIVE_ENDPOINT": "https://s3.amazonaws.com/bucket"}, "is only https://"),
        ({"TARS_ARCHIVE_ENDPOINT": "https://s3.amazonaws.com:port"}, "is an address such as"),
        ({"TARS_ARCHIVE_ENDPOINT": "http://minio.lan:9000"}, "need https"),
        ({"TARS_ARCHIVE_BUCKET": "No_Bucket"}, "small letters"),
        ({"TARS_ARCHIVE_PREFIX": "a//b"}, "slashes between"),
        ({"TARS_ARCHIVE_REGION": "eu west"}, "letters, digits"),
        ({"TARS_ARCHIVE_ADDRESSING": "other"}, "use auto, path, host"),
    ],
)
def test_place__missing_or_weak__refused(change: dict[str, str], said: str) -> None:
    with pytest.raises(ValueError, match=said) as refusal:
        place_of({**ALL, **change})
    assert "hush" not in str(refusal.value)
