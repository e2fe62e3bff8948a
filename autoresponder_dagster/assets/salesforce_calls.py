"""What the assets that ask Salesforce tell of it."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from autoresponder_dagster.clients.salesforce.protocol import CallKind, SalesforceClient
from autoresponder_dagster.reporting.tables import table


def calls_metadata(client: SalesforceClient) -> Mapping[str, Any]:
    """Return the calls of a client as metadata: how many count, all of them by kind, and the budget that is left."""
    budget = client.budget()
    return {
        "api_calls": client.api_calls,
        "calls": table(list(CallKind.__annotations__), [asdict(kind) for kind in client.calls()]),
        **({"api_calls_left": budget.room} if budget is not None else {}),
    }
