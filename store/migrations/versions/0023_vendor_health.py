"""Accounts at the telephone vendor, how they do, and which of them has each attempt.

Revision ID: 0023_vendor_health
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0023_vendor_health"
down_revision = "0022_number_standing"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table and the column; what was tried before was the first account's."""
    op.create_table(
        "vendor_health",
        *(sa.Column(name, sa.String(), nullable=False) for name in ("id", "facility", "things")),
        sa.Column("used", sa.Boolean(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("failing_since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("out_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.add_column("attempt", sa.Column("account", sa.String(), nullable=False, server_default="first"))


def downgrade() -> None:
    """Remove them."""
    op.drop_column("attempt", "account")
    op.drop_table("vendor_health")
