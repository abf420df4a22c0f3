"""Overrides: rules of the house that two people waived for one read.

Revision ID: 0003_override
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003_override"
down_revision = "0002_attempt_state"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add them."""
    op.create_table(
        "read_override",
        *(
            sa.Column(name, sa.String(), nullable=False)
            for name in ("id", "facility", "read_id", "reader", "reason", "asked_by", "granted_by")
        ),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("granted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_read_override_read_id", "read_override", ["read_id"])


def downgrade() -> None:
    """Remove them."""
    op.drop_table("read_override")
