"""What Twilio's error codes mean, what each makes the ladder do, and what the desk does (twilio.com/docs/api/errors)."""

from __future__ import annotations

from typing import Final

from handlers.domain.troubles import NextStep, NumberIs, Trouble

OPTED_OUT: Final = "21610"
NOT_IN_PROGRESS: Final = "21220"
NOT_FOUND: Final = "20404"

_CORRECT = "Correct it in the directory."
_DOCTOR = "Run `radrelay doctor`, and mend the account with Twilio; call by hand meanwhile."
_CALLED = "The telephone is called instead."
_NOTHING = "Nothing: it is tried again by itself."


def _number(code: str, meaning: str, todo: str = _CORRECT) -> Trouble:
    return Trouble(code=code, meaning=meaning, step=NextStep.FIND_NUMBER, todo=todo, number=NumberIs.BOUNCED)


def _other(code: str, meaning: str, todo: str) -> Trouble:
    return Trouble(code=code, meaning=meaning, step=NextStep.NEXT_NUMBER, todo=todo)


def _ours(code: str, meaning: str, todo: str = _DOCTOR) -> Trouble:
    return Trouble(code=code, meaning=meaning, step=NextStep.MEND_ACCOUNT, todo=todo)


def _text(code: str, meaning: str, todo: str = _CALLED, number: NumberIs = NumberIs.FINE) -> Trouble:
    return Trouble(code=code, meaning=meaning, step=NextStep.VOICE_INSTEAD, todo=todo, number=number)


def _passes(code: str, meaning: str, todo: str = _NOTHING) -> Trouble:
    return Trouble(code=code, meaning=meaning, step=NextStep.TRY_AGAIN, todo=todo)


_REGION = "Allow its region in Twilio's geographic permissions."
_REGISTER = f"{_CALLED} Check the sender's registration (A2P 10DLC, or toll-free verification) with Twilio."

TROUBLES: Final[dict[str, Trouble]] = {
    trouble.code: trouble
    for trouble in (
        _ours("10001", "The account at Twilio is not active."),
        _ours("10002", "The account at Twilio is a trial and may not do this."),
        _passes("11200", "Twilio could not fetch our words: our public address did not answer it."),
        _passes("11205", "Twilio could not connect to our public address."),
        _number("13223", "The number to be connected is not written as a number."),
        _number("13224", "The number to be connected is not valid."),
        _other("13225", "Twilio will not connect to that number.", _REGION),
        _other("13227", "The account may not connect to that region.", _REGION),
        _ours("20003", "Twilio does not accept our account or token."),
        _ours("20005", "The account at Twilio is not active."),
        _passes(NOT_FOUND, "Twilio does not know it; it may have been deleted there."),
        _passes("20429", "Twilio asks us to slow down."),
        _ours("21210", "Our own number is not verified for calling."),
        _number("21211", "The number is not valid."),
        _ours("21212", "Our own number is not valid for calling."),
        _number("21214", "The number cannot be called."),
        _other("21215", "The account may not call that region.", _REGION),
        _other("21216", "The account may not call that number.", _REGION),
        _number("21217", "The number does not look valid."),
        _other(
            "21219", "A trial account may only call verified numbers.", "Verify the number with Twilio, or upgrade."
        ),
        _passes(NOT_IN_PROGRESS, "The call has already ended."),
        _text("21408", "The account may not text that region.", f"{_CALLED} {_REGION}"),
        _ours("21606", "Our own number cannot send texts."),
        _text(OPTED_OUT, "This number opted out of texts (STOP).", "Only a call reaches it.", NumberIs.OPTED_OUT),
        _text("21612", "This number cannot be texted from our number."),
        _text("21614", "This is not a mobile number and cannot be texted.", f"{_CALLED} {_CORRECT}", NumberIs.BOUNCED),
        _text("30001", "Too many texts wait at Twilio."),
        _ours("30002", "The account was suspended while a text waited."),
        _text("30003", "The handset is off or out of reach."),
        _text("30004", "The recipient's carrier blocks texts from us."),
        _number("30005", "The number is unknown to its carrier.", f"{_CALLED} {_CORRECT}"),
        _text(
            "30006",
            "This is a landline, or its carrier cannot take texts.",
            f"{_CALLED} Mark the number in the directory as one that is not texted.",
            NumberIs.BOUNCED,
        ),
        _text("30007", "A carrier filtered the text.", _REGISTER),
        _text("30008", "The text was not delivered, and the carrier does not say why."),
        _text("30034", "Our number is not registered for texting in the United States.", _REGISTER),
        _ours("http_401", "Twilio does not accept our account or token."),
        _ours("http_403", "Twilio forbids this to our account."),
    )
}


def trouble_of(code: str) -> Trouble:
    """Return what a vendor's code means and makes us do; an unknown code is named, so that it can be looked up."""
    unknown = Trouble(
        code=code,
        meaning=f"Twilio answered with code {code}.",
        step=NextStep.NEXT_RUNG,
        todo="See twilio.com/docs/api/errors.",
    )
    return TROUBLES.get(code, unknown)


def meaning(code: str) -> str:
    """Return the sentence for a vendor's code."""
    return trouble_of(code).sentence
