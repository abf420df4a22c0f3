"""For any sequence of keys, silences, changes and hang-ups: what a conversation may never do, and that it ends."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.domain import conversation, dialog, turns
from handlers.domain.dialog import Key, Lead, Leg, PromptKind
from handlers.domain.policies import DeskRung, EscalationPolicy, Role, Step
from handlers.domain.relays import (
    CONFIRMS,
    Attempt,
    AttemptState,
    Ending,
    Outcome,
    Purpose,
    ReceiverRole,
    Relay,
    RelayState,
    Stage,
)
from handlers.domain.said import Facts, Said
from handlers.domain.turns import DESK, RADIOLOGIST
from telephony import spoken

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
CODE, PIN = "341", "2748"
HEARD = "HEARD"  #: the event of keying the very code that was said last
#: Keys, as the door passes them on; "" is silence, "?" is talk that is no answer.
KEYS = ["", "?", *"0123456789", "*", "#", "11", f"{PIN}#", f"{PIN}1#", CODE, "342", "34", "3411", HEARD]
AMENDED, WHISPER_NO = "AMENDED", "NOBODY ACCEPTS"
RECORDED, SHORT, EMPTY = "RECORDED", "A COUGH", "EMPTY RECORDING"
SECONDS = {RECORDED: conversation.MIN_READ_BACK_SECONDS, SHORT: conversation.MIN_READ_BACK_SECONDS - 1}
ROLES = st.sampled_from([Role.PHYSICIAN, Role.NP, Role.PA, Role.RN])
#: More turns than any call may take: the cap, the bridges after it, and what is silent then.
LONGEST = dialog.MAX_TURNS + 10
ERRORS = ("?", "5", "7", "342", "34", "11", f"{PIN}1#")


@dataclass
class Line:
    """One call, played as ``handlers.calls`` plays it, with everything that was said on it."""

    attempt: Attempt
    facts: Facts
    said: list[Said] = field(default_factory=list)
    now: datetime = NOW

    @property
    def is_over(self) -> bool:
        """Whether the call has come to something."""
        return bool(self.said) and self.said[-1].outcome is not None

    def note(self, said: Said) -> Said:
        """Keep a turn, as the store does."""
        self.attempt = replace(said.attempt, turn=self.attempt.turn + 1)
        self.said.append(replace(said, attempt=self.attempt))
        self.now += timedelta(seconds=10)
        return self.said[-1]

    def play(self, event: str) -> Said:
        """Let one thing happen."""
        if self.attempt.state is AttemptState.BRIDGED:
            return self.note(conversation.bridge_over(self.attempt, self.facts))
        if event == AMENDED and self.facts.relay is not None:
            relay = replace(self.facts.relay, revision=self.facts.relay.revision + 1)
            self.facts = replace(self.facts, relay=relay)
            event = ""
        if self.attempt.stage is Stage.RECORD:
            seconds = SECONDS.get(event, 0)
            return self.note(conversation.read_back(self.attempt, self.facts, seconds=seconds, now=self.now))
        if event == HEARD:
            event = self.said[-1].prompt.code or "1"
        digits, speech = ("", event) if event == "?" else (event, "")
        if event in (RECORDED, SHORT, EMPTY, WHISPER_NO):
            digits = ""
        self.facts = replace(self.facts, somebody_keyed=self.facts.somebody_keyed or digits != "")
        if self.attempt.stage is Stage.OVER:
            key, number = Key.UNKNOWN, digits
        else:
            key, number = dialog.keyed(self.attempt.stage, digits, speech)
        pin_ok = self.attempt.stage is Stage.PIN and number == PIN
        return self.note(conversation.converse(self.attempt, self.facts, key, number, pin_ok=pin_ok, now=self.now))


def relay_with(ended_by: tuple[Role, ...]) -> Relay:
    """Return a relay that these roles may end."""
    return Relay(
        id="relay",
        facility="mercy",
        study_id="study",
        case_code="48210937",
        callback_code="482173",
        category=1,
        delegated_by="lee",
        delegated_at=NOW,
        started_by="radiologist:lee",
        found_at=NOW,
        ordering="kim",
        policy=EscalationPolicy(
            name="critical", steps=(Step(to="ordering"),), ended_by=ended_by, desk=DeskRung(who="night-desk")
        ),
        state=RelayState.CALLING,
        shadow=False,
    )


def attempt_for(purpose: Purpose) -> Attempt:
    """Return an attempt that was just picked up."""
    return Attempt(
        id="attempt",
        facility="mercy",
        relay_id="relay",
        task_id=None,
        token="token",
        purpose=purpose,
        channel="call",
        inbound=False,
        who="kim",
        number="+13125550101",
        number_kind="mobile",
        send_digits="",
        ours="",
        step=0,
        try_no=1,
        state=AttemptState.TALKING,
        stage=Stage.TAKE if purpose in (Purpose.DESK, Purpose.RADIOLOGIST) else Stage.MENU,
        planned_at=NOW,
        code=CODE,
        open_number="+13125550101",
    )


@st.composite
def lines(draw: st.DrawFn, purposes: tuple[Purpose, ...] = (Purpose.CONTACT, Purpose.CALLBACK)) -> Line:
    """Draw a call that was just picked up: any policy, with and without PIN, agreement, recording and people to bridge to."""
    people = draw(st.sampled_from([(), (RADIOLOGIST,), (DESK,), (RADIOLOGIST, DESK)]))
    facts = Facts(
        relay=relay_with(tuple(draw(st.lists(ROLES, min_size=1, unique=True)))),
        facility="Mercy",
        case_code="4821-0937",
        our_number="+15035550100",
        staffed_number="+13125550100",
        patient_name="CANARY^TWEETY",
        birth_date=draw(st.sampled_from([None, date(1961, 3, 3)])),
        patient_id="998877",
        procedure="CT head",
        findings=("Subdural hematoma",),
        has_pin=draw(st.booleans()),
        contact_role=draw(ROLES),
        may_identify=draw(st.booleans()),
        recording=draw(st.booleans()),
        legs=tuple((name, (Leg(key=name[0], number="+13125550141"),)) for name in people),
    )
    line = Line(attempt_for(draw(st.sampled_from(purposes))), facts)
    line.note(turns.opening(line.attempt, line.facts))
    return line


EVENTS = st.lists(st.sampled_from([*KEYS, AMENDED, WHISPER_NO, RECORDED, SHORT, EMPTY]), max_size=40)


def play(line: Line, events: list[str]) -> Line:
    """Let things happen until the call is over."""
    for event in events:
        if line.is_over:
            break
        line.play(event)
    return line


@given(lines(), EVENTS)
def test_only_the_exact_code_of_what_was_last_told_confirms(line: Line, events: list[str]) -> None:
    """No confirmation without a role that may end it, the current revision told, and its code keyed (or a recording)."""
    ended_by = line.facts.relay.policy.ended_by if line.facts.relay is not None else ()
    for event in events:
        if line.is_over:
            break
        stage, before, said_last = line.attempt.stage, line.attempt, line.said[-1].prompt
        said = line.play(event)
        if said.outcome not in CONFIRMS:
            assert said.prompt.kind not in (PromptKind.CONFIRMED, PromptKind.RECORDED)
            continue
        relay = line.facts.relay
        assert relay is not None
        assert said.attempt.receiver_role is not None
        assert set(dialog.stands_for(said.attempt.receiver_role)) <= set(ended_by)
        assert before.told_at is not None
        assert before.revision == relay.revision
        if said.outcome is Outcome.CONFIRMED_BY_CODE:
            assert stage is Stage.CODE
            assert event == CODE or (event == HEARD and said_last.code == CODE)
        else:
            assert (stage, event) == (Stage.RECORD, RECORDED)


TO_TELL = 12  #: seconds until a finding was said
PACED = st.lists(
    st.tuples(st.sampled_from([*KEYS, AMENDED, EMPTY, RECORDED]), st.sampled_from([0.5, 5, 11.9, 12, 30])), max_size=30
)


@given(lines(), PACED)
def test_nobody_learns_a_code_to_whom_the_finding_was_not_told(line: Line, events: list[tuple[str, float]]) -> None:
    """However fast one keys, talks or declines: a code is said after the finding of the newest revision, or long after it."""
    told: dict[int, datetime] = {}
    line.facts = replace(line.facts, has_pin=False, may_identify=True, relay=relay_with((Role.PHYSICIAN,)))
    line.said.clear()
    line.note(turns.opening(line.attempt, line.facts))
    for number, (event, seconds) in enumerate([("1", 1.0), *events]):
        if line.is_over:
            break
        at, line.now = line.now, line.now - timedelta(seconds=10) + timedelta(seconds=seconds)
        line.now = max(line.now, at - timedelta(seconds=10))
        line.facts = replace(line.facts, fresh_code=f"{1 + number % 8}88")
        began, before, last = line.now, line.attempt, line.said[-1].prompt
        said = line.play(event)
        revision = 0 if line.facts.relay is None else line.facts.relay.revision
        if said.prompt.kind in dialog.IDENTIFYING:
            if (began - told.get(revision, began)).total_seconds() < TO_TELL:  # one that was heard out counts
                told[revision] = began
            line.attempt = replace(line.attempt, telling_seconds=TO_TELL)  # as `handlers.calls.say` keeps it
        elif said.prompt.code or said.prompt.kind is PromptKind.RECORD:
            assert (began - told[revision]).total_seconds() >= TO_TELL
        if event == AMENDED and before.told_at is not None and said.prompt.kind in dialog.IDENTIFYING:
            assert line.attempt.code != before.code
        if said.outcome is Outcome.CONFIRMED_BY_CODE:
            assert event in (before.code, HEARD)
            assert event != HEARD or last.code == before.code


@pytest.mark.parametrize(
    ("speech", "key"),
    [
        ("wait one please", Key.HOLD),
        ("please hold for a physician", Key.HOLD),
        ("wrong one", Key.WRONG_PERSON),
        ("wrong person", Key.WRONG_PERSON),
        ("to a person please", Key.PERSON),
        ("nurse one", Key.NURSE),
        ("oh wait", Key.HOLD),
        ("physician", Key.PRACTITIONER),
        ("one please", Key.PRACTITIONER),
        ("number two", Key.NURSE),
        ("2", Key.NURSE),
        ("to", Key.UNKNOWN),
        ("for one", Key.UNKNOWN),
        ("one two", Key.UNKNOWN),
        ("ate", Key.UNKNOWN),
    ],
)
def test_at_the_menu_a_word_wins_over_a_digit_and_a_digit_stands_alone(speech: str, key: Key) -> None:
    """What else people say to each other there is talk: it opens no finding."""
    assert dialog.keyed(Stage.MENU, "", speech)[0] is key


@pytest.mark.parametrize(
    ("speech", "meant"),
    [
        ("three four one", (Key.NUMBER, "341")),
        ("tree for won", (Key.NUMBER, "341")),
        ("three four one please", (Key.NUMBER, "341")),
        ("four", (Key.UNKNOWN, "")),
        ("three four one two", (Key.UNKNOWN, "")),
        ("zero", (Key.UNKNOWN, "")),
        ("wrong person", (Key.WRONG_PERSON, "9")),
        ("operator", (Key.PERSON, "0")),
    ],
)
def test_a_spoken_code_has_all_of_its_digits(speech: str, meant: tuple[Key, str]) -> None:
    """Anything shorter or longer is talk, and errs in nothing."""
    assert dialog.keyed(Stage.CODE, "", speech) == meant


@given(lines(), EVENTS)
def test_nothing_identifying_before_a_role_or_pin_that_may_end(line: Line, events: list[str]) -> None:
    """Patient and finding only after such a key, only with the vendor's agreement, and in no other kind of prompt."""
    play(line, events)
    relay = line.facts.relay
    assert relay is not None
    for said in line.said:
        prompt = said.prompt
        carries = bool(prompt.patient_name or prompt.birth_date or prompt.patient_id or prompt.findings)
        assert carries == (prompt.kind in dialog.IDENTIFYING)
        if carries:
            assert line.facts.may_identify
            assert said.attempt.receiver_role is not None
            assert set(dialog.stands_for(said.attempt.receiver_role)) <= set(relay.policy.ended_by)
            assert said.attempt.told_at is not None
        if prompt.code:
            assert said.attempt.told_at is not None


@given(lines(), EVENTS)
def test_whoever_has_a_pin_hears_nothing_without_it(line: Line, events: list[str]) -> None:
    """Where the contact has a PIN, no role key opens anything."""
    line.facts = replace(line.facts, has_pin=True)
    line.said.clear()
    line.note(turns.opening(line.attempt, line.facts))
    without = [event for event in events if event != f"{PIN}#"]
    play(line, without)
    assert not any(said.prompt.kind in dialog.IDENTIFYING for said in line.said)


@given(lines(), EVENTS)
def test_a_live_human_who_errs_is_connected_and_never_hung_up_on(line: Line, events: list[str]) -> None:
    """A wrong entry repeats or bridges; it ends a call only when every person was rung in vain, and a number is given."""
    for event in events:
        if line.is_over:
            break
        bridged = line.attempt.state is AttemptState.BRIDGED
        only_talk = event == "?" and not line.facts.somebody_keyed
        said = line.play(event)
        if event in ERRORS and not only_talk and not bridged and said.outcome is not None:
            people = [legs for _, legs in line.facts.legs if legs]
            confirmed = said.outcome in CONFIRMS
            assert confirmed or (said.prompt.kind is PromptKind.REFERRED and not people)
        if said.prompt.kind is PromptKind.REFERRED:
            assert said.prompt.callback_number == line.facts.staffed_number


@given(lines(), st.sampled_from(["", "1", "2"]))
def test_the_third_wrong_entry_brings_a_person(line: Line, first: str) -> None:
    """Three wrong entries, before the finding or after it: the third connects a person, never a fourth question."""
    line.facts = replace(line.facts, legs=((RADIOLOGIST, (Leg(key="r", number="+13125550141"),)),))
    if line.attempt.stage is Stage.MENU and first:
        line.play(first)
    kinds = [line.play("7").prompt.kind for _ in range(dialog.MAX_WRONG)]
    assert kinds[-1] is PromptKind.BRIDGE
    assert PromptKind.BRIDGE not in kinds[:-1]


@given(lines(), st.lists(st.sampled_from(["?", ""]), min_size=dialog.MAX_SILENT + 1, max_size=12))
def test_talk_before_any_key_brings_nobody(line: Line, talk: list[str]) -> None:
    """A phone tree that keeps talking is silence: no human is called to it, and it is told no number and no code."""
    play(line, talk)
    assert line.said[-1].outcome is Outcome.SILENT
    kinds = [said.prompt.kind for said in line.said]
    assert PromptKind.BRIDGE not in kinds
    assert kinds[-1] is PromptKind.SILENT
    assert line.attempt.wrong == 0


def test_a_short_recording_is_no_read_back_and_is_asked_again() -> None:
    """A cough or a hang-up: told so, asked again, and the third time a person comes; the next full one counts."""
    legs = ((RADIOLOGIST, (Leg(key="r", number="+13125550141"),)),)
    facts = Facts(relay=relay_with((Role.PHYSICIAN,)), facility="Mercy", case_code="", our_number="", legs=legs)
    attempt = replace(attempt_for(Purpose.CONTACT), stage=Stage.RECORD, told_at=NOW, revision=1)
    line = Line(replace(attempt, receiver_role=ReceiverRole.PHYSICIAN), facts)
    said = line.play(SHORT)
    assert (said.prompt.kind, said.prompt.lead, said.outcome) == (PromptKind.RECORD, Lead.TOO_SHORT, None)
    assert line.play(SHORT).prompt.kind is PromptKind.RECORD
    other = Line(line.attempt, facts)
    assert line.play(SHORT).prompt.kind is PromptKind.BRIDGE
    assert other.play(RECORDED).outcome is Outcome.READ_BACK_RECORDED


def test_the_shortest_read_back_takes_longer_than_a_cough() -> None:
    """A name and the shortest finding at the script's own pace, with a second before them and one to find pound."""
    assert round(spoken.seconds("Doctor Kim: free intraperitoneal air")) + 2 == conversation.MIN_READ_BACK_SECONDS


@given(lines(), EVENTS, st.lists(st.sampled_from(KEYS), min_size=1, max_size=6))
def test_the_dialog_always_ends(line: Line, events: list[str], habit: list[str]) -> None:
    """Whatever is keyed, again and again: the call comes to something, and after that says only goodbye."""
    play(line, events)
    for turn in range(LONGEST):
        if line.is_over:
            break
        line.play(habit[turn % len(habit)])
    assert line.is_over
    assert line.attempt.stage is Stage.OVER
    count = len(line.said)
    assert line.play("1").prompt.kind is PromptKind.HANG_UP
    assert line.said[count].outcome is None


@given(lines(), EVENTS)
def test_silence_ends_it_soon(line: Line, events: list[str]) -> None:
    """A receiver left lying: a few more questions, and the line is free."""
    play(line, events)
    for _ in range(8):
        if not line.is_over:
            line.play("")
    assert line.is_over


@given(lines(), EVENTS, EVENTS)
def test_once_the_relay_has_ended_nothing_of_the_patient_is_said(
    line: Line, events: list[str], more: list[str]
) -> None:
    """Somebody else confirmed, or it was retracted, while this one was on the line."""
    play(line, events)
    if line.is_over or line.facts.relay is None:
        return
    over = replace(line.facts.relay, state=RelayState.ENDED, ending=Ending.RETRACTED)
    line.facts = replace(line.facts, relay=over)
    count = len(line.said)
    play(line, [event for event in more if event != AMENDED])
    after = line.said[count:]
    assert not any(said.prompt.kind in dialog.IDENTIFYING or said.outcome in CONFIRMS for said in after)


@given(lines((Purpose.DESK, Purpose.RADIOLOGIST)), EVENTS)
def test_a_desk_phone_takes_only_by_its_key(line: Line, events: list[str]) -> None:
    """1 takes; nothing else does; somebody who was slower hears whose it is; nothing of the patient is said."""
    events = [event for event in events if event != AMENDED]
    for event in events:
        if line.is_over:
            break
        said = line.play(event)
        assert said.prompt.kind not in dialog.IDENTIFYING
        assert (said.outcome is Outcome.TAKEN) == (event in ("1", HEARD))
    line = Line(attempt_for(Purpose.DESK), replace(line.facts, not_to_take="Pat Quinn"))
    line.note(turns.opening(line.attempt, line.facts))
    said = line.play("1")
    assert (said.prompt.kind, said.prompt.who, said.outcome) == (PromptKind.HAS_IT, "Pat Quinn", Outcome.CANCELED)
