"""Calls in which a person of ours is connected to a contact.

Revision ID: 0025_hand_calls
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0025_hand_calls"
down_revision = "0024_pickup"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add whom they are connected to."""
    for name in ("to_contact", "to_number"):
        op.add_column("attempt", sa.Column(name, sa.String(), nullable=False, server_default=""))


def downgrade() -> None:
    """Remove it."""
    for name in ("to_number", "to_contact"):
        op.drop_column("attempt", name)
