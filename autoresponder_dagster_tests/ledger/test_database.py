"""Opening the ledger's database, and what it says when that fails."""

import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import create_engine, text

from autoresponder_dagster.errors import ConfigurationError, LedgerError
from autoresponder_dagster.ledger import LedgerDatabase
from autoresponder_dagster.ledger.database import network_file_system
from autoresponder_dagster.ledger.tables import metadata
from autoresponder_dagster.schemas.enums import Mode


def test_the_migrations_make_the_tables_that_the_code_knows(database_url: str) -> None:
    LedgerDatabase.open(database_url).close()
    engine = create_engine(database_url)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, metadata) == []
    engine.dispose()


def test_several_processes_open_a_new_ledger_at_once(database_url: str) -> None:
    program = (
        "import sys\n"
        "from autoresponder_dagster.ledger import LedgerDatabase\n"
        "from autoresponder_dagster.schemas.enums import Mode\n"
        "database = LedgerDatabase.open(sys.argv[1])\n"
        "print(database.realm_id(Mode.LIVE, 'org'))\n"
    )
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", program, database_url], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        for _ in range(4)
    ]
    answers = [process.communicate(timeout=60) for process in processes]
    assert {output for output, _ in answers} == {"1\n"}, answers


def test_a_sqlite_ledger_survives_a_loss_of_power(tmp_path: Path) -> None:
    database = LedgerDatabase.open(f"sqlite:///{tmp_path / 'new folder' / 'ledger.db'}")
    with database.reading() as connection:
        assert connection.scalar(text("PRAGMA journal_mode")) == "wal"
        assert connection.scalar(text("PRAGMA synchronous")) == 2
    database.close()
    assert (tmp_path / "new folder").stat().st_mode & 0o077 == 0, "nobody else may look into it"


def test_a_ledger_of_a_newer_version_is_left_alone(database_url: str) -> None:
    LedgerDatabase.open(database_url).close()
    engine = create_engine(database_url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()
    with pytest.raises(LedgerError, match="newer version"):
        LedgerDatabase.open(database_url)


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("no url", "not a database URL"),
        ("mysql+pymysql://user:secret@host.example/db", "SQLite or PostgreSQL|not a database URL"),
    ],
)
def test_a_wrong_url_is_explained(url: str, says: str) -> None:
    with pytest.raises(ConfigurationError, match=says) as error:
        LedgerDatabase.open(url)
    assert "secret" not in str(error.value)


def test_an_unreachable_database_is_an_error_without_the_password() -> None:
    with pytest.raises(LedgerError, match="Nothing is written to Salesforce without it") as error:
        LedgerDatabase.open("postgresql+psycopg://user:secret@127.0.0.1:1/ledger")
    assert "secret" not in str(error.value)
    assert error.value.__cause__ is None


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/data/ledger.db", None),
        ("/mnt/share/deep/ledger.db", "nfs4"),
        ("/mnt/share/local/ledger.db", None),
        ("/mnt/windows/ledger.db", "cifs"),
        ("/mnt/ssh/ledger.db", "fuse.sshfs"),
    ],
)
def test_a_network_disk_is_noticed(path: str, kind: str | None) -> None:
    mounts = (
        "overlay / overlay rw 0 0\nserver:/export /mnt/share nfs4 rw 0 0\n/dev/sdb1 /mnt/share/local ext4 rw 0 0\n"
        "//server/share /mnt/windows cifs rw 0 0\nuser@host: /mnt/ssh fuse.sshfs rw 0 0\n"
    )
    assert network_file_system(Path(path), mounts) == kind


def test_a_sqlite_ledger_on_a_network_disk_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text(f"server:/export {tmp_path} nfs rw 0 0\n")
    monkeypatch.setattr("autoresponder_dagster.ledger.database._MOUNTS", mounts)
    with pytest.raises(ConfigurationError, match="network disk"):
        LedgerDatabase.open(f"sqlite:///{tmp_path / 'ledger.db'}")


def test_times_are_the_databases_own(database: LedgerDatabase) -> None:
    database.note_unfinished(Mode.LIVE, "2026-11-09", "deferred", "run")
    [day] = database.unfinished(Mode.LIVE)
    with database.reading() as connection:
        is_postgresql = connection.dialect.name == "postgresql"
        seconds = "extract(epoch FROM now())" if is_postgresql else "strftime('%s', 'now')"
        now = float(connection.scalar(text(f"SELECT {seconds}")))
    assert abs(now - day.noted_at.timestamp()) < 5
