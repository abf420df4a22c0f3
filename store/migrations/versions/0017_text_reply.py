"""What people answer to our texts.

Revision ID: 0017_text_reply
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017_text_reply"
down_revision = "0016_lockout"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "text_reply",
        *(sa.Column(name, sa.String(), nullable=False) for name in ("id", "facility", "relay_id", "sid", "contacts")),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("about", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_text_reply_relay_id", "text_reply", ["relay_id"])


def downgrade() -> None:
    """Remove it."""
    op.drop_table("text_reply")
