"""When a read passed its target without a report, and from when on readers without its subspecialty may read it.

Revision ID: 0008_routing
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008_routing"
down_revision = "0007_lease"
branch_labels = None
depends_on = None

_NEW = ("breached_at", "general_at")


def upgrade() -> None:
    """Add them."""
    for name in _NEW:
        op.add_column("read", sa.Column(name, sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    """Remove them."""
    for name in _NEW:
        op.drop_column("read", name)
