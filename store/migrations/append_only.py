"""The triggers of the first schema that keep the record append-only, in the database itself.

They are part of revision 0001: a later change of them is a later revision with statements of its own.
"""

from __future__ import annotations


def _sqlite(name: str, when: str, reason: str) -> str:
    return f"CREATE TRIGGER {name} {when} BEGIN SELECT RAISE(ABORT, '{reason}'); END"


_ENTRY = "audit_entry is append-only"
_CHAIN = "a chain's head only moves forward".replace("'", "''")
_SAME_ENTRY = "EXISTS (SELECT 1 FROM audit_entry WHERE chain = NEW.chain AND seq = NEW.seq)"
_SAME_CHAIN = "EXISTS (SELECT 1 FROM chain WHERE facility = NEW.facility AND seq > 0)"
_SAME_ROW = "EXISTS (SELECT 1 FROM {} WHERE rowid = NEW.rowid)"

#: REPLACE deletes without a DELETE trigger, hence the two before INSERT. A chain begins by INSERT … ON CONFLICT DO NOTHING
#: of an empty head, which meets only empty ones where no transaction holds it yet.
SQLITE = (
    _sqlite("audit_entry_no_update", "BEFORE UPDATE ON audit_entry", f"{_ENTRY}: UPDATE refused"),
    _sqlite("audit_entry_no_delete", "BEFORE DELETE ON audit_entry", f"{_ENTRY}: DELETE refused"),
    _sqlite(
        "audit_entry_no_replace",
        f"BEFORE INSERT ON audit_entry WHEN {_SAME_ENTRY} OR {_SAME_ROW.format('audit_entry')}",
        f"{_ENTRY}: REPLACE refused",
    ),
    _sqlite(
        "chain_forward_only",
        "BEFORE UPDATE ON chain WHEN NEW.seq <= OLD.seq OR NEW.facility <> OLD.facility",
        f"{_CHAIN}: UPDATE refused",
    ),
    _sqlite("chain_no_delete", "BEFORE DELETE ON chain", f"{_CHAIN}: DELETE refused"),
    _sqlite(
        "chain_no_replace",
        f"BEFORE INSERT ON chain WHEN {_SAME_CHAIN} OR {_SAME_ROW.format('chain')}",
        f"{_CHAIN}: REPLACE refused",
    ),
)


def _postgresql(name: str, when: str) -> str:
    return f"CREATE TRIGGER {name} BEFORE {when} EXECUTE FUNCTION append_only_refusal()"


POSTGRESQL = (
    """
    CREATE FUNCTION append_only_refusal() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      RAISE EXCEPTION USING MESSAGE = TG_TABLE_NAME || ' is append-only: ' || TG_OP || ' refused';
    END $$
    """,
    _postgresql("audit_entry_no_change", "UPDATE OR DELETE ON audit_entry FOR EACH ROW"),
    _postgresql("audit_entry_no_truncate", "TRUNCATE ON audit_entry FOR EACH STATEMENT"),
    _postgresql(
        "chain_forward_only",
        "UPDATE ON chain FOR EACH ROW WHEN (NEW.seq <= OLD.seq OR NEW.facility <> OLD.facility)",
    ),
    _postgresql("chain_no_delete", "DELETE ON chain FOR EACH ROW"),
    _postgresql("chain_no_truncate", "TRUNCATE ON chain FOR EACH STATEMENT"),
)
