"""What is wrong with a text, a theory or a rulebook, with the place where it is wrong."""

from __future__ import annotations

from dataclasses import dataclass

from governance.errors import Invalid


class NotATheory(Invalid):
    """The text or the JSON is no theory. `line` and `column` are 1-based; 0 where the form has none."""

    code = "not_a_theory"

    def __init__(
        self, sentence: str, *, line: int = 0, column: int = 0, problems: tuple[tuple[str, str], ...] = ()
    ) -> None:
        super().__init__(sentence, problems=problems)
        self.line = line
        self.column = column


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that keeps a rulebook from being activated: a `code`, a sentence that says what to do, the rules concerned."""

    code: str
    sentence: str
    rules: tuple[str, ...] = ()


class Unsound(Invalid):
    """A rulebook that cannot be activated; `findings` says why, all of them."""

    code = "unsound_rulebook"

    def __init__(self, findings: tuple[Finding, ...]) -> None:
        super().__init__(findings[0].sentence, problems=tuple((", ".join(f.rules), f.sentence) for f in findings))
        self.findings = findings
