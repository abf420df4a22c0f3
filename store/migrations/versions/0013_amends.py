"""Which finding another one amends, so that a call can say that it corrects what was heard before.

Revision ID: 0013_amends
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013_amends"
down_revision = "0012_closed"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add it; amendments of before are told as findings of their own."""
    op.add_column("finding", sa.Column("amends", sa.String(), nullable=False, server_default=""))


def downgrade() -> None:
    """Remove it."""
    op.drop_column("finding", "amends")
