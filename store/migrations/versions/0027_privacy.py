"""Privacy events, each with its owner.

Revision ID: 0027_privacy
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0027_privacy"
down_revision = "0026_same_call"
branch_labels = None
depends_on = None

_TEXTS = ("id", "facility", "case_code", "relay_id", "attempt_id", "owner", "state", "outcome", "closed_by")


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "privacy_event",
        *(sa.Column(name, sa.String(), nullable=False) for name in _TEXTS),
        *(sa.Column(name, sa.DateTime(timezone=True), nullable=False) for name in ("opened_at", "due_at")),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("attempt_id"),
    )


def downgrade() -> None:
    """Remove it."""
    op.drop_table("privacy_event")
