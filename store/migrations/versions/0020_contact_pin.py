"""PINs of contacts that were told by telephone.

Revision ID: 0020_contact_pin
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0020_contact_pin"
down_revision = "0019_waits"
branch_labels = None
depends_on = None

_TEXTS = ("id", "facility", "contact", "hashed", "state", "attempt_id", "issued_by")


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "contact_pin",
        *(sa.Column(name, sa.String(), nullable=False) for name in _TEXTS),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("activated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    for name in ("contact", "attempt_id"):
        op.create_index(f"ix_contact_pin_{name}", "contact_pin", [name])


def downgrade() -> None:
    """Remove it."""
    op.drop_table("contact_pin")
