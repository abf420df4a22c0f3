"""Overrides that ended without a grant; and claims of before 0003, which are judged again like all others.

Revision ID: 0012_closed
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012_closed"
down_revision = "0011_on_call"
branch_labels = None
depends_on = None

#: Since 0003 a claim has a deadline at which it is judged again; one that was made before gets it now, and is judged at once.
_JUDGED = """
INSERT INTO deadline (kind, subject, facility, due_at, tries)
SELECT 'claim_standing', id, facility, claimed_at, 0 FROM read
WHERE state = 'claimed' AND claimed_at IS NOT NULL AND NOT EXISTS (
    SELECT 1 FROM deadline WHERE deadline.kind = 'claim_standing' AND deadline.subject = read.id
)
"""


def upgrade() -> None:
    """Add who ended it and when; plan what was not planned."""
    op.add_column("read_override", sa.Column("closed_by", sa.String(), nullable=False, server_default=""))
    op.add_column("read_override", sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True))
    op.execute(_JUDGED)


def downgrade() -> None:
    """Remove them; a deadline that is there harms nobody."""
    op.drop_column("read_override", "closed_at")
    op.drop_column("read_override", "closed_by")
