"""Which attempt came before one on the same call: several results for one contact are one call.

Revision ID: 0026_same_call
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0026_same_call"
down_revision = "0025_hand_calls"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; every earlier attempt was the only one of its call."""
    op.add_column("attempt", sa.Column("follows", sa.String(), nullable=True))
    op.create_index("attempt_follows", "attempt", ["follows"], unique=True)


def downgrade() -> None:
    """Remove it."""
    op.drop_index("attempt_follows", "attempt")
    op.drop_column("attempt", "follows")
