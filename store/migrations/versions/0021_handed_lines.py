"""Whether somebody who gave the line to somebody else had heard the finding.

Revision ID: 0021_handed_lines
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021_handed_lines"
down_revision = "0020_contact_pin"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column."""
    op.add_column("attempt", sa.Column("heard_earlier", sa.Boolean(), nullable=False, server_default=sa.false()))


def downgrade() -> None:
    """Remove it."""
    op.drop_column("attempt", "heard_earlier")
