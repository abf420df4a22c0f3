"""Machines at the far end of a call: a phone tree, a pager terminal, a voicemail box."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from sandbox.exchange.people import is_in
from sandbox.exchange.talk import FarEnd

#: Seconds after a key until a tree takes what it has: another key may make it an extension.
BETWEEN_KEYS = 2.0


@dataclass(frozen=True)
class Menu:
    """What a tree says and where each key leads: to another menu, or to somebody."""

    says: tuple[str, ...]
    keys: Mapping[str, Menu | FarEnd] = field(default_factory=dict)
    #: Words that lead somewhere, in a tree that listens to words.
    words: Mapping[str, Menu | FarEnd] = field(default_factory=dict)


Branch: TypeAlias = Menu | FarEnd


@dataclass(kw_only=True)
class PhoneTree(FarEnd):
    """A machine that greets, reads a menu and follows keys; a key that comes too early is lost."""

    name: str = "phone tree"
    taken_for: str | None = "machine"
    greeting_seconds: float = 20.0
    greeting: str = "Thank you for calling Mercy General Hospital."
    menu: Menu = Menu(())
    #: Extensions that can be keyed in every menu.
    extensions: Mapping[str, FarEnd] = field(default_factory=dict)
    #: Seconds after the answer in which no key is heard.
    deaf_for: float = 1.0
    #: How often a menu is read before the call goes to ``otherwise``, or is hung up on.
    times: int = 2
    #: Seconds of silence after a menu.
    waits: float = 5.0
    otherwise: FarEnd | None = None
    connects: str = "Please hold while your call is transferred."
    #: Seconds of ringing at an extension.
    transfer_seconds: float = 6.0
    wrong: str = "That is not a valid choice."
    goodbye: str = "We did not receive a response. Goodbye."
    #: The keys that were lost, in this call.
    lost: str = field(default="", init=False)
    _hears_keys: bool = field(default=False, init=False)
    _keyed: str = field(default="", init=False)
    _read: int = field(default=0, init=False)

    def begins(self) -> None:
        """Greet, and read the first menu."""
        self.talk.call.exchange.later(self.deaf_for, self._open)
        self.talk.say(self.greeting, then=self._read_menu)

    def key(self, key: str) -> None:
        """Take a key: it ends what is being said."""
        if not self._hears_keys:
            self.lost += key
            return
        self.talk.stop()
        self._keyed += key
        branch = self.menu.keys.get(self._keyed) or self.extensions.get(self._keyed)
        if any(one.startswith(self._keyed) and one != self._keyed for one in (*self.menu.keys, *self.extensions)):
            self.talk.after(BETWEEN_KEYS, lambda: self._follow(branch))
        else:
            self._follow(branch)

    def hears(self, words: str) -> None:
        """Follow a word that leads somewhere; whatever else is said is nothing to a machine."""
        for word, branch in self.menu.words.items():
            if is_in(word, words):
                self.talk.stop()
                self._follow(branch)
                return

    def _open(self) -> None:
        self._hears_keys = True

    def _read_menu(self) -> None:
        if self._read == self.times:
            self._give_up()
            return
        self._read += 1
        self.talk.say(*self.menu.says, then=lambda: self.talk.after(self.waits, self._read_menu))

    def _follow(self, branch: Branch | None) -> None:
        self._keyed = ""
        if branch is None:
            self.talk.say(self.wrong, then=self._read_menu)
        elif isinstance(branch, Menu):
            self.menu, self._read = branch, 0
            self._read_menu()
        else:
            self.talk.say(self.connects, then=lambda: self.talk.hand_to(branch, self.transfer_seconds))

    def _give_up(self) -> None:
        if self.otherwise is not None:
            self._follow(self.otherwise)
        else:
            self.talk.say(self.goodbye, then=self.talk.hang_up)


@dataclass(kw_only=True)
class PagerTerminal(FarEnd):
    """A machine that takes a numeric page: a prompt or a tone, digits, the pound key or silence, and it hangs up."""

    name: str = "pager terminal"
    rings_for: float | None = 2.0
    taken_for: str | None = None
    #: What it says before it listens; a terminal that only has a tone says nothing.
    prompt: str = "Enter your numeric message, then press pound."
    accepted: str = "Your page has been sent."
    #: Seconds after the answer until the tone: keys before it are lost.
    tone_after: float = 1.0
    #: Seconds without a key until it takes what it has, or hangs up.
    waits: float = 6.0
    #: The pages that it sent, in all calls.
    pages: list[str] = field(default_factory=list)
    _listens: bool = field(default=False, init=False)
    _keyed: str = field(default="", init=False)

    def begins(self) -> None:
        """Prompt, and wait for the tone."""
        self.talk.call.exchange.later(self.tone_after, self._tone)
        if self.prompt:
            self.talk.say(self.prompt)

    def key(self, key: str) -> None:
        """Take a digit; the pound key sends the page."""
        if not self._listens:
            return
        self.talk.stop()
        if key == "#":
            self._send()
        else:
            self._keyed += key
            self.talk.after(self.waits, self._send)

    def _tone(self) -> None:
        self._listens = True
        self.talk.after(max(self.waits, 2 * len(self.prompt.split())), self._send)

    def _send(self) -> None:
        self._listens = False
        if self._keyed:
            self.pages.append(self._keyed)
        self.talk.say(*([self.accepted] if self._keyed else []), then=self.talk.hang_up)


@dataclass(kw_only=True)
class Voicemail(FarEnd):
    """A box that greets, and keeps what is said after its greeting."""

    name: str = "voicemail"
    rings_for: float | None = 20.0
    taken_for: str | None = "machine"
    greeting: str = "You have reached the voicemail of Doctor Kim. Please leave a message after the tone."
    #: Seconds of message after which it hangs up.
    full_after: float = 120.0
    #: What it kept, in all calls.
    messages: list[str] = field(default_factory=list)

    def begins(self) -> None:
        """Greet; what is said before the tone is not kept."""
        self.talk.say(self.greeting, then=self._tone)

    def hears(self, words: str) -> None:
        """Keep what is said."""
        self.messages.append(words)

    def _tone(self) -> None:
        self.talk.miss_what_was_begun()
        self.talk.after(self.full_after, self.talk.hang_up)
