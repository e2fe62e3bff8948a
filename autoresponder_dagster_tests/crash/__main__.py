"""``python -m autoresponder_dagster_tests.crash --kills 200``: exit code 1 where anything went wrong."""

import random
import sys
from typing import Annotated

import typer

from autoresponder_dagster_tests.crash.trial import Tally, kill_until_done, prepared_trial


def main(
    kills: Annotated[int, typer.Option(help="How many runs to kill.")] = 200,
    seed: Annotated[int, typer.Option(help="The same seed chooses the same steps.")] = 1,
    kills_per_round: Annotated[int, typer.Option(help="Kills over one world before it is compared.")] = 25,
    writers: Annotated[int, typer.Option(help="Runs at a time, over the same days.")] = 1,
    rounds: Annotated[int, typer.Option(help="Worlds to write at least, also without a kill.")] = 1,
    url: Annotated[str, typer.Option(help="Database of the ledger. Default: a SQLite file.")] = "",
) -> None:
    """Kill runs of the write asset at every step of the protocol, and compare the org with what there should be."""
    chance = random.Random(seed)
    tally = Tally()
    with prepared_trial(lambda folder: url or f"sqlite:///{folder / 'ledger.db'}") as trial:
        done = 0
        while tally.kills < kills or done < rounds:
            kill_until_done(trial, chance, tally, min(kills, tally.kills + kills_per_round), writers)
            done += 1
            typer.echo(f"so far: {tally}", err=True)
    for step, count in sorted(tally.by_step.items()):
        typer.echo(f"{count:5} killed at: {step}")
    typer.echo(str(tally))
    sys.exit(0 if tally.is_clean else 1)


if __name__ == "__main__":
    typer.run(main)
