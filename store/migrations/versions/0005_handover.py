"""Who was last seen on duty on a rota, what its calendar says, and what is handed over when that changes.

Revision ID: 0005_handover
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005_handover"
down_revision = "0004_coverage"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add them."""
    op.create_table(
        "on_duty",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("facility", sa.String(), nullable=False),
        sa.Column("who", sa.String(), nullable=True),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "calendar_copy",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("facility", sa.String(), nullable=False),
        sa.Column("shifts", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("failing_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "handover",
        *(
            sa.Column(name, sa.String(), nullable=False)
            for name in ("id", "facility", "rota", "place", "at", "outgoing", "incoming", "accepted_by")
        ),
        sa.Column("offered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reminders", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )


def downgrade() -> None:
    """Remove them."""
    op.drop_table("handover")
    op.drop_table("calendar_copy")
    op.drop_table("on_duty")
