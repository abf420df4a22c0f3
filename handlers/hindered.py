"""Why a read that nobody has does not reach whoever is on call: they passed, did not answer, or cannot be asked."""

from __future__ import annotations

from collections.abc import Sequence

from handlers import claims, duty
from handlers.domain.directory import Directory
from handlers.domain.oncall import NOBODY, Reason, on_call_reader
from handlers.domain.relays import Attempt, Outcome, Purpose
from handlers.domain.standing import Pool
from handlers.domain.studies import Read
from handlers.ports import Reading

#: Whoever is on call is rung so often.
TRIES = 2


def calls_of(look: Reading, read: Read) -> list[Attempt]:
    """Return the calls to whoever was on call for a read, oldest first."""
    return look.all(Attempt, read_id=read.id, purpose=Purpose.ON_CALL)


def by_calls(look: Reading, directory: Directory, read: Read) -> Reason | None:
    """Return what the calls came to, where no further one is made; None where one may be."""
    rung = calls_of(look, read)
    passed = next((one for one in rung if one.outcome is Outcome.PASSED), None)
    if passed is not None:
        return _passed(look, directory, read, passed.who)
    if len(rung) < TRIES:
        return None
    silent = [one for one in rung if one.outcome not in (Outcome.TAKEN, Outcome.CANCELED)]
    names = list(dict.fromkeys(_name(directory, one.who) for one in silent or rung))
    twice = " twice" if len(names) == 1 < len(silent) else ""
    return Reason("unanswered", rung[-1].who, f"{' and '.join(names)} did not answer{twice}.")


def _passed(look: Reading, directory: Directory, read: Read, who: str) -> Reason:
    """Return that somebody passed, or, where they may not read it, that: both end the call alike."""
    reader = directory.radiologists.get(who)
    rules = () if reader is None else claims.keeps_from(look, directory, read, reader)
    if rules:
        return _may_not(who, f"{_name(directory, who)} was called and", [one.code for one in rules])
    return Reason("passed", who, f"{_name(directory, who)} passed.")


def by_standing(look: Reading, directory: Directory, read: Read, pool: Pool) -> Reason | None:
    """Return why whoever is on call now is not rung; None where they are."""
    reader = on_call_reader(directory, duty.shifts(look, directory), pool, look.now)
    if reader is None:
        return NOBODY
    if not reader.phone:
        return Reason("no_phone", reader.id, f"{reader.name} is on call, and the directory has no telephone of theirs.")
    rules = claims.keeps_from(look, directory, read, reader)
    return _may_not(reader.id, f"{reader.name} is on call and", [one.code for one in rules]) if rules else None


def _may_not(who: str, begins: str, codes: Sequence[str]) -> Reason:
    words = ", ".join(code.replace("_", " ") for code in codes)
    return Reason("may_not_read", who, f"{begins} may not read it: {words}.")


def _name(directory: Directory, who: str) -> str:
    reader = directory.radiologists.get(who)
    return "Somebody who has left" if reader is None else reader.name
