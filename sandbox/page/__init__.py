"""The one page of the sandbox: Slack, a telephone and the growing record side by side."""

from sandbox.page.record import Record
from sandbox.page.routes import Page

__all__ = ["Page", "Record"]
