"""Sign-in by one-time link and the case page, which shows who the patient is; the pickup page; and pictures of figures."""

from bot.pages import pickup, pictures
from bot.pages.doors import router

__all__ = ["pickup", "pictures", "router"]
