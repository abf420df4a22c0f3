"""What of the telephone was recorded, what became of it at the vendor, and who keeps it past its time.

Revision ID: 0028_recordings
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0028_recordings"
down_revision = "0027_privacy"
branch_labels = None
depends_on = None


def _texts(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.String(), nullable=False) for name in names]


def _instant(name: str, *, nullable: bool = True) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def upgrade() -> None:
    """Add them; what was recorded before are read-backs, and nobody looked whether the vendor still has them."""
    op.add_column("recording", sa.Column("kind", sa.String(), nullable=False, server_default="read_back"))
    op.add_column("recording", sa.Column("seconds", sa.Float(), nullable=False, server_default="0"))
    for name in ("heard", "heard_by"):
        op.add_column("recording", sa.Column(name, sa.String(), nullable=False, server_default=""))
    for name in ("gone_at", "heard_at"):
        op.add_column("recording", _instant(name))
    op.create_table(
        "dictation",
        *_texts("id", "facility", "relay_id", "attempt_id", "case_code", "by", "state", "recording_id"),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        _instant("asked_at", nullable=False),
        _instant("kept_at"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_dictation_relay_id", "dictation", ["relay_id"])
    op.create_index("ix_dictation_attempt_id", "dictation", ["attempt_id"])
    op.create_table(
        "legal_hold",
        *_texts("id", "facility", "case_code", "reason", "by", "released_by"),
        sa.Column("version", sa.Integer(), nullable=False),
        _instant("at", nullable=False),
        _instant("released_at"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_legal_hold_case_code", "legal_hold", ["case_code"])


def downgrade() -> None:
    """Remove them."""
    op.drop_table("legal_hold")
    op.drop_table("dictation")
    for name in ("heard_at", "gone_at", "heard_by", "heard", "seconds", "kind"):
        op.drop_column("recording", name)
