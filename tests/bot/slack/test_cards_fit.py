"""Whatever a card, a worklist or a form is made of: Slack takes it, nobody is mentioned by it, and it stays within the limits."""

from __future__ import annotations

import json
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st
from slack_sdk.models.blocks import Block

from bot.slack.blocks import Json, Message, safe
from bot.slack.cards import desk_card, read_card, thread_note
from bot.slack.modals import finding_form, told
from bot.slack.worklist import home, worklist
from handlers.domain.cards import Barred, DeskCard, Note, ReadCard, Viewer, Worklist
from handlers.domain.directory import Phrase
from sandbox.workspace.blocks import check_message_blocks, check_view, too_long_together
from tests.bot.slack.values import ANA, CLAIMED, DUE, PHRASES, READ, TASK, listed

TEXTS = st.one_of(
    st.text(max_size=300),
    st.sampled_from(["<!channel>", "<@U0ANA>", "@here", "<https://evil.example|x>", "&lt;!here&gt;", "\u202e\n\x00"]),
    st.text("<>&!@#*_`😀", min_size=100, max_size=400),
)
COUNTS = st.integers(0, 10**9)
READS = st.builds(
    replace,
    st.sampled_from([READ, CLAIMED, replace(CLAIMED, state="reported", reported_by="Dr. Ana Ruiz")]),
    **dict.fromkeys(("case_code", "priority", "facility", "patient_class", "modality", "procedure"), TEXTS),
    **dict.fromkeys(("age", "sex", "claimed_by", "reported_by", "relay"), TEXTS),
    flags=st.lists(TEXTS, max_size=9).map(tuple),
    images=COUNTS,
    linked=COUNTS,
    claimed_with=COUNTS,
    last_image_minutes=st.none() | COUNTS,
    minutes_left=st.integers(-(10**6), 10**6),
    read_id=st.uuids().map(str),
    lease=st.sampled_from(["", "told", "offered"]),
    viewers=st.lists(st.builds(Viewer, who=TEXTS, since=st.just(DUE)), max_size=5).map(tuple),
    test=st.booleans(),
)
TASKS = st.builds(
    replace,
    st.sampled_from([TASK, replace(TASK, relay_open=False), replace(TASK, state="taken", taken_at=DUE)]),
    **dict.fromkeys(("kind", "case_code", "facility", "taken_by", "done_by", "outcome", "what", "todo"), TEXTS),
)


def accepted(message: Message, mention: str = "") -> None:
    """Check that Slack takes a message, that slack_sdk reads it as it is, and that it mentions nobody."""
    blocks: list[Json] = json.loads(json.dumps(message.blocks))
    assert check_message_blocks(blocks) == []
    assert not too_long_together(blocks)
    assert message.text.strip()
    for raw in blocks:
        parsed = Block.parse(raw)
        assert parsed is not None
        assert parsed.to_dict() == raw
    assert "<" not in (message.text + json.dumps(blocks)).replace("<!here>", "" if mention else "<!here>")
    assert all(block["text"].get("verbatim", True) for block in blocks if "text" in block)


@given(READS)
def test_no_text_breaks_a_read_card_or_mentions_anybody(card: ReadCard) -> None:
    """Whatever a feed sends, the card is one that Slack takes, and calls nobody."""
    accepted(read_card(card))


@given(TASKS, st.dictionaries(st.text("abc_", min_size=1), TEXTS.filter(lambda text: safe(text, 9)), max_size=120))
def test_no_text_breaks_a_desk_card_or_mentions_anybody(card: DeskCard, outcomes: dict[str, str]) -> None:
    """As above, for the desk."""
    accepted(desk_card(card, outcomes))


@given(st.lists(READS, max_size=45))
def test_no_worklist_is_too_long(cards: list[ReadCard]) -> None:
    """Any number of reads is one message and one Home that Slack takes."""
    accepted(worklist(listed(cards), ANA))
    assert check_view(json.loads(json.dumps(home(listed(cards), ANA, "x" * 9000))), ("home",)) == []


def test_the_busiest_reader_s_home_and_worklist_fit_into_slack() -> None:
    """200 reads held, 10,000 open, twenty reasons, and every text as long as it comes: within blocks, sections and size."""
    long = replace(
        READ, procedure="&" * 5000, facility="<" * 500, relay="&" * 5000, override="&" * 5000, linked=99, claimed_with=99,
        flags=("&" * 900,) * 9, test=True, shadow=True,
    )  # fmt: skip
    held = replace(long, state="claimed", claimed_by="&" * 500, claimed_slack_user=ANA, claimed_at=DUE)
    why = tuple("Your privilege is by proxy, & the agreement " + "<" * 2000 for _ in range(7))
    for mine in (0, 15, 200):
        cards = [replace(held if at < mine else long, read_id=f"r{at}", ready=at % 2 == 0) for at in range(40)]
        busiest = Worklist(
            cards=tuple(cards), mine=mine, ready=6000, arriving=4000, others=3000,
            barred=tuple(Barred(count=900 - at, why=why) for at in range(20)), barred_reads=12000,
        )  # fmt: skip
        view = json.loads(json.dumps(home(busiest, ANA, "&" * 9000)))
        assert check_view(view, ("home",)) == []
        assert len(view["blocks"]) <= 100
        assert all(len(one["text"]["text"]) <= 3000 for one in view["blocks"] if one["type"] == "section")
        assert len(json.dumps(view).encode()) <= 250_000
        accepted(worklist(busiest, ANA))


@given(TEXTS)
def test_a_note_is_one_line_that_slack_takes(text: str) -> None:
    """History keeps its mention and loses everybody else's."""
    accepted(thread_note(Note(text=text), mention=True), mention="<!here>")


@given(
    st.lists(st.builds(Phrase, id=st.uuids().map(str), text=st.text("a<&😀", min_size=1), category=st.integers(1, 3)))
)
def test_any_phrases_make_a_form(phrases: list[Phrase]) -> None:
    """The form is a modal that Slack takes, with ids only in its metadata."""
    form = json.loads(json.dumps(finding_form([*PHRASES, *phrases], "r1", "s1", "STROKE")))
    assert check_view(form) == []
    assert json.loads(form["private_metadata"]) == {"read": "r1", "study": "s1"}


def test_the_form_has_nothing_to_type_into() -> None:
    """Its elements are a radio group and a menu."""
    form = finding_form(PHRASES, "r1", "s1", "")
    assert [block["element"]["type"] for block in form["blocks"]] == ["radio_buttons", "static_select"]


def test_a_message_can_stand_in_a_modal() -> None:
    """For a click on the Home, the answer is a modal that Slack takes."""
    assert check_view(told(read_card(READ))) == []
    assert check_view(told(Message("Only words"))) == []


@given(st.text(), st.integers(1, 60))
def test_safe_text_is_one_short_line_without_markup(text: str, limit: int) -> None:
    """It fits after escaping, has no control characters, and cuts no entity in two."""
    line = safe(text, limit)
    assert len(line.encode("utf-16-le")) // 2 <= max(limit, 1)
    assert not set(line) & {"<", ">", "\n", "\r", "\x00", "\u202e"}
    for piece in line.split("&")[1:]:
        assert piece.startswith(("amp;", "lt;", "gt;"))
