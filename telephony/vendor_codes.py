"""What Twilio's error codes mean for the desk, in one sentence each (twilio.com/docs/api/errors)."""

from __future__ import annotations

from typing import Final

OPTED_OUT: Final = "21610"
NOT_IN_PROGRESS: Final = "21220"
NOT_FOUND: Final = "20404"

_MEANINGS: dict[str, str] = {
    "13224": "The number to be connected is not valid.",
    "20003": "Twilio does not accept our account or token; run `radrelay doctor`.",
    NOT_FOUND: "Twilio does not know it; it may have been deleted there.",
    "21210": "Our own number is not verified for calling; run `radrelay doctor`.",
    "21211": "The number is not valid; correct it in the directory.",
    "21214": "The number cannot be called; correct it in the directory.",
    "21215": "The account may not call that region; allow it in Twilio's geographic permissions.",
    "21216": "The account may not call that number.",
    "21217": "The number does not look valid; correct it in the directory.",
    "21219": "A trial account may only call verified numbers.",
    NOT_IN_PROGRESS: "The call has already ended.",
    "21408": "The account may not text that region; allow it in Twilio's geographic permissions.",
    OPTED_OUT: "This number opted out of texts (STOP); only a call reaches it.",
    "21612": "This number cannot be texted from our number.",
    "21614": "This is not a mobile number and cannot be texted.",
    "30003": "The handset is off or out of reach.",
    "30004": "The recipient's carrier blocks texts from us.",
    "30005": "The number is unknown to its carrier.",
    "30006": "This is a landline, or its carrier cannot take texts.",
    "30007": "A carrier filtered the text; check the sender's registration.",
    "30034": "Our number is not registered for texting in the United States (A2P 10DLC).",
}


def meaning(code: str) -> str:
    """Return a sentence for a vendor's code; an unknown code is named, so that it can be looked up."""
    return _MEANINGS.get(code, f"Twilio answered with code {code}; see twilio.com/docs/api/errors.")
