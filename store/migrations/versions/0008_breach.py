"""When a read passed its target without a report.

Revision ID: 0008_breach
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008_breach"
down_revision = "0003_override"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add it."""
    op.add_column("read", sa.Column("breached_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    """Remove it."""
    op.drop_column("read", "breached_at")
