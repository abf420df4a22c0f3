"""Far ends: phone trees, operators, answering services, pagers and badges answer calls by themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sandbox.exchange import (
    AnsweringService,
    Badge,
    Call,
    FarEnd,
    HangsUp,
    Menu,
    Operator,
    PagerTerminal,
    Person,
    PhoneTree,
    Presses,
    Says,
    Transfers,
    Voicemail,
)
from sandbox.exchange.people import Answer
from tests.sandbox.exchange_stage import DOCTOR, NURSE, OURS, Servers, Stage, serving, staged

if TYPE_CHECKING:
    from collections.abc import Iterator

ASKS = '<Gather input="dtmf speech" action="/heard" timeout="30"><Say>{}</Say></Gather>'
LISTENS = '<Gather input="dtmf speech" action="/heard" timeout="30"/>'
KIM = Person(name="Dr. Kim", greeting="Emergency, this is Doctor Kim.", replies={"press one": Presses("1")})


@pytest.fixture(scope="module")
def servers() -> Iterator[Servers]:
    with serving() as both:
        yield both


@pytest.fixture
def stage(servers: Servers) -> Iterator[Stage]:
    with staged(servers) as one:
        one.product.pages |= {"/voice": LISTENS, "/heard": LISTENS}
        yield one


def called(stage: Stage, far_end: FarEnd, **over: str) -> Call:
    """Call the doctor's number, where ``far_end`` is, and let it answer."""
    stage.exchange.far_end(DOCTOR, far_end)
    call: Call = stage.dialed(**over)
    stage.advance(far_end.rings_for or 0)
    return call


def said_there(call: Call) -> list[str]:
    """Return what was said at the far end, with the keys pressed there."""
    return [note.text for note in call.transcript if note.who == "person"]


def tree(**over: object) -> PhoneTree:
    """Return Mercy's phone tree: 1 leads to radiology's menu, 4321 is Dr. Kim's extension, an operator comes at last."""
    radiology = Menu(("For results press one.",), {"1": KIM})
    given = {
        "menu": Menu(("For radiology press one.", "For billing press two."), {"1": radiology, "0": Operator()}),
        "extensions": {"4321": KIM},
    }
    return PhoneTree(**(given | over))  # type: ignore[arg-type]


def test_a_person_answers_by_itself_and_does_what_is_set_down(stage: Stage) -> None:
    """It rings, says hello, which the product hears as speech, listens to the end and presses the key."""
    stage.product.pages["/heard"] = ASKS.format("If you are the physician press one")
    call = called(stage, KIM)
    assert call.status == "in-progress"
    stage.advance(3)
    assert stage.product.forms("/heard")[0]["SpeechResult"] == "Emergency, this is Doctor Kim."
    stage.advance(5)


def test_a_person_can_answer_what_was_heard_with_words_or_by_leaving(stage: Stage) -> None:
    """An answer may be made of the words that were heard."""
    replies: dict[str, Answer] = {
        "your name": Says("Omar Kim"),
        "code": lambda words: Presses(words.split()[-1]),
        "goodbye": HangsUp("Bye."),
    }
    stage.product.pages["/voice"] = ASKS.format("Please say your name")
    stage.product.pages["/heard"] = ASKS.format("Press the code 472")
    call = called(stage, Person(replies=replies, greeting=""))
    stage.advance(20)
    assert stage.product.forms("/heard")[0]["SpeechResult"] == "Omar Kim"
    assert call.pressed == "472"
    stage.client.calls(call.sid).update(twiml="<Response><Say>goodbye</Say><Pause length='30'/></Response>")
    stage.advance(10)
    assert (call.status, said_there(call)[-1]) == ("completed", "Bye.")


def test_two_calls_meet_the_same_far_end_afresh(stage: Stage) -> None:
    """What one call did to a menu or to somebody's patience is not there in the next."""
    first = called(stage, tree())
    stage.advance(4)
    second = called(stage, tree())
    stage.advance(8)
    assert said_there(first)[:2] == said_there(second)[:2]


def test_somebody_may_never_answer(stage: Stage) -> None:
    """It rings until the network gives up."""
    call = called(stage, Person(rings_for=None))
    stage.advance(60)
    assert call.status == "no-answer"


def test_keys_are_sent_with_their_pauses_and_lead_to_an_extension(stage: Stage) -> None:
    """``w`` waits half a second: the extension comes after the tree has begun to listen, and a person answers there."""
    call = called(stage, tree(), send_digits="ww4321")
    stage.advance(15)
    assert "Please hold while your call is transferred." in said_there(call)
    assert said_there(call)[-1] == "Emergency, this is Doctor Kim."
    assert call.talk is not None
    assert (call.talk.here.name, call.talk.keys) == ("Dr. Kim", "4321")


def test_keys_that_come_too_early_are_lost(stage: Stage) -> None:
    """Without a pause the first keys of the extension meet a tree that does not listen yet."""
    call = called(stage, tree(), send_digits="w4321")
    stage.advance(2)
    assert call.talk is not None
    assert isinstance(call.talk.here, PhoneTree)
    assert call.talk.here.lost == "43"


def test_a_key_leads_to_a_menu_and_from_there_to_a_person(stage: Stage) -> None:
    """The product can press keys in the middle of a call, too, with Play; a key ends what the tree is saying."""
    stage.product.pages["/voice"] = '<Pause length="4"/><Play digits="1wwwwwwww1"/>' + LISTENS
    call = called(stage, tree())
    stage.advance(25)
    said = said_there(call)
    assert said[:2] == ["Thank you for calling Mercy General Hospital.", "For results press one."]
    assert "For billing press two." not in said
    assert said[-1] == "Emergency, this is Doctor Kim."


def test_a_wrong_key_is_told_and_the_menu_is_read_again(stage: Stage) -> None:
    """A machine says so and goes on."""
    call = called(stage, tree(), send_digits="wwww7")
    stage.advance(12)
    assert said_there(call)[:3] == [
        "That is not a valid choice.",
        "For radiology press one.",
        "For billing press two.",
    ]


def test_who_says_nothing_comes_to_the_operator_or_is_hung_up_on(stage: Stage) -> None:
    """A tree reads its menu twice; then it depends."""
    operated = called(stage, tree(otherwise=Operator()))
    stage.advance(60)
    assert "Mercy switchboard, how may I direct your call?" in said_there(operated)
    left = called(stage, tree())
    stage.advance(60)
    assert (left.status, said_there(left)[-1]) == ("completed", "We did not receive a response. Goodbye.")


def test_a_tree_may_listen_to_words(stage: Stage) -> None:
    """Some trees are spoken to; other words lead nowhere."""
    stage.product.pages["/voice"] = '<Pause length="8"/><Say>The emergency department please</Say>' + LISTENS
    menu = Menu(("Say the name of a department.",), words={"emergency department": KIM})
    call = called(stage, tree(menu=menu))
    stage.advance(30)
    assert said_there(call)[-1] == "Emergency, this is Doctor Kim."


def test_an_operator_puts_the_call_through_on_the_same_call(stage: Stage) -> None:
    """She hears who is asked for, says that she transfers, and another person says hello."""
    stage.product.pages["/heard"] = ASKS.format("The emergency physician, please")
    call = called(stage, Operator(directory={"emergency physician": KIM}))
    stage.advance(18)
    assert said_there(call) == [
        "Mercy switchboard, how may I direct your call?",
        "One moment please, I'll transfer you.",
        "Emergency, this is Doctor Kim.",
    ]
    assert [form["SpeechResult"] for form in stage.product.forms("/heard")] == said_there(call)


def test_an_operator_who_does_not_understand_asks_again_and_gives_up(stage: Stage) -> None:
    """A machine that talks at her is hung up on."""
    stage.product.pages["/heard"] = ASKS.format("This is an automated message")
    call = called(stage, Operator())
    stage.advance(60)
    assert said_there(call).count("I'm sorry, who would you like to speak to?") == 2
    assert (call.status, said_there(call)[-1]) == ("completed", "I'm sorry, I cannot help you. Goodbye.")


def test_a_person_may_transfer_in_the_middle_of_a_call(stage: Stage) -> None:
    """Whoever comes then has not heard what was said before."""
    nurse = Person(greeting="ED, this is Ana.", replies={"physician": Transfers(KIM, "Hold on, I'll get the doctor.")})
    stage.product.pages["/heard"] = ASKS.format("Is this the physician, press one")
    call = called(stage, nurse)
    stage.advance(25)
    assert said_there(call)[:3] == [
        "ED, this is Ana.",
        "Hold on, I'll get the doctor.",
        "Emergency, this is Doctor Kim.",
    ]
    assert call.pressed == "1"


def test_an_answering_service_takes_a_message_by_name(stage: Stage) -> None:
    """It asks until there is a number to call, says who wrote it down, promises and hangs up."""
    service = AnsweringService()
    stage.product.pages["/heard"] = ASKS.format("May I have your name please")
    call = called(stage, service)
    stage.advance(7)
    stage.product.pages["/heard"] = ASKS.format("Please call 5 0 3, 5 5 5, 0 1 0 0")
    stage.advance(15)
    assert service.messages == ["May I have your name please", "Please call 5 0 3, 5 5 5, 0 1 0 0"]
    assert said_there(call)[-2] == "This is Joan."
    assert (call.status, said_there(call)[-1]) == ("completed", "Thank you. I will page the doctor right away.")


def test_a_pager_terminal_takes_digits_and_ends(stage: Stage) -> None:
    """Digits after the tone are the page; the pound key sends it and the terminal hangs up."""
    terminal = PagerTerminal()
    call = called(stage, terminal, send_digits="wwww5035550100*472#")
    stage.advance(10)
    assert terminal.pages == ["5035550100*472"]
    assert (call.status, said_there(call)[-1]) == ("completed", "Your page has been sent.")


@pytest.mark.parametrize(("keys", "pages"), [("472", []), ("wwwwww472", ["472"])])
def test_a_pager_terminal_waits_for_silence_and_misses_what_comes_before_the_tone(
    stage: Stage, keys: str, pages: list[str]
) -> None:
    """Without a pound key silence ends the page; what comes before the tone is lost."""
    terminal = PagerTerminal(prompt="", tone_after=2)
    call = called(stage, terminal, send_digits=keys)
    stage.advance(30)
    assert (terminal.pages, call.status) == (pages, "completed")


def test_a_badge_has_no_keys(stage: Stage) -> None:
    """Whoever wears one can only speak."""
    call = called(stage, Badge(name="Dr. Kim's badge", replies={"say yes": Says("yes")}))
    with pytest.raises(AssertionError, match="badge has no keys"):
        call.press("1")
    stage.product.pages["/heard"] = ASKS.format("If you are the physician say yes")
    stage.advance(12)
    assert stage.product.forms("/heard")[1]["SpeechResult"] == "yes"


def test_a_voicemail_keeps_only_what_is_said_after_its_tone(stage: Stage) -> None:
    """What was begun before the tone is cut off in the box, as in life."""
    box = Voicemail(rings_for=2)
    stage.product.pages["/voice"] = '<Say>too early</Say><Pause length="10"/><Say>please call us</Say>' + LISTENS
    call = called(stage, box, machine_detection="Enable", async_amd="true")
    stage.advance(30)
    assert box.messages == ["please call us"]
    assert call.answered_by == "machine_start"
    stage.advance(120)
    assert call.status == "completed"


def test_a_far_end_hears_the_other_party_of_a_bridge(stage: Stage) -> None:
    """A person whom a Dial rings answers by itself, and hears what the dialing party says."""
    stage.exchange.far_end(DOCTOR, Person(replies={"right side": Says("Right side, yes.")}))
    stage.product.pages["/inbound"] = f"<Dial><Number>{DOCTOR}</Number></Dial>"
    call = stage.exchange.call_in(NURSE, OURS)
    stage.advance(6)
    call.say("It is the right side")
    stage.advance(4)
    assert [note.text for note in call.transcript if note.who == "other"] == ["Hello?", "Right side, yes."]


def test_a_far_end_leaves_a_number_again(stage: Stage) -> None:
    """Afterwards nobody answers there by itself; what is there now is shown to the page."""
    call = called(stage, KIM)
    assert call.state()["far_end"] == "Dr. Kim"
    call.hang_up()
    stage.exchange.far_end(DOCTOR, None)
    second = stage.dialed()
    stage.advance(10)
    assert (second.status, second.state()["far_end"]) == ("ringing", None)
