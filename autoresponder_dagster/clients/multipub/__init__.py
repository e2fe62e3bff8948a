"""Multipub: lookups of subscribers, from SQL (live and read_only) and from fixture files (mock). Never written."""

from autoresponder_dagster.clients.multipub.mock import FixtureMultipub
from autoresponder_dagster.clients.multipub.protocol import MultipubClient, Subscriptions
from autoresponder_dagster.clients.multipub.sql import SqlMultipub

__all__ = ["FixtureMultipub", "MultipubClient", "SqlMultipub", "Subscriptions"]
