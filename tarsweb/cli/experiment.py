"""`tars experiment`: what TARS says of its own decisions, tried out on simulated nights. No database, no server.

Exit codes: 0 the promise held, 1 it did not, 2 wrong use.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Final

import typer

from tarsweb.cli.documents import print_json, run, write

if TYPE_CHECKING:
    from dreams.simulation import Realised

POWER: Final = 0.8
Nights = Annotated[int, typer.Option("--nights", min=1, max=100_000, help="How many nights.")]
Seed = Annotated[int, typer.Option("--seed", min=0, help="The same seed gives the same nights.")]
Candidates = Annotated[int, typer.Option("--candidates", min=1, max=1_000, help="Candidates of each night.")]
Json = Annotated[bool, typer.Option("--json", help="One JSON object instead of text.")]


def register(app: typer.Typer) -> None:
    """Add the group `experiment` to an application."""
    group = typer.Typer(name="experiment", help="Try TARS's own statistics on simulated nights.", no_args_is_help=True)
    group.command("aa-nights")(aa_nights)
    group.command("power")(power)
    group.command("guardrail")(guardrail)
    app.add_typer(group)


def aa_nights(nights: Nights = 1000, seed: Seed = 1, candidates: Candidates = 10, as_json: Json = False) -> None:
    """How often a night promotes something although no candidate changes anything. 1,000 nights take about a minute.

    Example:  tars experiment aa-nights --nights 1000 --seed 1
    """

    def work() -> None:
        from dreams import simulation

        found = simulation.aa_nights(nights=nights, seed=seed, candidates=candidates)
        said = f"nights of {candidates} candidates that change nothing promoted one; the plan allows"
        _tell(found, f"{said} {found.alpha:.0%}.", as_json=as_json, is_kept=found.promoted.rate.value <= found.alpha)

    run(work)


def power(nights: Nights = 400, seed: Seed = 1, candidates: Candidates = 5, as_json: Json = False) -> None:
    """How often a night promotes the one candidate that does exactly what was planned for.

    Example:  tars experiment power --nights 400 --seed 1
    """

    def work() -> None:
        from dreams import simulation

        found = simulation.power_nights(nights=nights, seed=seed, candidates=candidates)
        said = f"nights promoted the candidate with the planned effect; the plan promises {POWER:.0%}."
        _tell(found, said, as_json=as_json, is_kept=found.promoted.rate.value >= POWER)

    run(work)


def guardrail(nights: Nights = 1000, seed: Seed = 1, as_json: Json = False) -> None:
    """How often a candidate is promoted that is much faster and loses exactly the margin of success.

    Example:  tars experiment guardrail --nights 1000 --seed 1
    """

    def work() -> None:
        from dreams import simulation

        found = simulation.guardrail_nights(nights=nights, seed=seed)
        said = f"nights promoted a candidate that loses the whole margin of success; the plan allows {found.alpha:.0%}."
        _tell(found, said, as_json=as_json, is_kept=found.promoted.rate.value <= found.alpha)

    run(work)


def _tell(found: Realised, said: str, *, as_json: bool, is_kept: bool) -> None:
    rate = found.promoted.rate
    if as_json:
        print_json({**found.as_json(), "is_kept": is_kept})
    else:
        write(
            f"{found.promoted.times} of {found.promoted.n} {said}\n"
            f"Rate {rate.value:.2%}, exact 95 % interval {rate.low:.2%} to {rate.high:.2%}. "
            f"{found.finalists.times} of {found.finalists.n} candidates reached the held-out part; "
            f"{found.pairs:.0f} pairs a candidate.\n"
        )
    if not is_kept:
        sys.exit(1)
