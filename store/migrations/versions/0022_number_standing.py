"""What calls and texts have shown of contacts' numbers.

Revision ID: 0022_number_standing
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0022_number_standing"
down_revision = "0021_handed_lines"
branch_labels = None
depends_on = None

_TEXTS = ("id", "facility", "contact", "number_index", "verified_by", "code", "says")
_INSTANTS = ("verified_at", "bad_at", "untextable_at")


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "number_standing",
        *(sa.Column(name, sa.String(), nullable=False) for name in _TEXTS),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        *(sa.Column(name, sa.DateTime(timezone=True), nullable=True) for name in _INSTANTS),
        sa.Column("bad_why", sa.String(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("contact", "number_index"),
    )


def downgrade() -> None:
    """Remove it."""
    op.drop_table("number_standing")
