"""Several reads of a study, by kind and by whom; and the times that overflow was open.

Revision ID: 0004_coverage
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004_coverage"
down_revision = "0003_override"
branch_labels = None
depends_on = None

#: What the reads are that are there already: final ones by us, under no agreement.
_EARLIER = {"kind": "final", "by": "us", "coverage": "", "subspecialty": ""}


def upgrade() -> None:
    """Add them."""
    for name, value in _EARLIER.items():
        op.add_column("read", sa.Column(name, sa.String(), nullable=False, server_default=value))
    op.create_table(
        "overflow",
        *(sa.Column(name, sa.String(), nullable=False) for name in ("id", "facility", "coverage", "reason")),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("overflow_open", "overflow", ["facility", "closed_at"])


def downgrade() -> None:
    """Remove them; what is not a final read by us cannot be kept."""
    op.drop_table("overflow")
    op.execute("UPDATE read SET state = 'canceled' WHERE state = 'superseded'")
    op.execute("DELETE FROM read WHERE kind <> 'final' OR \"by\" <> 'us'")
    for name in _EARLIER:
        op.drop_column("read", name)
