"""What a mail says: plain text, the same as HTML, and a subject that is one short line. Pure.

The markup carries its styles itself, because mail programs read nothing else; it is the only one in TARS that does.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from urllib.parse import urlencode
from uuid import UUID

SUBJECT_LENGTH = 110
_BODY = (
    "margin:0;padding:24px;background:#fbfbfa;color:#1a1b19;font:15px/1.5 system-ui,-apple-system,'Segoe UI',sans-serif"
)
_CARD = "max-width:560px;margin:0 auto;padding:24px;background:#ffffff;border:1px solid #e7e7e3;border-radius:10px"
_SMALL = "margin:16px 0 0;color:#595b56;font-size:13px"
_LINK = "color:#1a1b19"


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail without its address."""

    subject: str
    body: str
    html: str


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to say, and the path inside TARS where it can be seen."""

    sentence: str
    path: str


@dataclass(frozen=True, slots=True)
class Home:
    """The tenant that a mail is from, and where TARS is found."""

    tenant_id: UUID
    name: str
    public_url: str

    def link(self, path: str) -> str:
        """An address that leads to a path in this tenant, whichever tenant its reader works in."""
        query = urlencode({"to": path}, safe="/")
        return f"{self.public_url.rstrip('/')}/tenants/{self.tenant_id}/go/?{query}"


def news(item: Item, *, home: Home, is_urgent: bool) -> Letter:
    """One notice as a mail."""
    subject = f"Urgent: {item.sentence}" if is_urgent else item.sentence
    return _letter(subject, "", [item], home=home)


def digest(items: Sequence[Item], *, home: Home, left_out: int = 0) -> Letter:
    """Several notices as one mail; `left_out` more stand only in TARS."""
    count = len(items) + left_out
    subject = f"{count} notice{'' if count == 1 else 's'} from {home.name}"
    rest = f"{left_out} more stand in your notices." if left_out else ""
    return _letter(subject, rest, items, home=home)


def one_line(text: str, *, length: int = SUBJECT_LENGTH) -> str:
    """Text that can stand in a header: no line ends, no control or direction characters, not too long."""
    seen = "".join(" " if unicodedata.category(char) in {"Cc", "Zl", "Zp"} else char for char in text)
    # Cf holds the marks that turn the direction of what follows: a subject could be made to read as another one.
    flat = " ".join("".join(char for char in seen if unicodedata.category(char) not in {"Cf", "Cs"}).split())
    return flat if len(flat) <= length else f"{flat[: length - 1].rstrip()}…"


def _letter(subject: str, rest: str, items: Sequence[Item], *, home: Home) -> Letter:
    settings = home.link("/notices/preferences/")
    told = "\n\n".join(f"{_text(item.sentence)}\n{home.link(item.path)}" for item in items)
    why = (
        f"You get this because you belong to {_text(home.name)} in TARS. Nothing can be decided by answering this mail."
    )
    body = "\n\n".join(part for part in (told, rest) if part) + f"\n\n-- \n{why}\nChange what is mailed: {settings}\n"
    blocks = "".join(
        f'<p style="margin:0 0 4px">{escape(item.sentence)}</p>'
        f'<p style="margin:0 0 20px"><a style="{_LINK}" href="{escape(home.link(item.path))}">Open in TARS</a></p>'
        for item in items
    )
    html = (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(one_line(subject))}</title></head>'
        f'<body style="{_BODY}"><div style="{_CARD}">'
        f'<p style="margin:0 0 20px;font-weight:700;letter-spacing:.08em">TARS</p>{blocks}'
        f"{f'<p>{escape(rest)}</p>' if rest else ''}"
        f'<p style="{_SMALL}">{escape(why)} <a style="{_LINK}" href="{escape(settings)}">Change what is mailed</a></p>'
        "</div></body></html>"
    )
    return Letter(one_line(subject), body, html)


def _text(said: str) -> str:
    return one_line(said, length=2000)
