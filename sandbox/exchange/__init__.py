"""A telephone exchange on loopback: Twilio's REST API, calls, texts and signed webhooks, driven by hand or by a test.

It refuses what Twilio refuses and a little more (unknown parameters), so that a typing error is found here. All of its
time is the time of a `sandbox.timeline.Timeline`.
"""

from sandbox.exchange.callbacks import SentRequest
from sandbox.exchange.calls import Call
from sandbox.exchange.exchange import Exchange
from sandbox.exchange.faults import Faults
from sandbox.exchange.machines import Menu, PagerTerminal, PhoneTree, Voicemail
from sandbox.exchange.messages import Message
from sandbox.exchange.numbers import NumberConfig
from sandbox.exchange.people import AnsweringService, Badge, HangsUp, Operator, Person, Presses, Says, Transfers
from sandbox.exchange.recordings import Recording
from sandbox.exchange.records import ApplicationError
from sandbox.exchange.talk import FarEnd

__all__ = [
    "AnsweringService",
    "ApplicationError",
    "Badge",
    "Call",
    "Exchange",
    "FarEnd",
    "Faults",
    "HangsUp",
    "Menu",
    "Message",
    "NumberConfig",
    "Operator",
    "PagerTerminal",
    "Person",
    "PhoneTree",
    "Presses",
    "Recording",
    "Says",
    "SentRequest",
    "Transfers",
    "Voicemail",
]
