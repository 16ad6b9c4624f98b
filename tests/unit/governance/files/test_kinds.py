"""What may be kept, by name and by content."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.files.kinds import NAME_LENGTH, TYPES, Fault, clean_name, fault_of, human_size


@pytest.mark.parametrize(
    ("name", "clean"),
    [
        ("report.pdf", "report.pdf"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\me\\plan.md", "plan.md"),
        (".htaccess.txt", "htaccess.txt"),
        ("a\u202egnp.exe", "agnp.exe"),
        ("line\nbreak\x00.csv", "line break.csv"),
        ("", "file"),
        ("...", "file"),
        ('a"b<c>.txt', "abc.txt"),
        ("übersicht.pdf", "übersicht.pdf"),
    ],
)
def test_clean_name(name: str, clean: str) -> None:
    assert clean_name(name) == clean


@given(st.text(max_size=400))
def test_clean_name__of_anything__is_short_plain_and_stays(name: str) -> None:
    clean = clean_name(name)
    assert 0 < len(clean) <= NAME_LENGTH
    assert not set(clean) & set('/\\"<>\r\n\x00')
    assert clean_name(clean) == clean


@pytest.mark.parametrize(
    ("name", "content", "fault"),
    [
        ("a.pdf", b"%PDF-1.7 ...", None),
        ("a.png", b"\x89PNG\r\n\x1a\n....", None),
        ("a.jpeg", b"\xff\xd8\xff\xe0..", None),
        ("a.txt", "Größe\n".encode(), None),
        ("a.csv", b"\xef\xbb\xbfa,b\r\n1,2\r\n", None),
        ("a.json", b'{"a": 1}', None),
        ("a.md", b"# Plan\n", None),
        ("a.html", b"<p>", Fault.TYPE),
        ("a.svg", b"<svg/>", Fault.TYPE),
        ("noending", b"text", Fault.TYPE),
        ("a.txt", b"", Fault.EMPTY),
        ("a.pdf", b"MZ\x90\x00", Fault.CONTENT),
        ("a.png", b"%PDF-1.7", Fault.CONTENT),
        ("a.txt", b"%PDF-1.7", Fault.CONTENT),
        ("a.txt", b"a\x00b", Fault.CONTENT),
        ("a.csv", b"\xff\xfe", Fault.CONTENT),
        ("a.json", b"{'a': 1}", Fault.CONTENT),
        ("a.json", b"[" * 100_000, Fault.CONTENT),
    ],
)
def test_fault_of(name: str, content: bytes, fault: Fault | None) -> None:
    assert fault_of(name=name, content=content, types=TYPES) is fault


def test_human_size() -> None:
    assert [human_size(size) for size in (12, 14 * 1024, 3_355_443)] == ["12 bytes", "14 KB", "3.2 MB"]
