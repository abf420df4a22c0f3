"""Reports that came before their studies, and wait for them.

Revision ID: 0014_early_report
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014_early_report"
down_revision = "0013_amends"
branch_labels = None
depends_on = None

_TEXTS = ("id", "facility", "accession_number_index", "kind", "region", "source")


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "early_report",
        *(sa.Column(name, sa.String(), nullable=False) for name in _TEXTS),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        *(
            sa.Column(name, sa.DateTime(timezone=True), nullable=False)
            for name in ("signed_at", "event_at", "received_at")
        ),
        sa.Column("joined_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_early_report_accession_number_index", "early_report", ["accession_number_index"])


def downgrade() -> None:
    """Remove it."""
    op.drop_table("early_report")
