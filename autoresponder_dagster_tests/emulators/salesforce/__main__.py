"""Starts an emulated org with the people of a world of fixtures, and says how to run the pipeline against it.

The systems beside it, which a live or read-only run asks, are the same world: the mailbox as files, Multipub and
CUPOLA in a SQLite file.
"""

import csv
import shlex
import signal
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event
from typing import Annotated

import typer

from autoresponder_dagster.clients.salesforce.mock import FILE_NAMES, OWN_USER_ID
from autoresponder_dagster.schemas.enums import STATUS_FIELD, SObject
from autoresponder_dagster_tests.emulators.databases import write_databases
from autoresponder_dagster_tests.emulators.salesforce.app import SalesforceEmulator
from autoresponder_dagster_tests.emulators.salesforce.logins import CLIENT_ID, CLIENT_SECRET, HOST
from autoresponder_dagster_tests.emulators.salesforce.org import ORG_ID, USER_ID, Org, moment_of, moment_text
from autoresponder_dagster_tests.emulators.server import issue_certificate, serve


def main(
    *,
    fixtures: Annotated[Path, typer.Option(help="Folder of the world that the systems hold.")] = Path("data/sample"),
    port: Annotated[int, typer.Option(help="Port on 127.0.0.1.")] = 8765,
    tls: Annotated[bool, typer.Option("--tls", help="Speak https, with a certificate made up for it.")] = False,
) -> None:
    """Serve an emulated Salesforce org on loopback until interrupted or told to end."""
    stopped = Event()
    for one in (signal.SIGINT, signal.SIGTERM):
        # Also where it was started in the background, for which a shell has interrupts ignored.
        signal.signal(one, lambda *_: stopped.set())
    with TemporaryDirectory(prefix="emulated-") as name:
        folder = Path(name)
        certificate = issue_certificate(folder) if tls else None
        database = write_databases(fixtures, folder / "multipub-and-cupola.db")
        with serve(SalesforceEmulator(), port, certificate) as emulator:
            load(emulator, fixtures)
            exports = {
                "SALESFORCE_LOOPBACK_URL": emulator.url,
                "SALESFORCE_DOMAIN": HOST,
                "SALESFORCE_CLIENT_ID": CLIENT_ID,
                "SALESFORCE_CLIENT_SECRET": CLIENT_SECRET,
                "EMAIL_REPOSITORY_CONNECTION_STRING": str((fixtures / "email_repository").resolve()),
                "MULTIPUB_CONNECTION_STRING": database,
                "CUPOLA_CONNECTION_STRING": database,
                # An org that forgets needs a ledger that forgets with it.
                "AUTORESPONDER_LEDGER_URL": f"sqlite:///{folder / 'ledger.db'}",
                **({"REQUESTS_CA_BUNDLE": str(certificate.authority)} if certificate else {}),
                "AUTORESPONDER_ALLOW_LIVE": "1",
                "AUTORESPONDER_ORG_IDS": ORG_ID,
            }
            typer.echo("\n".join(f"export {variable}={shlex.quote(value)}" for variable, value in exports.items()))
            stopped.wait()
            typer.echo("Stopped.")


def load(emulator: SalesforceEmulator, fixtures: Path) -> None:
    """Put the records of a mock org into the emulated one, and what they refer to.

    An active subscription becomes a record of its own. A status that a record has is one that the org knows.
    """
    org = emulator.org
    for sobject in SObject:
        known = org.schema[sobject]
        with (fixtures / FILE_NAMES[sobject]).open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
        status = STATUS_FIELD[sobject]
        statuses = dict.fromkeys([*known[status].picklist, *sorted({row[status] for row in rows} - {""})])
        org.set_field(sobject, status, picklist=tuple(statuses))
        for row in rows:
            values = {name: _value(known[name].type, cell) for name, cell in row.items() if name in known and cell}
            if values.get("LastModifiedById") == OWN_USER_ID:
                values["LastModifiedById"] = USER_ID
            _add_once(org, "Account", row.get("AccountId"), Name=row["Email"].rpartition("@")[2])
            _add_once(org, "RecordType", row.get("RecordTypeId"), DeveloperName="Standard", SobjectType=sobject)
            record_id = org.add(sobject, **values)
            if row.get("HasActiveSubscription") == "true":
                org.add("Subscription__c", Contact__c=record_id, Status__c="Active")


def _value(kind: str, cell: str) -> str | bool:
    if kind == "datetime":
        return moment_text(moment_of(cell))
    return cell == "true" if kind == "boolean" else cell


def _add_once(org: Org, sobject: str, record_id: str | None, **values: str) -> None:
    if record_id and record_id not in org.records[sobject]:
        org.add(sobject, Id=record_id, **values)


if __name__ == "__main__":
    typer.run(main)
