"""The first schema: every table, and the triggers that keep the record append-only on both databases.

Revision ID: 0001_initial
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from alembic import op

from store.migrations.append_only import POSTGRESQL, SQLITE

revision = "0001_initial"
down_revision = None
branch_labels = None
depends_on = None


def _of(kind: Any, *, nullable: bool = False) -> Callable[[str], list[sa.Column[Any]]]:
    return lambda names: [sa.Column(name, kind, nullable=nullable) for name in names.split()]


_texts, _maybe_texts = _of(sa.String()), _of(sa.String(), nullable=True)
_instants, _maybe_instants = _of(sa.DateTime(timezone=True)), _of(sa.DateTime(timezone=True), nullable=True)
_long_texts, _integers, _floats = _of(sa.Text()), _of(sa.Integer()), _of(sa.Float())
_booleans, _blobs = _of(sa.Boolean()), _of(sa.LargeBinary())


def _chains() -> None:
    op.create_table("chain", *_texts("facility hash"), *_integers("seq"), sa.PrimaryKeyConstraint("facility"))
    op.create_table(
        "audit_entry",
        *_texts("chain action case_code hash"),
        *_long_texts("body"),
        *_integers("seq"),
        *_instants("at"),
        sa.PrimaryKeyConstraint("chain", "seq"),
    )
    op.create_index("ix_audit_entry_case_code", "audit_entry", ["case_code"])


def _inbox() -> None:
    op.create_table(
        "inbox",
        *_texts("id source delivery_id facility kind digest state reason"),
        *_integers("position tries"),
        *_instants("received_at due_at"),
        *_blobs("body"),
        sa.PrimaryKeyConstraint("position"),
        sa.UniqueConstraint("id"),
        sa.UniqueConstraint("source", "delivery_id"),
    )
    op.create_index(
        "inbox_pending",
        "inbox",
        ["facility", "position"],
        sqlite_where=sa.text("state='pending'"),
        postgresql_where=sa.text("state='pending'"),
    )


def _outbox() -> None:
    op.create_table(
        "outbox",
        *_texts("id facility kind subject lane state reason"),
        *_long_texts("args"),
        *_integers("position rank tries"),
        *_instants("due_at"),
        *_maybe_texts("once"),
        *_maybe_instants("lease_until"),
        sa.PrimaryKeyConstraint("position"),
        sa.UniqueConstraint("id"),
        sa.UniqueConstraint("once"),
    )
    op.create_index("outbox_next", "outbox", ["state", "rank", "position"])
    op.create_table(
        "lane",
        *_texts("lane holder"),
        *_instants("next_at"),
        *_maybe_instants("busy_until"),
        sa.PrimaryKeyConstraint("lane"),
    )


def _what_is_due() -> None:
    op.create_table(
        "deadline",
        *_texts("kind subject facility"),
        *_integers("tries"),
        *_instants("due_at"),
        sa.PrimaryKeyConstraint("kind", "subject"),
    )
    op.create_index("ix_deadline_due_at", "deadline", ["due_at"])
    op.create_table(
        "delivery",
        *_texts("facility id"),
        *_long_texts("answer"),
        *_instants("at"),
        sa.PrimaryKeyConstraint("facility", "id"),
    )
    op.create_index("ix_delivery_at", "delivery", ["at"])
    op.create_table("message", *_texts("subject channel ts"), sa.PrimaryKeyConstraint("subject"))
    op.create_table("heartbeat", *_texts("name"), *_instants("at"), sa.PrimaryKeyConstraint("name"))


def _studies() -> None:
    op.create_table(
        "study",
        *_texts(
            "id facility case_code accession_number_index study_instance_uid_index modality priority patient_class patient_state group_index status"
        ),
        *_integers("instance_count version"),
        *_booleans("ready test"),
        *_instants("received_at event_at"),
        *_blobs("sealed"),
        *_maybe_texts("ordering_contact"),
        *_maybe_instants("ordered_at last_image_at"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("case_code"),
        sa.UniqueConstraint("facility", "accession_number_index"),
    )
    op.create_index("ix_study_group_index", "study", ["group_index"])
    op.create_index("ix_study_study_instance_uid_index", "study", ["study_instance_uid_index"])


def _reads() -> None:
    op.create_table(
        "read",
        *_texts("id facility study_id case_code pool priority state"),
        *_integers("version"),
        *_instants("opened_at due_at"),
        *_maybe_texts("claimed_by reported_by"),
        *_maybe_instants("claimed_at reported_at"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_read_study_id", "read", ["study_id"])
    op.create_index("read_worklist", "read", ["state", "pool", "due_at"])
    op.create_table(
        "report",
        *_texts("id facility study_id kind signed_by flags"),
        *_integers("version"),
        *_instants("signed_at received_at"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_report_study_id", "report", ["study_id"])


def _findings() -> None:
    op.create_table(
        "finding",
        *_texts("id facility accession_number_index state"),
        *_integers("category version"),
        *_instants("found_at reported_at event_at"),
        *_blobs("sealed"),
        *_maybe_texts("study_id relay_id found_by to"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_finding_accession_number_index", "finding", ["accession_number_index"])
    op.create_index("ix_finding_relay_id", "finding", ["relay_id"])
    op.create_index("ix_finding_study_id", "finding", ["study_id"])


def _relays() -> None:
    op.create_table(
        "relay",
        *_texts(
            "id facility study_id case_code callback_code delegated_by started_by state hold_reason ended_by ended_role ended_note"
        ),
        *_long_texts("policy"),
        *_integers("category revision step tries version"),
        *_booleans("shadow"),
        *_instants("delegated_at found_at"),
        *_maybe_texts("ordering ending ended_attempt"),
        *_maybe_instants("step_started_at ended_at"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_relay_callback_code", "relay", ["callback_code"])
    op.create_index("ix_relay_case_code", "relay", ["case_code"])
    op.create_index("ix_relay_study_id", "relay", ["study_id"])
    op.create_index("relay_state", "relay", ["state", "facility"])


def _attempts() -> None:
    op.create_table(
        "attempt",
        *_texts(
            "id facility token purpose channel who number number_kind send_digits state stage code machine bridged_to vendor_code"
        ),
        *_integers("step try_no sequence turn wrong silent holds revision version"),
        *_floats("telling_seconds"),
        *_booleans("inbound"),
        *_instants("planned_at"),
        *_maybe_texts("relay_id task_id open_number sid receiver_role outcome"),
        *_maybe_instants("submitted_at answered_at told_at finished_at"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("open_number"),
        sa.UniqueConstraint("token"),
    )
    op.create_index("ix_attempt_relay_id", "attempt", ["relay_id"])
    op.create_index("ix_attempt_sid", "attempt", ["sid"])
    op.create_index("ix_attempt_task_id", "attempt", ["task_id"])


def _turns() -> None:
    op.create_table(
        "turn",
        *_texts("id facility attempt_id"),
        *_integers("number version"),
        *_instants("at"),
        *_blobs("sealed"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("attempt_id", "number"),
    )
    op.create_table(
        "recording",
        *_texts("id facility relay_id attempt_id sid state sha256 media_type"),
        *_integers("tries version"),
        *_instants("announced_at"),
        *_blobs("sealed"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("sid"),
    )
    op.create_index("ix_recording_attempt_id", "recording", ["attempt_id"])
    op.create_index("ix_recording_relay_id", "recording", ["relay_id"])


def _desk() -> None:
    op.create_table(
        "desk_task",
        *_texts("id facility desk kind case_code subject_id state taken_by done_by outcome"),
        *_integers("every_seconds rounds version"),
        *_booleans("rings"),
        *_instants("opened_at"),
        *_maybe_texts("relay_id"),
        *_maybe_instants("taken_at done_at"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("desk_task_state", "desk_task", ["state", "facility"])
    op.create_index("ix_desk_task_relay_id", "desk_task", ["relay_id"])
    op.create_index("ix_desk_task_subject_id", "desk_task", ["subject_id"])
    op.create_table(
        "halt",
        *_texts("id facility by reason"),
        *_integers("version"),
        *_instants("at"),
        *_maybe_instants("lifted_at"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_halt_facility", "halt", ["facility"])


def _callers() -> None:
    op.create_table(
        "inbound_call",
        *_texts("id facility token caller"),
        *_integers("turn wrong version"),
        *_instants("at"),
        *_maybe_texts("attempt_id"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("token"),
    )
    op.create_table(
        "opt_out",
        *_texts("id facility"),
        *_integers("version"),
        *_instants("at"),
        *_maybe_instants("lifted_at"),
        sa.PrimaryKeyConstraint("id"),
    )


def _access() -> None:
    op.create_table(
        "link",
        *_texts("id facility case_code slack_user name roles purpose"),
        *_integers("version"),
        *_instants("made_at expires_at"),
        *_maybe_instants("used_at"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "page_session",
        *_texts("id facility case_code slack_user name roles purpose"),
        *_integers("version"),
        *_instants("opened_at seen_at"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "directory_version",
        *_texts("id facility sha256 loaded_by"),
        *_long_texts("text"),
        *_integers("number version"),
        *_instants("loaded_at"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("number"),
    )


PARTS = (
    _chains,
    _inbox,
    _outbox,
    _what_is_due,
    _studies,
    _reads,
    _findings,
    _relays,
    _attempts,
    _turns,
    _desk,
    _callers,
    _access,
)


def upgrade() -> None:
    """Create the tables, then the triggers."""
    for create in PARTS:
        create()
    triggers = SQLITE if op.get_context().dialect.name == "sqlite" else POSTGRESQL
    for trigger in triggers:
        op.get_bind().exec_driver_sql(trigger)


def downgrade() -> None:
    """Refuse: going back before the first schema would delete the record."""
    raise NotImplementedError("there is nothing before the first schema, and the record is never deleted")
