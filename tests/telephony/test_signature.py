"""Only what Twilio signed is Twilio's."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import FormData
from twilio.request_validator import RequestValidator

from telephony.signature import SignatureVerifier

TOKEN = "auth-token"
PUBLIC = "https://radrelay.example"
VERIFIER = SignatureVerifier(PUBLIC, TOKEN)
FIELDS = {"CallSid": "CA1", "Digits": "1", "SpeechResult": "", "From": "+12025550111"}


def scope(raw_path: bytes = b"/twilio/voice/abc/1", query: bytes = b"") -> dict[str, object]:
    return {"raw_path": raw_path, "query_string": query, "path": raw_path.decode("latin-1")}


def form(fields: dict[str, str]) -> FormData:
    return FormData([(name, value) for name, value in parse_qsl(urlencode(fields), keep_blank_values=True)])


def signed(fields: dict[str, str], url: str = f"{PUBLIC}/twilio/voice/abc/1") -> str:
    signature: str = RequestValidator(TOKEN).compute_signature(url, fields)
    return signature


def test_twilios_own_request_is_valid_and_so_is_its_replay() -> None:
    """The scheme has no timestamp: turns make a replay do nothing."""
    signature = signed(FIELDS)
    assert VERIFIER.is_valid(scope(), form(FIELDS), signature)
    assert VERIFIER.is_valid(scope(), form(FIELDS), signature)


@given(st.data())
def test_one_changed_byte_is_invalid(data: st.DataObject) -> None:
    """In the signature, a name, a value or the path; its unchanged twin is valid."""
    signature = signed(FIELDS)
    assert VERIFIER.is_valid(scope(), form(FIELDS), signature)
    where = data.draw(st.sampled_from(["signature", "value", "path", "added", "dropped"]))
    name = data.draw(st.sampled_from(sorted(FIELDS)))
    letter = data.draw(st.sampled_from("abcXYZ019"))
    at = data.draw(st.integers(0, len(signature) - 2))
    fields, path, forged = dict(FIELDS), b"/twilio/voice/abc/1", signature
    if where == "signature":
        forged = signature[:at] + ("A" if signature[at] != "A" else "B") + signature[at + 1 :]
    elif where == "value":
        fields[name] += letter
    elif where == "path":
        path += letter.encode()
    elif where == "added":
        fields["Zz"] = letter
    else:
        fields.pop("CallSid")
    assert not VERIFIER.is_valid(scope(path), form(fields), forged)


@pytest.mark.parametrize("signature", [None, "", "x", "ü" * 28, "A" * 28])
def test_a_missing_or_odd_signature_is_invalid_and_never_an_error(signature: str | None) -> None:
    """The library raises TypeError for a missing header."""
    assert not VERIFIER.is_valid(scope(), form(FIELDS), signature)


def test_the_path_is_verified_as_it_was_sent() -> None:
    """The decoded path is another URL than the one that was signed."""
    raw = b"/twilio/voice/a%2Db/1"
    assert VERIFIER.is_valid(scope(raw), form(FIELDS), signed(FIELDS, f"{PUBLIC}/twilio/voice/a%2Db/1"))
    assert not VERIFIER.is_valid(scope(raw), form(FIELDS), signed(FIELDS, f"{PUBLIC}/twilio/voice/a-b/1"))
    assert not VERIFIER.is_valid(scope(b"/\xff"), form(FIELDS), signed(FIELDS))


def test_the_query_is_signed_too() -> None:
    """Raw, in its order."""
    signature = signed(FIELDS, f"{PUBLIC}/twilio/voice/abc/1?b=%20&a=1")
    assert VERIFIER.is_valid(scope(query=b"b=%20&a=1"), form(FIELDS), signature)
    assert not VERIFIER.is_valid(scope(query=b"a=1&b=%20"), form(FIELDS), signature)
    assert not VERIFIER.is_valid(scope(), form(FIELDS), signature)


def test_a_repeated_name_is_invalid_though_its_signature_fits() -> None:
    """Twilio's scheme drops repeated values, so the library alone would let it pass."""
    repeated = FormData([*form(FIELDS).multi_items(), ("Digits", "1")])
    assert RequestValidator(TOKEN).validate(f"{PUBLIC}/twilio/voice/abc/1", repeated, signed(FIELDS))
    assert not VERIFIER.is_valid(scope(), repeated, signed(FIELDS))


def test_either_of_our_accounts_may_sign_and_nobody_else() -> None:
    """With a second account configured its callbacks verify by its own token; a third token does not."""
    both = SignatureVerifier(PUBLIC, "first-token", TOKEN)
    assert both.is_valid(scope(), form(FIELDS), signed(FIELDS))
    assert SignatureVerifier(PUBLIC, TOKEN, "second-token").is_valid(scope(), form(FIELDS), signed(FIELDS))
    assert not SignatureVerifier(PUBLIC, "first-token", "second-token").is_valid(scope(), form(FIELDS), signed(FIELDS))


def test_another_accounts_token_is_invalid() -> None:
    """Anybody can have a Twilio account."""
    assert not SignatureVerifier(PUBLIC, "other").is_valid(scope(), form(FIELDS), signed(FIELDS))
