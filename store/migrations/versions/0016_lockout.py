"""Wrong codes and PINs counted across calls, and whom they lock out.

Revision ID: 0016_lockout
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016_lockout"
down_revision = "0015_own_number"
branch_labels = None
depends_on = None


def _instant(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _texts(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.String(), nullable=False) for name in names]


def upgrade() -> None:
    """Add the tables."""
    op.create_table(
        "wrong_entry",
        *_texts("id", "facility", "subject_index"),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        _instant("at"),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("wrong_entry_subject", "wrong_entry", ["subject_index", "at"])
    op.create_table(
        "lockout",
        *_texts("id", "facility", "subject_index", "whose", "lifted_by"),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        _instant("began_at"),
        _instant("until"),
        _instant("lifted_at", nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_lockout_subject_index", "lockout", ["subject_index"])


def downgrade() -> None:
    """Remove them."""
    op.drop_table("lockout")
    op.drop_table("wrong_entry")
