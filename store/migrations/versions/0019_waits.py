"""Why and until when a relay waits, from when its rung's time counts, and an index for how often a contact was called.

Revision ID: 0019_waits
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019_waits"
down_revision = "0018_vendor_says"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add them; what waits at this moment says so without its reason until it is tried again."""
    op.add_column("relay", sa.Column("wait", sa.Text(), nullable=True))
    op.add_column("relay", sa.Column("counts_from", sa.DateTime(timezone=True), nullable=True))
    op.create_index("attempt_called", "attempt", ["who", "submitted_at"])


def downgrade() -> None:
    """Remove them."""
    op.drop_index("attempt_called", "attempt")
    op.drop_column("relay", "counts_from")
    op.drop_column("relay", "wait")
