"""Sign-in by one-time link and the case page, the only place that shows who the patient is; and pictures of figures."""

from bot.pages import pictures
from bot.pages.doors import router

__all__ = ["pictures", "router"]
