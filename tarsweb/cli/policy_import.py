"""`tars policy import`: what a file of law becomes, and what of it cannot be said in rules. No database, no Django."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from tarsweb.cli import policy
from tarsweb.cli.documents import print_json, read, run, write

if TYPE_CHECKING:
    from governance.lawbook.translation import Document


class Format(StrEnum):
    LEGALRULEML = "legalruleml"
    GOV_MD = "gov_md"
    POLICY_TOML = "policy_toml"
    RULES = "rules"


def register(_: typer.Typer) -> None:
    """Add `import` to the group `policy` of an application; `policy.register` came before."""
    policy.app.command("import")(import_law)


def import_law(
    file: Annotated[str, typer.Argument(metavar="FILE", help="The file of law; - is stdin.")],
    format: Annotated[Format, typer.Option("--format", help="What the file is.")],
    as_json: Annotated[bool, typer.Option("--json", help="The document of the law as JSON.")] = False,
) -> None:
    """Translate a file of law to rules and list what could not be translated. Nothing is imported: that is an amendment.

    Examples:  tars policy import gov.md --format gov_md  ·  tars policy import gdpr.xml --format legalruleml --json
    """

    def work() -> None:
        from governance.files.kinds import EVIDENCE_BYTES, human_size
        from governance.lawbook.formats import translate
        from governance.lawbook.translation import BadLawFile, digest_of

        content = read(file, most=EVIDENCE_BYTES)
        if len(content) > EVIDENCE_BYTES:
            raise BadLawFile(
                f"The file has more than {human_size(EVIDENCE_BYTES)}, the most that is translated at once. Split it."
            )
        try:
            document = translate(format=format.value, content=content)
        except BadLawFile as refused:
            for place, sentence in refused.problems:
                typer.echo(f"{place}: {sentence}", err=True)
            raise typer.Exit(1) from None
        if as_json:
            print_json(document.as_json(digest=digest_of(content)))
        else:
            write("\n".join(_said(document)) + "\n")

    run(work)


def _said(document: Document) -> Iterator[str]:
    for clause in document.clauses:
        yield f"# {clause.number}{f' {clause.title}' if clause.title else ''}"
        if clause.rules:
            yield clause.rules
        yield ""
    count = len(document.untranslated)
    yield f"# Not translated: {count}"
    yield from (f"#   {sentence}" for sentence in document.untranslated)
