"""Carrying out effects: rendered from the state at the moment of sending, told to the vendor outside any transaction.

A timeout after submitting is *in doubt*: the vendor is asked before anything is sent a second time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar

from handlers import channels, drawing, handover, held, outages, placing, recordings, showing, sinks, stranded, texting
from handlers.domain.cards import Note, ReadCard
from handlers.domain.directory import Desk, Directory
from handlers.domain.errors import DeliveryFailed, DeliveryInDoubt, DeliveryRefused, NotYet
from handlers.domain.handovers import Handover
from handlers.domain.machinery import EffectKind, channel_of
from handlers.domain.outage import FIRST, SECOND
from handlers.domain.relays import Attempt, Recording
from handlers.domain.standing import Pool
from handlers.domain.studies import Read
from handlers.domain.tasks import DeskTask
from handlers.once import in_transaction
from handlers.ports import Dialer, House, Messenger, Reading, Recordings, Sending, Subscribers, Texter, Transaction

V = TypeVar("V", bound=Any)
C = TypeVar("C")

FIRST_WAIT = timedelta(seconds=1)
LONGEST_WAIT = timedelta(seconds=60)
#: So many tries, a minute apart, a refusing channel is given to be mended: a day.
MENDED_WITHIN = 1440
#: So often a channel waits for what failed, about eleven minutes; then the rest goes on without it.
ORDERED_TRIES = 16
#: A thread's note waits so long for its card to be posted.
CARD_FIRST = timedelta(seconds=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Telephone:
    """One account at the telephone vendor."""

    dialer: Dialer
    texter: Texter
    recordings: Recordings


@dataclass(frozen=True, slots=True, kw_only=True)
class Vendors:
    """Whom effects are sent to."""

    messenger: Messenger
    dialer: Dialer
    texter: Texter
    recordings: Recordings
    subscribers: Subscribers
    #: The second account at the telephone vendor, for while the first is out.
    second: Telephone | None = None

    def dialers(self) -> Mapping[str, Dialer]:
        """Return who places calls, by account."""
        return {FIRST: self.dialer} | ({} if self.second is None else {SECOND: self.second.dialer})

    def texters(self) -> Mapping[str, Texter]:
        """Return who sends texts, by account."""
        return {FIRST: self.texter} | ({} if self.second is None else {SECOND: self.second.texter})


class CardFirst(Exception):
    """What this effect needs is not there yet."""


Carry = Callable[[House, Vendors, Sending], None]


def send_next(
    house: House,
    vendors: Vendors,
    lanes: str,
    on_failure: Callable[[Exception], None],
    on_taken: Callable[[], None] = lambda: None,
) -> bool:
    """Send the next effect of the lanes that begin so, and tell when it was taken; False when none may leave now."""
    sending = house.memory.take_effect(lanes)
    if sending is None:
        return False
    on_taken()
    now = house.clock.now()
    try:
        CARRIERS[sending.effect.kind](house, vendors, sending)
    except DeliveryFailed as failed:
        if not isinstance(failed, NotYet):
            on_failure(failed)
        wait = failed.retry_after or backoff(sending.tries)
        whole_lane = failed.retry_after is not None or _keeps_order(sending)
        house.memory.effect_later(sending, now + wait, failed.reason, whole_lane=whole_lane)
    except DeliveryInDoubt as doubt:
        on_failure(doubt)
        house.memory.effect_later(sending, now + backoff(sending.tries), "in doubt")
    except DeliveryRefused as refused:
        on_failure(refused)
        _refused(house, sending, refused)
    except CardFirst:
        house.memory.effect_later(sending, now + CARD_FIRST, "its card is not posted yet")
    except Exception as error:  # noqa: BLE001 - an accepted effect is never lost to a bug
        on_failure(error)
        house.memory.effect_later(sending, now + backoff(sending.tries), type(error).__name__)
    else:
        _sent(house, sending, on_failure)
    return True


def _sent(house: House, sending: Sending, on_failure: Callable[[Exception], None]) -> None:
    """Do what follows from something sent; whatever fails here, it is not sent again."""
    try:
        channels.worked(house, sending)
    except Exception as error:  # noqa: BLE001 - the next thing that is sent there does it
        on_failure(error)


def _refused(house: House, sending: Sending, refused: DeliveryRefused) -> None:
    """Give up what a vendor will never take; a Slack channel that can be mended (an invitation, a token) is waited for."""
    reason = f"{refused.code}: {refused.reason}"
    if channel_of(sending.effect.lane) and sending.tries < MENDED_WITHIN:
        house.memory.effect_later(sending, house.clock.now() + LONGEST_WAIT, reason)
        channels.refused(house, sending, refused.code)
        return
    house.memory.effect_dropped(sending, reason)


def _keeps_order(sending: Sending) -> bool:
    """Tell whether what comes after waits too: a channel's history is told in order, but one effect blocks no channel."""
    return bool(channel_of(sending.effect.lane)) and sending.tries < ORDERED_TRIES


def backoff(tries: int) -> timedelta:
    """Return how long to wait after so many failed tries: 1 s, doubling, at most a minute."""
    return min(timedelta(seconds=FIRST_WAIT.total_seconds() * 2 ** min(tries, 6)), LONGEST_WAIT)


# --- Slack -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shown(Generic[V, C]):
    """A kind of subject that has a message of its own in Slack: how its card is made, shown, and found again."""

    kind: type[V]
    #: Before the subject's id, the id of the card's first block.
    prefix: str
    #: No message of it is older than this.
    since: Callable[[V], datetime]
    #: Its card as things stand; None where it is not shown any more.
    draw: Callable[[Reading, Directory, V], C | None]
    show: Callable[[Messenger, str, str | None, C], str]
    #: The channel in which it belongs now, "" for wherever it was asked for; and how it is asked for there.
    channel: Callable[[Directory, V], str]
    ask: Callable[[Transaction, House, V], None]

    def carry(self, house: House, vendors: Vendors, sending: Sending) -> None:
        """Post or redraw what shows a subject; a post that may have been made is looked for first."""
        subject = sending.effect.subject
        channel = channel_of(sending.effect.lane)
        with house.memory.reading() as look:
            found = look.get(self.kind, subject)
            card = None if found is None else self.draw(look, house.directory(), found)
            shown = look.message(subject)
        if found is None or card is None:
            house.memory.effect_done(sending)
            return
        if self.channel(house.directory(), found) not in ("", channel):
            self._asked_elsewhere(house, sending, found)
            return
        ts = shown[1] if shown is not None and shown[0] == channel else None
        if ts is None and (sending.in_doubt or sending.tries > 0):
            ts = vendors.messenger.find(channel, f"{self.prefix}:{subject}", self.since(found))
        posted = self.show(vendors.messenger, channel, ts, card)

        def done(tx: Transaction) -> None:
            tx.remember_message(subject, channel, posted)
            tx.sent(sending)

        in_transaction(house, sending.facility, done)

    def _asked_elsewhere(self, house: House, sending: Sending, found: V) -> None:
        """Give up what was asked for a channel that it has left meanwhile, and ask for it where it belongs."""

        def moved(tx: Transaction) -> None:
            tx.sent(sending)
            self.ask(tx, house, found)

        in_transaction(house, sending.facility, moved)


def _channel_of(place: Pool | Desk | None) -> str:
    return "" if place is None else place.channel


def _read_card(look: Reading, directory: Directory, read: Read) -> ReadCard | None:
    return drawing.read_card(look, directory, read) if read.facility in directory.facilities else None


_READ = _Shown(
    kind=Read,
    prefix="read",
    since=lambda read: read.opened_at,
    draw=_read_card,
    show=lambda messenger, channel, ts, card: messenger.show_read(channel, ts, card),
    channel=lambda directory, read: _channel_of(directory.pools.get(read.pool)),
    ask=showing.show_read,
)
_TASK = _Shown(
    kind=DeskTask,
    prefix="task",
    since=lambda task: task.opened_at,
    draw=drawing.desk_card,
    show=lambda messenger, channel, ts, card: messenger.show_task(channel, ts, card),
    channel=lambda directory, task: _channel_of(directory.desks.get(task.desk)),
    ask=showing.show_task,
)
_HANDOVER = _Shown(
    kind=Handover,
    prefix="handover",
    since=lambda handover: handover.offered_at,
    draw=held.card,
    show=lambda messenger, channel, ts, card: messenger.show_handover(channel, ts, card),
    channel=handover.channel,
    ask=handover.show,
)


def _note(house: House, vendors: Vendors, sending: Sending) -> None:
    """Add a line to a thread; one that may have been added already is not added again: the card shows the state."""
    with house.memory.reading() as look:
        shown = look.message(sending.effect.subject)
    if shown is None:
        raise CardFirst
    if not sending.in_doubt:
        args = sending.effect.args
        with suppress(DeliveryInDoubt):
            vendors.messenger.note(
                shown[0], shown[1], Note(text=args["text"], to=args.get("to", "")), mention=bool(args.get("mention"))
            )
    house.memory.effect_done(sending)


def _pool_note(house: House, vendors: Vendors, sending: Sending) -> None:
    """Tell a channel something that belongs to no card; what may have been said already is not said again."""
    if not sending.in_doubt:
        with suppress(DeliveryInDoubt):
            channel = channel_of(sending.effect.lane)
            vendors.messenger.note(channel, None, Note(text=sending.effect.args["text"]))
    house.memory.effect_done(sending)


def _recordings(house: House, vendors: Vendors, sending: Sending) -> Recordings:
    """Return the recordings of the account that made the call."""
    if vendors.second is None:
        return vendors.recordings
    with house.memory.reading() as look:
        recording = look.get(Recording, sending.effect.subject)
        attempt = None if recording is None else look.get(Attempt, recording.attempt_id)
    return vendors.second.recordings if attempt is not None and attempt.account == SECOND else vendors.recordings


def _probe(house: House, vendors: Vendors, sending: Sending) -> None:
    dialer = vendors.dialers().get(sending.effect.subject)
    if dialer is None:
        house.memory.effect_done(sending)  # an account that is not configured any more
    else:
        outages.probe(house, dialer.probe, sending)


CARRIERS: dict[EffectKind, Carry] = {
    EffectKind.PROBE_VENDOR: _probe,
    EffectKind.VENDOR_TURNED: lambda house, _vendors, sending: stranded.turned(house, sending),
    EffectKind.READ_CARD: _READ.carry,
    EffectKind.READ_NOTE: _note,
    EffectKind.DESK_CARD: _TASK.carry,
    EffectKind.DESK_NOTE: _note,
    EffectKind.POOL_NOTE: _pool_note,
    EffectKind.HANDOVER_CARD: _HANDOVER.carry,
    EffectKind.HANDOVER_NOTE: _note,
    EffectKind.PLACE_CALL: lambda house, vendors, sending: placing.place(house, vendors.dialers(), sending),
    EffectKind.FIND_CALL: lambda house, vendors, sending: placing.find(house, vendors.dialers(), sending),
    EffectKind.CHECK_CALL: lambda house, vendors, sending: placing.check(house, vendors.dialers(), sending),
    EffectKind.LEAVE_VOICEMAIL: lambda house, vendors, sending: placing.leave_voicemail(
        house, vendors.dialers(), sending
    ),
    EffectKind.HANG_UP: lambda house, vendors, sending: placing.hang_up(house, vendors.dialers(), sending),
    EffectKind.SEND_TEXT: lambda house, vendors, sending: texting.text(house, vendors.texters(), sending),
    EffectKind.CHECK_TEXT: lambda house, vendors, sending: texting.check(house, vendors.texters(), sending),
    EffectKind.FETCH_RECORDING: lambda house, vendors, sending: recordings.fetch(
        house, _recordings(house, vendors, sending), sending
    ),
    EffectKind.WEBHOOK: lambda house, vendors, sending: sinks.send(house, vendors.subscribers, sending),
}
