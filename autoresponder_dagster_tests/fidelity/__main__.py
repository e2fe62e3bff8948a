"""``python -m autoresponder_dagster_tests.fidelity``: installs the clients, runs them, prints one table."""

import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from autoresponder_dagster_tests.emulators.salesforce.app import SalesforceEmulator
from autoresponder_dagster_tests.emulators.server import issue_certificate, serve
from autoresponder_dagster_tests.fidelity import install
from autoresponder_dagster_tests.fidelity.outcome import Outcome, objection
from autoresponder_dagster_tests.fidelity.programs import run_cumulusci, run_jsforce
from autoresponder_dagster_tests.fidelity.sf import SalesforceCommandLine
from autoresponder_dagster_tests.fidelity.world import ANSWERS, fill


@dataclass(frozen=True)
class Client:
    """A client: ``run`` installs it into the cache and goes through the operations that it has."""

    name: str
    version: str
    lacks: frozenset[str]
    is_secure: bool
    run: Callable[[Path, Path, dict[str, Any]], Iterable[Outcome]]


def _jsforce(cache: Path, _folder: Path, setting: dict[str, Any]) -> Iterable[Outcome]:
    return run_jsforce(install.install_npm_packages(cache), setting)


def _sf(cache: Path, folder: Path, setting: dict[str, Any]) -> Iterable[Outcome]:
    return SalesforceCommandLine(install.install_npm_packages(cache), folder, setting).run()


def _cumulusci(cache: Path, folder: Path, setting: dict[str, Any]) -> Iterable[Outcome]:
    return run_cumulusci(install.install_cumulusci(cache), folder, setting, folder / "authority.pem")


CLIENTS = (
    Client("jsforce", install.JSFORCE, frozenset(), is_secure=False, run=_jsforce),
    Client("sf", install.SF, frozenset({"login_soap"}), is_secure=False, run=_sf),
    Client("CumulusCI", install.CUMULUSCI, frozenset({"login_soap"}), is_secure=True, run=_cumulusci),
)


def main(
    cache: Annotated[Path, typer.Option(help="Where the clients are installed; a second run finds them there.")] = Path(
        ".cache/fidelity"
    ),
) -> None:
    """Let clients that nobody here wrote work in the emulated Salesforce org, and judge what comes of it."""
    table = Table("client", "version", "operation", "ok", "seconds", "objection")
    failures = skipped = 0
    for client in CLIENTS:
        try:
            rows = [*_judged(client, cache.resolve())]
        except install.RegistryUnreachableError as error:
            skipped += 1
            table.add_row(client.name, client.version, "all", "skipped", "", str(error))
            continue
        for outcome, reason in rows:
            failures += reason is not None
            sign = "yes" if reason is None else "NO"
            table.add_row(client.name, client.version, outcome.operation, sign, f"{outcome.seconds:.2f}", reason or "")
    Console(width=None if sys.stdout.isatty() else 200).print(table)
    typer.echo(f"{failures} failures, {skipped} of {len(CLIENTS)} clients skipped")
    # Nothing proven is no success.
    raise typer.Exit(1 if failures or skipped == len(CLIENTS) else 0)


def _judged(client: Client, cache: Path) -> Iterable[tuple[Outcome, str | None]]:
    """Run a client in an org of its own; every operation that it has must have an outcome."""
    with TemporaryDirectory(prefix="fidelity-") as name:
        folder = Path(name)
        certificate = issue_certificate(folder) if client.is_secure else None
        with serve(SalesforceEmulator(), certificate=certificate) as emulator:
            setting = fill(emulator)
            missing = ANSWERS.keys() - client.lacks
            try:
                for outcome in client.run(cache, folder, setting):
                    missing.discard(outcome.operation)
                    yield outcome, objection(outcome, emulator, setting)
            except (OSError, RuntimeError, ValueError) as error:
                yield Outcome("all", 0.0), str(error)
            for operation in sorted(missing):
                yield Outcome(operation, 0.0), "was not done"


if __name__ == "__main__":
    typer.run(main)
