"""An index over attempts by state: whom a bridge is ringing is asked before every call.

Revision ID: 0002_attempt_state
"""

from __future__ import annotations

from alembic import op

revision = "0002_attempt_state"
down_revision = "0001_initial"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add it."""
    op.create_index("attempt_state", "attempt", ["state", "facility"])


def downgrade() -> None:
    """Remove it."""
    op.drop_index("attempt_state", "attempt")
