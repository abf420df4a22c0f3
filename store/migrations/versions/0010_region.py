"""The region of the body that a read or a report is of, and the read from which it was split; "" is the whole, as all were.

Revision ID: 0010_region
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010_region"
down_revision = "0009_scale"
branch_labels = None
depends_on = None

_NEW = (("read", "region"), ("read", "split_from"), ("report", "region"))


def upgrade() -> None:
    """Add them."""
    for table, name in _NEW:
        op.add_column(table, sa.Column(name, sa.String(), nullable=False, server_default=""))


def downgrade() -> None:
    """Remove them."""
    for table, name in _NEW:
        op.drop_column(table, name)
