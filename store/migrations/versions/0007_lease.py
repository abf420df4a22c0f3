"""The leases of claims, a row a read; and who has which study open in the PACS.

Revision ID: 0007_lease
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007_lease"
down_revision = "0006_problem"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables."""
    op.create_table(
        "lease",
        *(sa.Column(name, sa.String(), nullable=False) for name in ("id", "facility", "holder", "state")),
        *(sa.Column(name, sa.DateTime(timezone=True), nullable=False) for name in ("claimed_at", "active_at")),
        *(sa.Column(name, sa.DateTime(timezone=True), nullable=True) for name in ("told_at", "offered_at")),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in ("span_seconds", "version")),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "viewing",
        *(sa.Column(name, sa.String(), nullable=False) for name in ("id", "facility", "study_id", "who")),
        *(sa.Column(name, sa.DateTime(timezone=True), nullable=False) for name in ("opened_at", "event_at")),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("study_id", "who"),
    )


def downgrade() -> None:
    """Remove them."""
    op.drop_table("viewing")
    op.drop_table("lease")
