"""Calls by which the reader on call is asked to claim a read that nobody has.

Revision ID: 0011_on_call
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011_on_call"
down_revision = "0010_region"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what they are about."""
    op.add_column("attempt", sa.Column("read_id", sa.String(), nullable=True))
    op.create_index("ix_attempt_read_id", "attempt", ["read_id"])


def downgrade() -> None:
    """Remove it."""
    op.drop_index("ix_attempt_read_id", "attempt")
    op.drop_column("attempt", "read_id")
