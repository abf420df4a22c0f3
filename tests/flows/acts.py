"""What the people of a story do again and again: confirm, take, look at the texts, count what was dialed."""

from __future__ import annotations

from collections import Counter

from handlers import hands
from handlers.domain.relays import Attempt, Outcome, Purpose, RelayState
from sandbox.exchange import Call, Exchange
from tests.flows.ringing import let_ring, until_rings
from tests.flows.stage import DESK_PHONE, DESK_PHONE_2, KIM, LEE_PHONE, QUINN, Stage

#: Longer than the demo's longest ladder, with its desk's first rounds.
WHOLE_LADDER_MINUTES = 25


def token_of(call: Call) -> str:
    """Return our token in the address that a call of ours was created with."""
    assert call.plan.document is not None
    return call.plan.document.url.rsplit("/", 2)[-2]


def attempt_of(stage: Stage, call: Call) -> Attempt:
    """Return the attempt that a call belongs to."""
    return next(one for one in stage.attempts() if one.token == token_of(call))


def hear_out(stage: Stage, number: str = KIM, texts: int = 1) -> None:
    """Look at the text pings beside a call."""
    for _ in range(texts):
        stage.exchange.expect_text(number)


def hear_the_finding(stage: Stage, call: Call) -> str:
    """Answer as a physician and listen; return the words with the finding."""
    call.answer()
    stage.settle()
    return stage.press(call, "1")


def says(stage: Stage, call: Call, words: str) -> str:
    """Say something once all was heard; return what is said next."""
    stage.listen(call)
    call.say(words)
    stage.settle()
    return call.last_heard


def key_back(stage: Stage, call: Call) -> str:
    """Key the code of this call's own telling."""
    return stage.press(call, attempt_of(stage, call).code)


def confirm(stage: Stage, call: Call) -> None:
    """Answer as a physician, hear the finding and key the code back."""
    hear_the_finding(stage, call)
    key_back(stage, call)


def nurse_confirms(stage: Stage, call: Call) -> None:
    """Answer as a nurse, hear the finding and key the code back."""
    call.answer()
    stage.settle()
    stage.press(call, "2")
    key_back(stage, call)


def desk_takes(stage: Stage) -> None:
    """Answer the first desk phone and press 1; the other one stops ringing."""
    stage.advance(1)  # one after the other, at the pace of our line
    call = stage.rings(DESK_PHONE)
    other = stage.rings(DESK_PHONE_2)
    call.answer()
    stage.settle()
    stage.press(call, "1")
    assert other.status in ("canceled", "no-answer", "completed")


def three_wrong_pins(stage: Stage, call: Call, pin: str) -> None:
    """Key a wrong PIN three times, and let nobody come whom the caller is connected to then."""
    for _ in range(2):
        assert "did not match" in stage.press(call, f"{pin}#")
    assert "Connecting you to " in stage.press(call, f"{pin}#")
    stage.listen(call)
    let_ring(stage, until_rings(stage, LEE_PHONE, 1))
    first = until_rings(stage, DESK_PHONE, 1)
    until_rings(stage, DESK_PHONE_2, 1)
    let_ring(stage, first)


def advance_until_ringing(stage: Stage, number: str, *, minutes: int) -> Call:
    """Let time pass until a number rings; it must within so many minutes."""
    for _ in range(minutes * 12):
        if stage.exchange.ringing(number):
            break
        stage.advance(5)
    return stage.rings(number)


def look_at_everything(stage: Stage, calls: dict[str, int] | None = None, texts: dict[str, int] | None = None) -> None:
    """Look at every call and text that nobody has looked at yet: so many to each of these numbers, and to no other."""
    left = stage.exchange.unexpected()
    for one in left:
        one.seen = True
    found = [Counter(one.to for one in left if isinstance(one, Call) is is_call) for is_call in (True, False)]
    assert found == [calls or {}, texts or {}], f"calls and texts that were not expected: {found}"


def creates(stage: Stage) -> Counter[str]:
    """Return how many calls exist at the vendor per attempt of ours."""
    return created_per_attempt(stage.exchange)


def created_per_attempt(exchange: Exchange) -> Counter[str]:
    """Return how many calls an exchange was asked for per attempt: more than one is a double dial."""
    return Counter(token_of(call) for call in exchange.calls if call.direction == "outbound-api")


def dialed(stage: Stage, number: str) -> list[Call]:
    """Return the calls that were ever created to a number, oldest first."""
    return [call for call in stage.exchange.calls if call.to == number and call.direction == "outbound-api"]


def called_contacts(stage: Stage) -> list[tuple[str, Outcome | None]]:
    """Return whom the ladder tried, with what came of it."""
    return [(one.who, one.outcome) for one in stage.attempts() if one.purpose is Purpose.CONTACT]


def exhaust(stage: Stage) -> None:
    """Let everybody on the ladder be engaged, until the desk's phones ring."""
    for _ in range(200):
        for call in stage.exchange.ringing():
            if stage.relay().state is not RelayState.AT_DESK:
                call.busy()
                stage.settle()
        if stage.relay().state is RelayState.AT_DESK:
            return
        stage.advance(10)
    raise AssertionError("the ladder did not reach the desk within half an hour")


def log_by_hand(
    stage: Stage, *, user: str = QUINN, receiver: str = "mercy-ed-physician", read_back: bool = True
) -> str:
    """Document a call made by hand, as the case page does."""
    return hands.log(
        stage.service.house,
        stage.case(),
        user,
        receiver=receiver,
        receiver_name="",
        role="physician",
        at=stage.clock.now(),
        read_back=read_back,
        delivery=f"log:{stage.clock.now().isoformat()}",
    )
