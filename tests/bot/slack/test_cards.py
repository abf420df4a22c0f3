"""What cards say, and what they never say."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.slack.blocks import Message
from bot.slack.cards import desk_card, read_card, thread_note
from bot.slack.worklist import home, worklist
from handlers.domain.cards import Barred, Note, ReadCard, Viewer, Worklist
from sandbox.workspace.blocks import check_message_blocks
from tests.bot.slack.values import ANA, BEN, CLAIMED, DUE, OUTCOMES, READ, TASK, listed


def shown(message: Message) -> list[str]:
    """Return a message as lines: its texts, then its buttons in brackets."""
    lines: list[str] = []
    for block in message.blocks:
        if "text" in block:
            lines += block["text"]["text"].split("\n")
        for element in block.get("elements", []):
            text = element.get("text", element.get("placeholder"))
            lines.append(text if isinstance(text, str) else f"[{text['text']}]")
    return lines


def buttons(message: Message) -> list[str]:
    return [line[1:-1] for line in shown(message) if line.startswith("[")]


def test_an_open_read_shows_all_that_a_reader_chooses_by() -> None:
    """An open read's card is this, line by line."""
    assert shown(read_card(READ)) == [
        "🧠 STROKE · Riverside · CT Head without contrast",
        "*12 min left, due 02:15 EST* · case `4821-0934`",
        "63 y, F · emergency · 312 images, last 4 min ago · ready",
        "As of 02:03 EST",
        "[Claim]",
        "[Problem]",
        "[Open case]",
    ]


def test_a_claimed_read_shows_who_since_when_and_its_relay() -> None:
    """A claimed read's card is this, line by line."""
    card = replace(CLAIMED, minutes_left=-4, ready=False, linked=2, test=True, shadow=True, flags=("other_reader",))
    assert shown(read_card(card)) == [
        "🧠 TEST · SHADOW · STROKE · Riverside · CT Head without contrast",
        "*4 min over, due 02:15 EST* · case `4821-0934`",
        "63 y, F · emergency · 312 images, last 4 min ago · arriving, 2 linked accessions",
        "👤 Claimed by Dr. Ana Ruiz since 02:01 EST",
        "☎️ calling Dr. Osei, second try",
        "⚠️ other reader",
        "As of 02:19 EST",
        "[Release]",
        "[Critical finding]",
        "[Problem]",
        "[Open case]",
    ]


def test_the_notification_says_all_that_the_card_says() -> None:
    """The top-level text is complete, for screen readers and locked screens."""
    assert read_card(CLAIMED).text == (
        "STROKE · Riverside · CT Head without contrast. 12 min left, due 02:15 EST. case 4821-0934. "
        "63 y, F · emergency · 312 images, last 4 min ago · ready. Claimed by Dr. Ana Ruiz since 02:01 EST. "
        "calling Dr. Osei, second try."
    )


@pytest.mark.parametrize("state", ["reported", "canceled"])
def test_a_read_that_is_over_offers_nothing_but_its_case(state: str) -> None:
    """Reported and canceled reads keep Open case only, and no time left."""
    card = read_card(replace(CLAIMED, state=state, reported_by="Dr. Ana Ruiz"))
    assert buttons(card) == ["Open case"]
    assert "left" not in card.text


@pytest.mark.parametrize(
    ("age", "sex", "line"),
    [("90+", "M", "90+ y, M"), ("age ?", "", "age ?, sex ?"), ("0", "O", "0 y, other"), ("7", "X", "7 y, sex ?")],
)
def test_age_and_sex_are_said_even_when_unknown(age: str, sex: str, line: str) -> None:
    """The person line begins with age and sex, in words for what is not known."""
    assert shown(read_card(replace(READ, age=age, sex=sex)))[2].startswith(line)


@pytest.mark.parametrize(
    ("minutes", "words"),
    [
        (0, "0 min left, due 02:15 EST"),
        (119, "119 min left, due 02:15 EST"),
        (180, "3 h left, due Tue 02:15 EST"),
        (190, "3 h 10 min left, due Tue 02:15 EST"),
        (1500, "1 d 1 h left, due Tue 02:15 EST"),
        (2880, "2 d left, due Tue 02:15 EST"),
    ],
)
def test_time_left_is_said_in_the_largest_fitting_units(minutes: int, words: str) -> None:
    """Long times are hours and days, and another day is named."""
    assert words in read_card(replace(READ, minutes_left=minutes)).text


def test_a_desk_card_says_what_happened_and_what_to_do() -> None:
    """An open desk task's card is this, line by line."""
    assert shown(desk_card(TASK, OUTCOMES)) == [
        "🔔 Desk · Riverside · ladder exhausted · category 1 · case 4821-0934",
        "*What happened:* Nobody on the ladder could be reached.",
        "*What to do next:* Take it, open the case, and call somebody who can act.",
        "*Nobody has taken this*",
        "Since 02:15 EST, phones rung 2 times",
        "[Take]",
        "[Open case]",
    ]


def test_taken_is_not_done() -> None:
    """A taken task names who has it, can be taken over, and says that it is not over."""
    card = replace(TASK, state="taken", taken_by="Kim Lee", taken_at=DUE + timedelta(minutes=3))
    message = desk_card(card, OUTCOMES)
    assert "Taken by Kim Lee at 02:18 EST: taken is not done" in message.text
    assert buttons(message) == ["Take over", "Open case"]


def test_a_task_without_a_relay_ends_with_an_outcome() -> None:
    """Without a relay the desk picks an outcome; with one the relay's end is the outcome."""
    message = desk_card(replace(TASK, relay_open=False, case_code=""), OUTCOMES)
    assert buttons(message) == ["Take", "Done: what came of it?"]
    menu = message.blocks[-1]["elements"][1]
    assert [choice["value"] for choice in menu["options"]] == list(OUTCOMES)


def test_a_done_task_offers_its_case_only() -> None:
    """Done tasks say by whom and how, and cannot be taken."""
    message = desk_card(replace(TASK, state="done", done_by="Kim Lee", outcome="not_needed", rings=False), OUTCOMES)
    assert "Done by Kim Lee: Not needed. Since 02:15 EST, told in Slack only." in message.text
    assert buttons(message) == ["Open case"]


def test_a_mention_calls_everybody_and_a_note_nobody() -> None:
    """Only a mention begins with @here."""
    assert thread_note(Note(text="Busy."), mention=True).text == "<!here> Busy."
    assert thread_note(Note(text="<!here> Busy."), mention=False).text == "&lt;!here&gt; Busy."


def test_a_note_for_one_member_of_staff_mentions_them_and_nobody_else() -> None:
    """The mention is of the directory's Slack id, beside words that are escaped."""
    assert thread_note(Note(text="<@U0BEN> Busy.", to="U0ANA"), mention=False).text == "<@U0ANA> &lt;@U0BEN&gt; Busy."
    assert thread_note(Note(text="Busy.", to="<!here>"), mention=False).text.startswith("<@&lt;!here&gt;> ")


@pytest.mark.parametrize(
    ("lease", "offered", "says"),
    [
        ("", set(), ""),
        ("told", {"still_reading"}, "was asked whether they still read this"),
        ("offered", {"still_reading", "take_over"}, "may be taken over"),
    ],
)
def test_a_lease_that_ran_out_is_told_and_offers_what_may_be_done(lease: str, offered: set[str], says: str) -> None:
    """The holder is asked first; only an offered read has *Take over*."""
    message = read_card(replace(CLAIMED, lease=lease))
    buttons = {one["action_id"] for one in message.blocks[-1]["elements"]}
    assert buttons == {"release", "critical_finding", "problem", "open_case"} | offered
    assert says in message.text
    assert says in " ".join(shown(message))


def test_a_card_names_who_has_it_open_in_the_pacs() -> None:
    """Three of them with the time in the site's zone; the others are counted."""
    since = DUE - timedelta(minutes=20)
    viewers = tuple(Viewer(who=f"Dr. <{name}>", since=since) for name in "ABCDE")
    message = read_card(replace(READ, viewers=viewers))
    assert "Open in the PACS: Dr. &lt;A&gt; since 01:55 EST" in message.text
    assert "Dr. &lt;C&gt; since 01:55 EST and 2 more" in " ".join(shown(message))
    assert "&lt;D&gt;" not in message.text


def test_home_shows_mine_before_open() -> None:
    """The Home has my claimed reads first, then the open ones; nobody else's."""
    others = replace(CLAIMED, read_id="r3", claimed_slack_user="U0BEN", facility="Lakeside")
    view = home(listed([replace(READ, read_id="r2", facility="Hillside"), CLAIMED, others]), ANA, "Released.")
    words = json.dumps(view)
    assert words.index("Released.") < words.index("Riverside") < words.index("Hillside")
    assert "Lakeside" not in words


def test_whoever_is_no_radiologist_is_offered_nothing_of_theirs() -> None:
    """An administrator's Home and worklist show what waits, and no button that would only refuse them."""
    offered = replace(CLAIMED, read_id="r3", claimed_slack_user=BEN, lease="offered")
    looking = replace(listed([READ, offered]), reads=False)
    view = json.dumps(home(looking, ANA))
    assert "Waiting" in view
    for not_theirs in ("Mine", "You may read", "Next read", '"claim"', "take_over"):
        assert not_theirs not in view
    message = worklist(looking, ANA)
    assert message.text.startswith("2 reads at your sites")
    buttons = {one["action_id"] for block in message.blocks for one in block.get("elements", [])}
    assert buttons == {"problem", "open_case", "release"}
    nothing = worklist(Worklist(reads=False), ANA)
    assert nothing.text == "Nothing is waiting: no open read at your sites."


def test_nobody_is_offered_to_take_over_what_they_hold() -> None:
    """The holder who was silent is asked whether they still read; taking over is for the others."""
    offered = listed([replace(CLAIMED, lease="offered")])
    view, message = json.dumps(home(offered, ANA)), json.dumps(worklist(offered, ANA).blocks)
    assert "still_reading" in view
    assert "still_reading" in message
    assert "take_over" not in view + message
    assert "take_over" in json.dumps(worklist(offered, BEN).blocks)


def test_what_one_may_not_claim_is_not_more_of_the_same() -> None:
    """One read is shown and four are not for this reader: they are said with the reason, and nothing more is promised."""
    reads = replace(listed([READ]), barred=(Barred(count=4, why=("No license.",)),), barred_reads=4)
    words = json.dumps(worklist(reads, ANA).blocks)
    assert "5 reads in your pools" in words
    assert "more" not in words
    assert "Not for you" in words
    assert "4 reads: No license." in words


#: Every field of a card is either shown or, with a reason, is not. A new field fails the test below until it is judged.
SHOWN_OF_READ = {"case_code", "facility", "patient_class", "modality", "procedure", "claimed_by", "relay", "flags"}
SHOWN_OF_READ |= {"override", "subspecialty", "problems"}
IDS_OF_READ = {"read_id", "study_id"}
#: Numbers, times and words from fixed lists (age and sex are checked above); the Slack user only sorts the Home.
FIXED_OF_READ = {"priority", "age", "sex", "images", "last_image_minutes", "ready", "due_at", "minutes_left", "zone"}
FIXED_OF_READ |= {
    "state",
    "claimed_at",
    "linked",
    "late",
    "test",
    "shadow",
    "claimed_slack_user",
    "reported_by",
    "kind",
}
FIXED_OF_READ |= {"paused", "paused_since", "lease"}
#: Names of staff with a time, checked below.
FIXED_OF_READ |= {"viewers"}
#: Of a fixed list, and a number, checked below.
FIXED_OF_READ |= {"region", "claimed_with", "handed_out"}
SHOWN_OF_READ |= {"regions"}


def test_a_split_read_says_of_which_region_it_is_and_who_has_the_others() -> None:
    """What is open of them is claimed with it."""
    others = ("chest: Dr. Ben Osei", "pelvis: open")
    card = replace(READ, priority="trauma", region="head", regions=others, claimed_with=1)
    lines = shown(read_card(card))
    assert lines[0] == "🚑 TRAUMA · HEAD ONLY · Riverside · CT Head without contrast"
    assert "🔀 Split, one clock: chest: Dr. Ben Osei, pelvis: open" in lines
    assert "Split, one clock: chest: Dr. Ben Osei, pelvis: open" in read_card(card).text
    labels = [element["text"]["text"] for element in read_card(card).blocks[-1]["elements"]]
    assert labels == ["Claim", "Claim these 2", "Problem", "Open case"]
    assert check_message_blocks(list(read_card(card).blocks)) == []


def test_a_paused_read_has_no_minutes_running() -> None:
    """Its card says why and since when, and what it had left then; who looks after each problem stands under it."""
    problems = ("missing prior, Pat Quinn has it", "missing history, nobody has taken it")
    card = replace(READ, problems=problems, paused="missing prior", paused_since=DUE - timedelta(minutes=12))
    assert shown(read_card(card))[1:5] == [
        "*paused: missing prior, since 02:03 EST; 12 min left when it goes on* · case `4821-0934`",
        "63 y, F · emergency · 312 images, last 4 min ago · ready",
        "🧩 Problem: missing prior, Pat Quinn has it",
        "🧩 Problem: missing history, nobody has taken it",
    ]
    assert "paused: missing prior, since 02:03 EST" in read_card(card).text
    assert check_message_blocks(list(read_card(card).blocks)) == []


def test_a_problems_desk_card_offers_the_outcomes_of_a_problem() -> None:
    """Not the usual ones; what it ended with is told in the same words."""
    ends = (("solved", "Solved: it can be read"), ("read_as_is", "Read it as it is"))
    card = replace(TASK, kind="study_problem", relay_open=False, rings=False, category=None, outcomes=ends)
    menu = desk_card(card, OUTCOMES).blocks[-1]["elements"][-1]
    assert [one["value"] for one in menu["options"]] == ["solved", "read_as_is"]
    done = replace(card, state="done", done_by="Pat Quinn", outcome="read_as_is")
    assert "Done by Pat Quinn: Read it as it is" in desk_card(done, OUTCOMES).text


def test_a_note_for_somebody_calls_them() -> None:
    """Slack tells whoever is mentioned; the words themselves mention nobody."""
    assert thread_note(Note(text="Problem ended: <@U0BEN>.", to=ANA), mention=False).text == (
        f"<@{ANA}> Problem ended: &lt;@U0BEN&gt;."
    )


def marked(card: Any, names: set[str]) -> Any:
    """Return the card with each of these fields holding a mark of its own."""
    marks = {name: f"q{i}z" for i, name in enumerate(sorted(names))}
    marks = {name: (mark,) if name in {"flags", "problems", "regions"} else mark for name, mark in marks.items()}  # type: ignore[misc]
    return replace(card, **marks)


def test_a_read_card_shows_the_allowed_fields_and_no_other() -> None:
    """What reaches Slack is named field by field."""
    fields = {field.name for field in dataclasses.fields(ReadCard)}
    assert fields == SHOWN_OF_READ | IDS_OF_READ | FIXED_OF_READ
    message = read_card(replace(marked(CLAIMED, SHOWN_OF_READ), claimed_slack_user="U0SECRET", zone="UTC"))
    drawn = json.dumps([message.text, message.blocks])
    assert all(f"q{i}z" in drawn for i in range(len(SHOWN_OF_READ)))
    assert "U0SECRET" not in drawn


def test_ids_stand_in_values_and_block_ids_only() -> None:
    """No id is in anything that a person reads."""
    message = read_card(replace(READ, read_id="q-read", study_id="q-study"))
    assert [block["block_id"] for block in message.blocks if "block_id" in block] == [
        "read:q-read",
        "read-actions:q-read:q-study",
    ]
    assert {element["value"] for element in message.blocks[-1]["elements"]} == {"q-read"}
    assert "q-" not in " ".join([message.text, *shown(message)])
