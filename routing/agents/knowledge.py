"""The knowledge agent: pages that people look up, write and put away. `python -m routing.agents.knowledge [--http PORT]`

`TARS_KNOWLEDGE_DIR` names the folder of pages; without it every tool fails and says so.
"""

from __future__ import annotations

import os
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, Final

from mcp.server import MCPServer
from mcp.server.mcpserver import Context
from mcp.types import CallToolResult, ToolAnnotations
from pydantic import Field

from routing.agents.calls import is_dream
from routing.agents.knowledge_pages import MOST_TEXT, MOST_TITLE, NoPage, Pages, PageTaken
from routing.agents.serving import Failed, Work, serve

FOLDER: Final = "TARS_KNOWLEDGE_DIR"
_CREATES = ("create", "write", "add", "note")
_DELETES = ("delete", "remove")

server = MCPServer(
    "knowledge",
    instructions="Finds pages by their words, writes new ones and puts pages away. Everything lies in one local folder.",
    log_level="WARNING",
)

Title = Annotated[
    str, Field(min_length=1, max_length=MOST_TITLE, description="The page's title; its id follows from it.")
]
Text = Annotated[str, Field(max_length=MOST_TEXT, description="The page's text, Markdown.")]
Id = Annotated[str, Field(max_length=100, description="The page's id, as search gives it.")]


@server.tool(annotations=ToolAnnotations(title="Search pages", read_only_hint=True, idempotent_hint=True))
async def search(
    ctx: Context,
    query: Annotated[str, Field(max_length=100_000, description="Words to find.")],
    most: Annotated[int, Field(ge=1, le=50, description="How many pages at most.")] = 5,
) -> CallToolResult:
    """Find the pages that hold the words, best first. Changes nothing."""
    return await _found(ctx, query, most=most)


async def _found(ctx: Context, query: str, *, most: int = 5, lacking: str = "") -> CallToolResult:
    """The pages that hold the words. `lacking`: why nothing but looking was done, which makes the answer a partial one."""
    work = Work()
    try:
        pages = _pages()
        await ctx.report_progress(0, 1, "Searching")
        hits = pages.search(query, most=most)
        await ctx.report_progress(1, 1, f"Found {len(hits)}")
    except Failed as error:
        return work.failed(error)
    said = "Nothing was found." if not hits else "Found: " + ", ".join(hit.title for hit in hits) + "."
    found = {"pages": [asdict(hit) for hit in hits]}
    return work.done({"said": lacking, **found}, lacking, is_partial=True) if lacking else work.done(found, said)


@server.tool(annotations=ToolAnnotations(title="Create a page", destructive_hint=False, idempotent_hint=True))
async def create_page(ctx: Context, title: Title, text: Text) -> CallToolResult:
    """Write a new page. The very same page again changes nothing; another text under the same title is refused."""
    work = Work()
    try:
        pages = _pages()
        await ctx.report_progress(0, 1, "Writing")
        simulates = is_dream(ctx)
        write = pages.would_create if simulates else pages.create
        page, stored = write(title=title, text=text)
        await ctx.report_progress(1, 1, "Written")
    except PageTaken:
        return work.failed(Failed("There is a page of this title with another text. Take another title."))
    except Failed as error:
        return work.failed(error)
    output = {"id": page.id, "title": page.title, "was_there": not stored}
    return work.done(output, f"Written: {page.title}.", stored=stored, is_simulated=simulates)


@server.tool(annotations=ToolAnnotations(title="Delete a page", destructive_hint=True, idempotent_hint=False))
async def delete_page(ctx: Context, id: Id) -> CallToolResult:
    """Put a page away: search no longer finds it. It stays in the folder of deleted pages until somebody empties that."""
    work = Work()
    try:
        simulates = is_dream(ctx)
        page = _pages().page(id) if simulates else _pages().delete(id)
        await ctx.report_progress(1, 1, "Deleted")
    except NoPage:
        return work.failed(Failed("There is no page of this id. Search gives the ids."))
    except Failed as error:
        return work.failed(error)
    return work.done({"id": page.id, "title": page.title}, f"Deleted: {page.title}.", is_simulated=simulates)


@server.tool(annotations=ToolAnnotations(title="Handle a request in words", destructive_hint=True))
async def handle_request(
    ctx: Context,
    request: Annotated[str, Field(max_length=100_000, description="What is wanted, in words.")],
    input: Annotated[dict[str, Any] | None, Field(description="title and text, or id, as the work needs.")] = None,
    action: Annotated[str, Field(description="search, create_page or delete_page, when it is known.")] = "",
) -> CallToolResult:
    """Search, write or put away, as the action says; without one the words decide, and a page is only ever put away when the
    input names its id."""
    given = {name: str(value) for name, value in (input or {}).items()}
    wanted = _wanted(action, request, given)
    try:
        if wanted == "create_page":
            return await create_page(ctx, title=_given(given, "title"), text=_given(given, "text"))
        if wanted == "delete_page":
            return await delete_page(ctx, id=_given(given, "id"))
    except Failed as error:
        return Work().failed(error)
    return await _found(ctx, given.get("query") or request, lacking=_lacking(action, request, given))


def _wanted(action: str, request: str, given: dict[str, str]) -> str:
    if action in {"search", "create_page", "delete_page"}:
        return action
    words = request.lower().split()[:1]
    if words and words[0] in _CREATES and "title" in given:
        return "create_page"
    if words and words[0] in _DELETES and "id" in given:
        return "delete_page"
    return "search"


def _lacking(action: str, request: str, given: dict[str, str]) -> str:
    """What the words ask for and the input leaves out, as a sentence; "" where nothing is missing."""
    first = request.lower().split()[:1]
    if action == "search" or not first:
        return ""
    if first[0] in _CREATES and "title" not in given:
        return "Nothing was written: a page needs a title and a text in the input. These pages are there already."
    if first[0] in _DELETES and "id" not in given:
        return "Nothing was put away: the input has to name the page by its id. These pages fit the words."
    return ""


def _given(given: dict[str, str], name: str) -> str:
    value = given.get(name, "")
    if not value or len(value) > MOST_TEXT or (name == "title" and len(value) > MOST_TITLE):
        raise Failed(f"The input needs a {name}, of bearable length.")
    return value


def _pages() -> Pages:
    folder = os.environ.get(FOLDER, "")
    if not folder:
        raise Failed(f"This agent has no folder: set {FOLDER}.")
    return Pages(Path(folder))


if __name__ == "__main__":
    serve(server)
