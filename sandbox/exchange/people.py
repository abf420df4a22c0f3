"""People at the far end of a call: somebody who answers, an operator, an answering service, a wearer of a badge."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from sandbox.exchange.talk import FarEnd

#: A telephone number, at least: so many digits in what is said are something to write down.
NUMBER_DIGITS = 7
GOODBYE = ("goodbye", "good bye", "thank you")


@dataclass(frozen=True)
class Says:
    """Answer with words."""

    words: str


@dataclass(frozen=True)
class Presses:
    """Press keys."""

    keys: str


@dataclass(frozen=True)
class HangsUp:
    """Put the receiver down, after these words if there are any."""

    words: str = ""


@dataclass(frozen=True)
class Transfers:
    """Let another person come to the same call: "One moment, I'll transfer you", silence, and somebody new says hello."""

    to: FarEnd
    words: str = "One moment please, I'll transfer you."
    #: Seconds of silence until the other one is there.
    seconds: float = 6.0


Act: TypeAlias = Says | Presses | HangsUp | Transfers
#: What is done when a phrase is heard: an act, or what makes one of the words that were heard, if it can.
Answer: TypeAlias = Act | Callable[[str], Act | None]


@dataclass(kw_only=True)
class Person(FarEnd):
    """Somebody who says hello and answers what is said, as far as anything is set down for it.

    What nothing is set down for is left to whoever acts beside it: a test, or a person at the page.
    """

    name: str = "person"
    greeting: str = "Hello?"
    #: Phrases and what is done when one of them is heard; the first that is heard counts.
    replies: Mapping[str, Answer] = field(default_factory=dict)
    #: Seconds until an answer is begun.
    thinks: float = 1.0

    def begins(self) -> None:
        """Say hello."""
        if self.greeting:
            self.talk.say(self.greeting)

    def hears(self, words: str) -> None:
        """Do what is set down for the first phrase that was heard."""
        for phrase, answer in self.replies.items():
            act = _act_of(answer, words) if is_in(phrase, words) else None
            if act is not None:
                self.does(act)
                return
        self.is_at_a_loss(words)

    def does(self, act: Act) -> None:
        """Answer."""
        match act:
            case Says(words):
                self.talk.say(words, pause=self.thinks)
            case Presses(keys):
                self.talk.after(self.thinks, lambda: self.talk.press(keys))
            case HangsUp(words):
                self.talk.say(*filter(None, [words]), then=self.talk.hang_up, pause=self.thinks)
            case Transfers(to, words, seconds):
                self.talk.say(words, then=lambda: self.talk.hand_to(to, seconds), pause=self.thinks)

    def is_at_a_loss(self, words: str) -> None:
        """Do what is done when nothing is set down for what was heard."""


@dataclass(kw_only=True)
class Badge(Person):
    """Somebody who wears a hands-free badge: it has no keys, so everything has to be said."""

    name: str = "badge"
    keypad: bool = False


@dataclass(kw_only=True)
class Operator(Person):
    """A human at a switchboard, who is told whom to put the call through to."""

    name: str = "operator"
    greeting: str = "Mercy switchboard, how may I direct your call?"
    #: Whom it can put through: what has to be asked for, and who answers then.
    directory: Mapping[str, FarEnd] = field(default_factory=dict)
    puts_through: str = "One moment please, I'll transfer you."
    #: Seconds of ringing there.
    transfer_seconds: float = 6.0
    asks_again: str = "I'm sorry, who would you like to speak to?"
    gives_up: str = "I'm sorry, I cannot help you. Goodbye."
    #: How often it asks again before it hangs up.
    patience: int = 2

    def is_at_a_loss(self, words: str) -> None:
        """Put the call through to whoever was asked for, or ask again, or give up."""
        for asked_for, far_end in self.directory.items():
            if is_in(asked_for, words):
                self.does(Transfers(far_end, self.puts_through, self.transfer_seconds))
                return
        self.patience -= 1
        self.does(Says(self.asks_again) if self.patience >= 0 else HangsUp(self.gives_up))


@dataclass(kw_only=True)
class AnsweringService(Person):
    """Somebody who takes a message for somebody else, says by name who took it, and promises to pass it on."""

    name: str = "answering service"
    greeting: str = "Doctor Kim's answering service, this is Joan. May I take a message?"
    called: str = "Joan"
    questions: tuple[str, ...] = ("Who shall I say is calling?", "And at what number can the doctor call you back?")
    promise: str = "Thank you. I will page the doctor right away."
    #: What was said to it, in all calls, as it would write it down.
    messages: list[str] = field(default_factory=list)
    _asked: int = field(default=0, init=False)

    def hears(self, words: str) -> None:
        """Write it down, then answer."""
        self.messages.append(words)
        super().hears(words)

    def is_at_a_loss(self, words: str) -> None:
        """Say who takes the message if that is asked; else ask on until there is a number to call."""
        if is_in("your name", words):
            self.does(Says(f"This is {self.called}."))
        elif (
            any(is_in(one, words) for one in GOODBYE)
            or len(re.findall(r"\d", words)) >= NUMBER_DIGITS
            or self._asked == len(self.questions)
        ):
            self.does(HangsUp(self.promise))
        else:
            self._asked += 1
            self.does(Says(self.questions[self._asked - 1]))


def _act_of(answer: Answer, words: str) -> Act | None:
    return answer(words) if callable(answer) else answer


def is_in(phrase: str, words: str) -> bool:
    """Say whether a phrase is in what was said, word for word."""
    return re.search(rf"\b{re.escape(phrase.casefold())}\b", words.casefold()) is not None
