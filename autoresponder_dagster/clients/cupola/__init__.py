"""CUPOLA: lookups of people, from SQL (live and read_only) and from fixture files (mock). Never written."""

from autoresponder_dagster.clients.cupola.mock import FixtureCupola
from autoresponder_dagster.clients.cupola.protocol import CupolaClient
from autoresponder_dagster.clients.cupola.sql import SqlCupola

__all__ = ["CupolaClient", "FixtureCupola", "SqlCupola"]
