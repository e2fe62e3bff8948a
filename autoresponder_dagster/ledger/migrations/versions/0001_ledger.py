"""Realms, writes, heads and unfinished days."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_IN_FLIGHT = sa.text("state IN ('claimed', 'sending', 'unknown')")
_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "realms",
        sa.Column("realm_id", sa.Integer, nullable=False),
        sa.Column("mode", sa.String(16), nullable=False),
        sa.Column("org_id", sa.String(18), nullable=False),
        sa.PrimaryKeyConstraint("realm_id", name="pk_realms"),
        sa.UniqueConstraint("mode", "org_id", name="uq_realms_mode_org_id"),
        comment="One org in one mode. Whoever changes anything of a realm locks its row first.",
    )
    op.create_table(
        "writes",
        sa.Column("key", sa.String(32), nullable=False),
        sa.Column("realm_id", sa.Integer, nullable=False),
        sa.Column("sobject", sa.String(16), nullable=False),
        sa.Column("record_id", sa.String(18), nullable=False),
        sa.Column("field", sa.String(64), nullable=False),
        sa.Column("value", sa.Text),
        sa.Column("previous", sa.Text),
        sa.Column("action", sa.String(32), nullable=False),
        sa.Column("determination", sa.String(32), nullable=False),
        sa.Column("confidence", sa.Float, nullable=False),
        sa.Column("inbox_source", sa.Text, nullable=False),
        sa.Column("sender", sa.String(32), nullable=False),
        sa.Column("evidence_at", _MOMENT, nullable=False),
        sa.Column("evidence_id", sa.Text, nullable=False),
        sa.Column("partition", sa.String(10), nullable=False),
        sa.Column("run_id", sa.String(64), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("gate", sa.String(64)),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("owner", sa.String(32)),
        sa.Column("lease_until", _MOMENT),
        sa.Column("error_code", sa.Text),
        sa.Column("error_message", sa.Text),
        sa.Column("planned_at", _MOMENT, nullable=False),
        sa.Column("settled_at", _MOMENT, nullable=False),
        sa.Column("reverts", sa.String(32)),
        sa.PrimaryKeyConstraint("key", name="pk_writes"),
        sa.ForeignKeyConstraint(["realm_id"], ["realms.realm_id"], name="fk_writes_realm_id"),
        comment="Every write that was ever planned, and where it stands.",
    )
    op.create_index("ix_writes_realm_id_partition", "writes", ["realm_id", "partition"])
    op.create_index("ix_writes_realm_id_record_id", "writes", ["realm_id", "record_id"])
    op.create_index("ix_writes_realm_id_sender", "writes", ["realm_id", "sender"])
    op.create_index("ix_writes_realm_id_run_id", "writes", ["realm_id", "run_id"])
    op.create_index("ix_writes_in_flight", "writes", ["realm_id"], postgresql_where=_IN_FLIGHT, sqlite_where=_IN_FLIGHT)
    op.create_table(
        "heads",
        sa.Column("realm_id", sa.Integer, nullable=False),
        sa.Column("sobject", sa.String(16), nullable=False),
        sa.Column("record_id", sa.String(18), nullable=False),
        sa.Column("field", sa.String(64), nullable=False),
        sa.Column("key", sa.String(32), nullable=False),
        sa.Column("value", sa.Text),
        sa.Column("evidence_at", _MOMENT, nullable=False),
        sa.Column("evidence_id", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("realm_id", "sobject", "record_id", "field", name="pk_heads"),
        sa.ForeignKeyConstraint(["realm_id"], ["realms.realm_id"], name="fk_heads_realm_id"),
        comment="The newest evidence that a field was set by, and the value that it was given.",
    )
    op.create_table(
        "unfinished_days",
        sa.Column("mode", sa.String(16), nullable=False),
        sa.Column("partition", sa.String(10), nullable=False),
        sa.Column("reason", sa.String(16), nullable=False),
        sa.Column("run_id", sa.String(64), nullable=False),
        sa.Column("noted_at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("mode", "partition", name="pk_unfinished_days"),
        comment="Days whose writes are not all settled, and why.",
    )
