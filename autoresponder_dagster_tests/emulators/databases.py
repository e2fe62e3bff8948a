"""Multipub and CUPOLA in a database, from the fixture files of the mock systems."""

from pathlib import Path

import pandas as pd
from sqlalchemy import create_engine


def write_databases(fixtures: Path, file: Path) -> str:
    """Write the tables that the default queries of both systems ask, into one SQLite file; returns its URL."""
    people = _cells(fixtures / "cupola_people.csv").rename(columns={"cupola_person_id": "link_org_person_id"})
    people["is_active"] = people["is_active"] == "true"
    people["person_id"] = range(len(people))
    people["organization_id"] = pd.factorize(people["organization"])[0]
    orders = _cells(fixtures / "multipub_orders.csv")
    orders["is_single_issue"] = orders["is_single_issue"] == "true"
    tables = {
        "person": people[["person_id", "name"]],
        "organization": (
            people[["organization_id", "organization"]].drop_duplicates().rename(columns={"organization": "name"})
        ),
        "link_org_person": people.drop(columns=["name", "organization"]),
        "subscribers": _cells(fixtures / "multipub_subscribers.csv"),
        "orders": orders,
    }
    url = f"sqlite:///{file}"
    engine = create_engine(url)
    for name, rows in tables.items():
        rows.to_sql(name, engine, index=False)
    engine.dispose()
    return url


def _cells(file: Path) -> pd.DataFrame:
    """Return a table with every cell as written, an empty one as null."""
    return pd.read_csv(file, dtype="string").astype(object).where(lambda rows: rows.notna(), None)
