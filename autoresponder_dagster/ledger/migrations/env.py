"""What Alembic runs: the migrations, on the connection that the ledger opened."""

from alembic import context

from autoresponder_dagster.ledger.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()
