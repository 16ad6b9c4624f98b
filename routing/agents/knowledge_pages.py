"""Pages in a folder: Markdown files whose first line is the title; found by their words.

INVARIANT: a page's id is made of a-z, 0-9 and hyphens only, so that no id leads out of the folder.
"""

from __future__ import annotations

import os
import re
import unicodedata
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Final

DELETED: Final = ".deleted"
MOST_TITLE: Final = 200
MOST_TEXT: Final = 200_000
_ID = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_SNIPPET: Final = 160


class NoPage(Exception):
    """There is no page of that id."""


class PageTaken(Exception):
    """There is a page of that id with another text."""


@dataclass(frozen=True, slots=True)
class Page:
    """One page."""

    id: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Hit:
    """A page that was found, with where its words stand."""

    id: str
    title: str
    score: float
    snippet: str


class Pages:
    """The pages of one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def all(self) -> list[Page]:
        """Every page, by id."""
        found = sorted(path for path in self.folder.glob("*.md") if _ID.fullmatch(path.stem))
        return [_page(path) for path in found]

    def search(self, words: str, *, most: int) -> list[Hit]:
        """The best pages for the words, best first; a word in the title counts four times."""
        wanted = set(_words(words))
        hits = [hit for page in self.all() if (hit := _hit(page, wanted)) is not None]
        return sorted(hits, key=lambda hit: (-hit.score, hit.id))[:most]

    def create(self, *, title: str, text: str) -> tuple[Page, int]:
        """The new page and the bytes written: 0 when the very page is there already. Raises `PageTaken`."""
        page, content = _new(title, text)
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / f"{page.id}.md"
        try:
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(content)
        except FileExistsError:
            if path.read_bytes() != content:
                raise PageTaken from None
            return page, 0
        return page, len(content)

    def would_create(self, *, title: str, text: str) -> tuple[Page, int]:
        """What `create` would give; writes nothing. Raises `PageTaken`."""
        page, content = _new(title, text)
        path = self.folder / f"{page.id}.md"
        if not path.exists():
            return page, len(content)
        if path.read_bytes() != content:
            raise PageTaken
        return page, 0

    def page(self, id: str) -> Page:
        """One page. Raises `NoPage`."""
        path = self.folder / f"{id}.md"
        if not _ID.fullmatch(id) or not path.is_file():
            raise NoPage
        return _page(path)

    def delete(self, id: str) -> Page:
        """Move the page aside, where search does not find it. Raises `NoPage`."""
        page, path, aside = self.page(id), self.folder / f"{id}.md", self.folder / DELETED
        aside.mkdir(exist_ok=True)
        path.replace(aside / path.name)
        return page


def page_id(title: str) -> str:
    """The id that a title gives; `page` when it has no letter that an id can hold."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    return "-".join(re.findall(r"[a-z0-9]+", plain))[:80].strip("-") or "page"


def _new(title: str, text: str) -> tuple[Page, bytes]:
    page = Page(page_id(title), " ".join(title.split()), text.strip())
    return page, f"# {page.title}\n\n{page.text}\n".encode()


def _page(path: Path) -> Page:
    first, _, rest = path.read_text("utf-8", "replace").partition("\n")
    return Page(path.stem, first.removeprefix("#").strip() or path.stem, rest.strip())


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold())


def _hit(page: Page, wanted: set[str]) -> Hit | None:
    words = Counter(_words(page.text))
    for word in _words(page.title):
        words[word] += 4
    found = wanted & words.keys()
    if not found:
        return None
    times = sum(min(words[word], 10) for word in found)
    return Hit(page.id, page.title, round(len(found) / len(wanted) + times / 100, 4), _snippet(page.text, found))


def _snippet(text: str, found: set[str]) -> str:
    line = " ".join(text.split())
    folded = line.casefold()
    places = [place for word in found if (place := folded.find(word)) >= 0]
    start = max(min(places, default=0) - 40, 0)
    part = line[start : start + _SNIPPET]
    # Whole words only: what stands at a cut belongs to a word that begins or ends elsewhere.
    before, after = start > 0, start + _SNIPPET < len(line)
    part = part.partition(" ")[2] or part if before else part
    part = part.rpartition(" ")[0] or part if after else part
    return f"{'… ' if before else ''}{part}{' …' if after else ''}"
