"""What the emulated org holds for a client that nobody here wrote, and what must come of its work there.

Belongs here: the setting, the operations with their right answers, the state in which the org must be left. Does not
belong here: how a client is spoken to.
"""

from collections.abc import Mapping
from typing import Any

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from autoresponder_dagster_tests.emulators.salesforce.app import SalesforceEmulator
from autoresponder_dagster_tests.emulators.salesforce.logins import (
    CLIENT_ID,
    CLIENT_SECRET,
    PASSWORD,
    SECURITY_TOKEN,
    USERNAME,
)
from autoresponder_dagster_tests.emulators.salesforce.org import ORG_ID, USER_ID

VERSION = "67.0"
CONTACTS = 2_500
"""More than a page of a query, which has 2,000 records at most."""
SOQL = "SELECT Id, LastName, Title FROM Contact ORDER BY LastName"
LONG_AGO = "Wed, 01 Jan 2020 00:00:00 GMT"

_REFUSED = "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"
_ALL = {"total": CONTACTS, "first": "Person 0000", "last": f"Person {CONTACTS - 1:04d}"}
_TOO_LONG = "x" * 129

ANSWERS: Mapping[str, Any] = {
    "login_soap": ORG_ID,
    "login": ORG_ID,
    "query": _ALL,
    "update": True,
    "update_refused": _REFUSED,
    "collections": {"succeeded": 249, "failed": {"STRING_TOO_LONG": 1}},
    "composite": [204, 412, 200],
    "create_and_delete": ["Created", "ENTITY_IS_DELETED"],
    "bulk_query": _ALL,
    "bulk_ingest": {"succeeded": 298, "failed": {_REFUSED: 2}},
    "describe": ["Active", "Inactive"],
    "limits": 15_000,
}
"""Every operation, and its right answer."""


def fill(emulator: SalesforceEmulator) -> dict[str, Any]:
    """Start the org anew with its people; returns the setting, as a client's program gets it in JSON."""
    emulator.reset()
    emulator.bulk.looks_in_progress = 1
    private_key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    public_key = private_key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    emulator.logins.public_key = public_key.decode()
    ids = [
        emulator.org.add(
            "Contact",
            LastName=f"Person {number:04d}",
            Email=f"person{number}@customer.example",
            Title="Editor",
            Contact_Status__c="Active",
        )
        for number in range(CONTACTS)
    ]
    return {
        "url": emulator.url,
        "version": VERSION,
        "access_token": emulator.access_token,
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
        "username": USERNAME,
        "password": PASSWORD,
        "security_token": SECURITY_TOKEN,
        "private_key": private_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode(),
        "org_id": ORG_ID,
        "user_id": USER_ID,
        "soql": SOQL,
        "ids": ids,
        "collection": [
            {"Id": record_id, "Title": _TOO_LONG if number == 20 else "Collected"}
            for number, record_id in enumerate(ids[100:350])
        ],
        "composite": {
            "compositeRequest": [
                _patch(ids[2], "since"),
                _patch(ids[3], "before", {"If-Unmodified-Since": LONG_AGO}),
                {
                    "method": "GET",
                    "url": f"/services/data/v{VERSION}/query?q=SELECT+Id+FROM+Lead",
                    "referenceId": "leads",
                },
            ]
        },
        "load": [
            {"Id": record_id, "Title": "Loaded", "Contact_Status__c": "Gone" if number in {50, 51} else "Inactive"}
            for number, record_id in enumerate(ids[400:700])
        ],
    }


def _patch(record_id: str, reference: str, headers: Mapping[str, str] | None = None) -> dict[str, Any]:
    return {
        "method": "PATCH",
        "url": f"/services/data/v{VERSION}/sobjects/Contact/{record_id}",
        "referenceId": reference,
        "body": {"Title": "Composed"},
        **({"httpHeaders": headers} if headers else {}),
    }


def wrong_records(emulator: SalesforceEmulator, setting: Mapping[str, Any], operation: str) -> list[str]:
    """Return the ids of the records that are not as an operation must have left them."""
    ids: list[str] = setting["ids"]
    refused = {record["Id"] for record in setting["load"] if record["Contact_Status__c"] == "Gone"}
    before = {"Title": "Editor", "Contact_Status__c": "Active"}
    left: dict[str, dict[str, dict[str, str]]] = {
        "update": {ids[0]: before | {"Title": "Updated"}},
        "update_refused": {ids[1]: before},
        "collections": {
            record["Id"]: before | ({} if record["Title"] == _TOO_LONG else {"Title": "Collected"})
            for record in setting["collection"]
        },
        "composite": {ids[2]: before | {"Title": "Composed"}, ids[3]: before},
        "bulk_ingest": {
            record["Id"]: before if record["Id"] in refused else {"Title": "Loaded", "Contact_Status__c": "Inactive"}
            for record in setting["load"]
        },
    }
    records = emulator.org.records["Contact"]
    return [
        record_id
        for record_id, values in left.get(operation, {}).items()
        if any(records[record_id][name] != value for name, value in values.items())
    ]
