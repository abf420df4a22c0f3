"""What calls have shown of a contact's numbers, beside what the directory says of them: right, not theirs, or bounced."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from handlers.domain.directory import DIALABLE, Number, NumberKind

#: A verification that is older is made anew by ``/relay verify``; the number is called meanwhile.
GOOD_FOR = timedelta(days=365)


class Trouble(StrEnum):
    """Why a number is not called any more."""

    BOUNCED = "bounced"  # the vendor cannot reach it
    NOT_THEIRS = "not_theirs"  # whoever answered said so


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberStanding:
    """What is known of one contact's number from calls and texts; ``number`` is sealed, and found by its keyed digest."""

    id: str
    facility: str  #: whose call showed it first
    contact: str
    number: str
    since: datetime
    #: When somebody who answered there last confirmed it, and who had asked for that.
    verified_at: datetime | None = None
    verified_by: str = ""
    #: Since when it is not called, and why; a later verification lifts it.
    bad_at: datetime | None = None
    bad_why: Trouble | None = None
    #: Since when it is not texted.
    untextable_at: datetime | None = None
    #: The vendor's code of the newest bounce, and what it means: a fixed sentence.
    code: str = ""
    says: str = ""
    version: int = 0


def is_bad(number: Number, standing: NumberStanding | None) -> bool:
    """Tell whether a number is not called until it is verified again, by telephone or, a later day, in the directory."""
    if standing is None or standing.bad_at is None:
        return False
    by_telephone = standing.verified_at is not None and standing.verified_at > standing.bad_at
    return not by_telephone and not _says_later(number.verified, standing.bad_at)


def _says_later(day: date | None, instant: datetime) -> bool:
    return day is not None and day > instant.date()


def may_be_dialed(number: Number, standing: NumberStanding | None) -> bool:
    """Tell whether the robot may call a number now: a kind that speaks, consent, verified by whomever, and not bad since."""
    by_telephone = standing is not None and standing.verified_at is not None
    is_verified = number.verified is not None or by_telephone
    return number.kind in DIALABLE and number.consent is not None and is_verified and not is_bad(number, standing)


def may_be_texted(number: Number, standing: NumberStanding | None) -> bool:
    """Tell whether the robot may text a number now."""
    untextable = None if standing is None else standing.untextable_at
    bounced = untextable is not None and not _says_later(number.verified, untextable)
    may = number.kind is NumberKind.MOBILE and number.sms_consent
    return may and not bounced and may_be_dialed(number, standing)


def verified_on(number: Number, standing: NumberStanding | None) -> date | None:
    """Return the day of the newest verification, by telephone or as the directory says."""
    by_telephone = None if standing is None or standing.verified_at is None else standing.verified_at.date()
    return max((one for one in (number.verified, by_telephone) if one is not None), default=None)


def is_to_check(number: Number, standing: NumberStanding | None, today: date) -> bool:
    """Tell whether ``/relay verify`` calls a number: with consent, and not verified, not lately, or bad since."""
    if number.kind not in DIALABLE or number.consent is None:
        return False
    verified = verified_on(number, standing)
    return verified is None or today - verified > GOOD_FOR or is_bad(number, standing)
