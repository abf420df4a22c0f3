"""People answer our texts: it is kept with the relay, told to its thread without a word of it, and ends nothing."""

from __future__ import annotations

import pytest

from handlers import texts
from handlers.domain.relays import Ending, Relay, RelayState
from handlers.domain.texts import TextReply
from store import audit
from tests.flows.acts import advance_until_ringing, confirm, hear_out, look_at_everything
from tests.flows.stage import CHARGE, KIM, LEE, OKAFOR, OURS, READS, Stage
from tests.flows.visitor import Visitor

STRANGE_PHONE = "+13125550177"
#: Words such as somebody might write, with a patient in them.
WORDS = "Is this Sandbox in bed 4? On my way"
CONFIRMS_NOTHING = f"Nothing is confirmed by text. Please call {OURS} and give the code you were sent."
NOTHING_OPEN = f"No callback is open for this number. To reach a person call {OURS} and press 0."


def texts_us(stage: Stage, sender: str, body: str) -> list[str]:
    """Text our number; return what comes back of ours."""
    before = len(stage.exchange.messages)
    stage.exchange.text_in(sender, OURS, body)
    stage.settle()
    answers = [one for one in stage.exchange.messages[before:] if one.direction == "outbound-reply" and not one.seen]
    for one in answers:
        one.seen = True
    return [one.body for one in answers]


def told_in_thread(stage: Stage, what: str = "A text came") -> list[str]:
    """Return what the threads in the readers' channel say of texts."""
    stage.advance(15)  # the channel takes about a note a second
    cards = [one.ts for one in stage.workspace.messages(READS) if not one.thread_ts]
    return [one.text for ts in cards for one in stage.workspace.thread(READS, ts) if what in one.text]


@pytest.mark.usefixtures("fault")
def test_on_my_way_ends_nothing_and_the_ladder_goes_on(stage: Stage) -> None:
    """Category 1: it is told to the thread and kept, and the nurse is called after the physician as if it had not come."""
    call = stage.critical_stroke()
    hear_out(stage)
    assert texts_us(stage, KIM, WORDS) == [CONFIRMS_NOTHING]
    assert stage.relay().state is RelayState.CALLING
    call.busy()
    assert "the number of Dr. Grace Kim" in told_in_thread(stage)[0]
    again = advance_until_ringing(stage, KIM, minutes=2)
    again.busy()
    confirm(stage, advance_until_ringing(stage, CHARGE, minutes=2))
    assert stage.relay().ended_by == "mercy-ed-charge"
    (reply,) = stage.all(TextReply)
    assert (reply.words, reply.contacts, reply.relay_id) == (WORDS, "mercy-ed-physician", stage.relay().id)


def test_its_words_are_on_the_case_page_and_nowhere_else(stage: Stage) -> None:
    """They may hold a patient's data: Slack, the record and the database's plain columns know only that a text came."""
    call = stage.critical_stroke()
    hear_out(stage)
    texts_us(stage, KIM, WORDS)
    assert told_in_thread(stage)
    confirm(stage, call)
    visitor = Visitor(stage, LEE)
    assert WORDS in visitor.sign_in().text
    visitor.close()
    assert not any("bed 4" in body for body in stage.workspace.traffic)
    with stage.service.store.database.snapshot() as connection:
        record = str(list(audit.export(connection)))
        rows = str(connection.exec_driver_sql("SELECT * FROM text_reply").all())
        answers = str(connection.exec_driver_sql("SELECT * FROM delivery").all())
    for kept in (record, rows, answers):
        assert "bed 4" not in kept
        assert KIM not in kept


@pytest.mark.parametrize("words", ["{code}", "Received, code {code}", "yes", "OK", "confirmed"])
def test_the_code_in_a_text_confirms_nothing_either(stage: Stage, words: str) -> None:
    """It was in our own text: whoever sends it back has not heard the finding."""
    call = stage.critical_stroke()
    hear_out(stage)
    assert texts_us(stage, KIM, words.format(code=stage.relay().callback_code)) == [CONFIRMS_NOTHING]
    assert stage.relay().state is RelayState.CALLING
    confirm(stage, call)
    assert stage.relay().ending is Ending.CONFIRMED_BY_CODE


def two_relays(stage: Stage) -> tuple[Relay, Relay]:
    """Let two findings of two studies be for one physician, whose telephone rings for the first."""
    stage.critical_stroke()
    first = stage.relay()
    stage.advance(2)
    stage.stroke_ct()
    stage.finding()
    second = stage.relay()
    look_at_everything(stage, {}, {KIM: 2})
    return first, second


def test_a_reply_of_somebody_with_two_relays_is_kept_with_both(stage: Stage) -> None:
    """Nobody knows which is meant: both threads say so, and the answer asks for each code."""
    two_relays(stage)
    (answer,) = texts_us(stage, KIM, "who is this about?")
    assert "2 callbacks are open" in answer
    assert [one.about for one in stage.all(TextReply)] == [2, 2]
    told = told_in_thread(stage)
    assert len(told) == 2
    assert all("It may be about 2 relays." in one for one in told)


def test_the_code_says_which_of_two_is_meant(stage: Stage) -> None:
    """Only the relay whose code stands in the text has it."""
    _, second = two_relays(stage)
    assert texts_us(stage, KIM, f"coming for {second.callback_code}.") == [CONFIRMS_NOTHING]
    (reply,) = stage.all(TextReply)
    assert (reply.relay_id, reply.about) == (second.id, 1)


def test_a_number_nobody_knows_learns_nothing_and_is_kept_nowhere(stage: Stage) -> None:
    """It is told where a person answers; no relay has it."""
    call = stage.critical_stroke()
    hear_out(stage)
    assert texts_us(stage, STRANGE_PHONE, WORDS) == [NOTHING_OPEN]
    assert not stage.all(TextReply)
    assert not told_in_thread(stage)
    confirm(stage, call)


def test_a_strange_number_with_the_code_is_kept_as_such(stage: Stage) -> None:
    """Our text was forwarded: the thread says that this number was not tried, and it opens no more than any other."""
    call = stage.critical_stroke()
    hear_out(stage)
    assert texts_us(stage, STRANGE_PHONE, f"{stage.relay().callback_code} ok") == [CONFIRMS_NOTHING]
    assert "a number that was not called or texted for this" in told_in_thread(stage)[0]
    confirm(stage, call)


def test_a_reply_after_the_end_is_told_that_nothing_is_open(stage: Stage) -> None:
    """The relay has ended: nothing is kept, and a person's number is given."""
    call = stage.critical_stroke()
    hear_out(stage)
    confirm(stage, call)
    assert texts_us(stage, KIM, "who has it?") == [NOTHING_OPEN]
    assert not stage.all(TextReply)


def test_a_number_of_several_people_names_all_who_were_tried_there(stage: Stage) -> None:
    """A shared mobile: the thread names whoever was called at it for this relay, and no other owner."""
    stage.load(f'number: "{OKAFOR}"', f'number: "{KIM}"')
    call = stage.critical_stroke()
    hear_out(stage)
    texts_us(stage, KIM, "ok")
    assert "the number of Dr. Grace Kim;" in told_in_thread(stage)[0]
    confirm(stage, call)


def test_the_same_message_twice_is_kept_once_and_answered_the_same(stage: Stage) -> None:
    """The vendor repeats its request: same words, one reply, one entry."""
    call = stage.critical_stroke()
    hear_out(stage)
    said = [
        texts.texted(stage.service.house, message_sid="SM" + "0" * 32, sender=KIM, ours=OURS, body="on my way")
        for _ in range(3)
    ]
    stage.settle()
    assert said == [CONFIRMS_NOTHING] * 3
    assert len(stage.all(TextReply)) == 1
    assert stage.actions().count("text:reply") == 1
    assert len(told_in_thread(stage)) == 1
    confirm(stage, call)


def test_a_machine_that_answers_our_answers_is_not_answered_for_ever(stage: Stage) -> None:
    """Five answers within the hour; the replies are kept all the same, and an hour later it is answered again."""
    call = stage.critical_stroke()
    hear_out(stage)
    answers = [texts_us(stage, KIM, "I am out of the office") for _ in range(7)]
    assert answers == [[CONFIRMS_NOTHING]] * 5 + [[]] * 2
    assert len(stage.all(TextReply)) == 7
    confirm(stage, call)
    stage.advance(minutes=61)
    assert texts_us(stage, KIM, "I am out of the office") == [NOTHING_OPEN]
