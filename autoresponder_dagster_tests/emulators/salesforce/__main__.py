"""Starts an emulated org, filled from a folder of fixtures, and says how to reach it."""

import csv
import time
from pathlib import Path
from typing import Annotated

import typer

from autoresponder_dagster.clients.salesforce.mock import FILE_NAMES, OWN_USER_ID
from autoresponder_dagster.schemas.enums import SObject
from autoresponder_dagster_tests.emulators.salesforce.app import SalesforceEmulator
from autoresponder_dagster_tests.emulators.salesforce.logins import CLIENT_ID, CLIENT_SECRET, HOST
from autoresponder_dagster_tests.emulators.salesforce.org import ORG_ID, USER_ID
from autoresponder_dagster_tests.emulators.server import serve


def main(
    fixtures: Annotated[
        Path | None, typer.Option(help="Folder with salesforce_contacts.csv and salesforce_leads.csv.")
    ] = None,
    port: Annotated[int, typer.Option(help="Port on 127.0.0.1.")] = 8765,
) -> None:
    """Serve an emulated Salesforce org on loopback until interrupted."""
    with serve(SalesforceEmulator(), port) as emulator:
        if fixtures is not None:
            load(emulator, fixtures)
        typer.echo(
            f"export SALESFORCE_LOOPBACK_URL={emulator.url} SALESFORCE_DOMAIN={HOST} SALESFORCE_CLIENT_ID={CLIENT_ID} "
            f"SALESFORCE_CLIENT_SECRET={CLIENT_SECRET} AUTORESPONDER_ALLOW_LIVE=1 AUTORESPONDER_ORG_IDS={ORG_ID}"
        )
        try:
            while True:
                time.sleep(3600)
        except KeyboardInterrupt:
            typer.echo("Stopped.")


def load(emulator: SalesforceEmulator, fixtures: Path) -> None:
    """Put the records of a mock org into the emulated one; an active subscription becomes a record of its own."""
    for sobject in SObject:
        known = emulator.org.schema[sobject]
        with (fixtures / FILE_NAMES[sobject]).open(encoding="utf-8-sig", newline="") as file:
            for row in csv.DictReader(file):
                values = {name: cell for name, cell in row.items() if name in known and cell}
                flags = {name: cell == "true" for name, cell in values.items() if known[name].type == "boolean"}
                if values.get("LastModifiedById") == OWN_USER_ID:
                    values["LastModifiedById"] = USER_ID
                record_id = emulator.org.add(sobject, **values | flags)
                if row.get("HasActiveSubscription") == "true":
                    emulator.org.add("Subscription__c", Contact__c=record_id, Status__c="Active")


if __name__ == "__main__":
    typer.run(main)
