"""The stage of the stories, for attacks on it."""

from __future__ import annotations

from tests.flows.conftest import servers, short_logs, stage

__all__ = ["servers", "short_logs", "stage"]
