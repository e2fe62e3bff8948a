"""The history of the ledger's tables. A change of ``tables`` comes with a new file in ``versions/``.

https://alembic.sqlalchemy.org/en/latest/cookbook.html#sharing-a-connection-across-one-or-more-programmatic-migration-commands
"""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection

from autoresponder_dagster.errors import LedgerError

_CONNECTION = "connection"


def migrate(connection: Connection) -> None:
    """Bring the tables up to date, within the transaction of ``connection``.

    Raises:
        LedgerError: the tables are of a newer version of this package.
    """
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes[_CONNECTION] = connection
    scripts = ScriptDirectory.from_config(config)
    current = MigrationContext.configure(connection).get_current_revision()
    if current == scripts.get_current_head():
        return
    try:
        command.upgrade(config, "head")
    except CommandError:
        raise LedgerError(
            f"The write ledger has tables of a newer version ({current}) than this package knows. "
            "Update the package; it does not write without its ledger."
        ) from None
