"""What the vendor's error codes meant, beside the attempts that met them.

Revision ID: 0018_vendor_says
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018_vendor_says"
down_revision = "0017_text_reply"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; of earlier attempts the code alone is known."""
    op.add_column("attempt", sa.Column("vendor_says", sa.String(), nullable=False, server_default=""))


def downgrade() -> None:
    """Remove it."""
    op.drop_column("attempt", "vendor_says")
