"""A Slack workspace on loopback: it takes what Slack takes, refuses what Slack refuses, and signs what it sends."""

from sandbox.workspace.face import Workspace
from sandbox.workspace.faults import Faults
from sandbox.workspace.model import Answer, Message, Sent, View

__all__ = ["Answer", "Faults", "Message", "Sent", "View", "Workspace"]
