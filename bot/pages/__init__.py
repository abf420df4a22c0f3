"""Sign-in by one-time link and the case page, the only place that shows who the patient is."""

from bot.pages.doors import router

__all__ = ["router"]
