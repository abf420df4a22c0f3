"""Intake: each outside dialect, verified at the door, becomes the same few events."""

from bot.intake.door import router
from bot.intake.reading import parse
from bot.intake.signatures import secret_problems

__all__ = ["parse", "router", "secret_problems"]
