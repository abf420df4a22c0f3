"""The number of ours that each attempt comes from, and whether its line was given to somebody else.

Revision ID: 0015_own_number
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015_own_number"
down_revision = "0014_early_report"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; what was tried before came from the one number there was, which no row knows."""
    op.add_column("attempt", sa.Column("ours", sa.String(), nullable=False, server_default=""))
    op.add_column("attempt", sa.Column("transfers", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("attempt", sa.Column("told_earlier_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    """Remove them."""
    for name in ("told_earlier_at", "transfers", "ours"):
        op.drop_column("attempt", name)
