"""Links of texts to the pickup page.

Revision ID: 0024_pickup
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0024_pickup"
down_revision = "0023_vendor_health"
branch_labels = None
depends_on = None

_TEXTS = ("id", "facility", "relay_id", "text_id", "contact", "state", "visit")


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "pickup",
        *(sa.Column(name, sa.String(), nullable=False) for name in _TEXTS),
        sa.Column("wrong", sa.Integer(), nullable=False),
        *(sa.Column(name, sa.DateTime(timezone=True), nullable=False) for name in ("made_at", "expires_at")),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempt_id", sa.String(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    for name in ("relay_id", "visit"):
        op.create_index(f"ix_pickup_{name}", "pickup", [name])


def downgrade() -> None:
    """Remove it."""
    op.drop_table("pickup")
