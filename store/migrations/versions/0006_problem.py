"""Problems with studies; each read's clock by its start, its target and its pause; when a study was complete.

A read that is here already gets the start it was given: its study's last image, else the study's arrival.

Revision ID: 0006_problem
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006_problem"
down_revision = "0005_handover"
branch_labels = None
depends_on = None

_INSTANT = sa.DateTime(timezone=True)
_STARTED = (
    "COALESCE((SELECT COALESCE(s.last_image_at, s.received_at) FROM study s WHERE s.id = read.study_id), opened_at)"
)
_SECONDS = {
    "sqlite": "CAST(ROUND((julianday(due_at) - julianday(clock_started_at)) * 86400) AS INTEGER)",
    "postgresql": "CAST(ROUND(EXTRACT(EPOCH FROM due_at - clock_started_at)) AS INTEGER)",
}


def upgrade() -> None:
    """Add them."""
    op.create_table(
        "problem",
        *(sa.Column(name, sa.String(), nullable=False) for name in ("id", "facility", "read_id", "case_code")),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("kind", "state", "opened_by", "taken_by")),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("ended_by", "outcome")),
        sa.Column("pauses", sa.Boolean(), nullable=False),
        sa.Column("opened_at", _INSTANT, nullable=False),
        sa.Column("ended_at", _INSTANT, nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_problem_read_id", "problem", ["read_id"])
    op.add_column("study", sa.Column("ready_at", _INSTANT, nullable=True))
    op.add_column("read", sa.Column("paused_since", _INSTANT, nullable=True))
    op.add_column("read", sa.Column("target_seconds", sa.Integer(), nullable=False, server_default="0"))
    beginning = sa.text("'1970-01-01 00:00:00'")
    op.add_column("read", sa.Column("clock_started_at", _INSTANT, nullable=False, server_default=beginning))
    op.execute(f"UPDATE read SET clock_started_at = {_STARTED}")  # noqa: S608 - a fixed expression
    op.execute(f"UPDATE read SET target_seconds = {_SECONDS[op.get_bind().dialect.name]}")  # noqa: S608 - as above
    op.create_index("read_reported", "read", ["reported_at"])


def downgrade() -> None:
    """Remove them."""
    op.drop_index("read_reported", "read")
    for column in ("clock_started_at", "target_seconds", "paused_since"):
        op.drop_column("read", column)
    op.drop_column("study", "ready_at")
    op.drop_table("problem")
