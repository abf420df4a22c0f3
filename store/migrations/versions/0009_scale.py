"""An index over reads by the instant of their claim: what was claimed lately is asked before every next read.

Without it both databases scan every read there ever was; with it they join what is held, by state, and what was claimed since.

Revision ID: 0009_scale
"""

from __future__ import annotations

from alembic import op

revision = "0009_scale"
down_revision = "0008_routing"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add it."""
    op.create_index("read_claimed_at", "read", ["claimed_at"])


def downgrade() -> None:
    """Remove it."""
    op.drop_index("read_claimed_at", "read")
