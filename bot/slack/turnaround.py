"""The answer to ``/tat``: a sentence a class, which a screen reader reads as it is, and a picture of the same figures. Pure."""

from __future__ import annotations

from datetime import timedelta

from bot.slack.blocks import Json, Message, context, plain, safe, section
from bot.slack.times import span
from handlers.domain.cards import ClassFigures, Turnaround

_SPANS = {"24h": "the last 24 hours", "7d": "the last 7 days", "30d": "the last 30 days"}
_ALT = 2000  #: characters that Slack takes as a picture's description
_MINUTE = timedelta(minutes=1)
_HOW = "Time is working time: from what starts the site's clock to the report, less pauses. p90: nine of ten reads took no longer."


def turnaround(found: Turnaround, public_url: str) -> Message:
    """Return the figures as a message for one person; ``public_url`` begins the picture's address."""
    title = f"Turnaround of {safe(found.where, 120)}, {_SPANS.get(found.span, found.span)}"
    if not found.classes:
        text = f"{title}: no read ended."
        return Message(text, (section(text),))
    sentences = [_sentence(figures) for figures in found.classes]
    blocks: list[Json] = [section(f"*{title}*"), section("\n".join(sentences))]
    if found.picture:
        blocks.append(_picture(title, sentences, public_url + found.picture))
    return Message("\n".join([f"{title}.", *sentences]), (*blocks, context(_HOW)))


def _sentence(figures: ClassFigures) -> str:
    reads = "1 read" if figures.ended == 1 else f"{figures.ended} reads"
    share = 100 * figures.in_target // figures.ended  # rounded down: 100 % is every one of them
    meanwhile = f"; {figures.paused} paused meanwhile" if figures.paused else ""
    took = f"p50 {_minutes(figures.p50)}, p90 {_minutes(figures.p90)}, p95 {_minutes(figures.p95)}"
    name = safe(figures.priority.capitalize(), 12)
    return (
        f"{name}: {reads}, {figures.in_target} of {figures.ended} in target ({share} %){meanwhile}. "
        f"{took}; target {_target(figures)}."
    )


def _target(figures: ClassFigures) -> str:
    shortest, longest = span(figures.shortest_target // _MINUTE), span(figures.longest_target // _MINUTE)
    return shortest if shortest == longest else f"{shortest} to {longest}"


def _minutes(took: timedelta) -> str:
    """Return a duration in whole minutes, rounded up: what took longer than its target never looks as if it had not."""
    return span(-(-took // _MINUTE))


def _picture(title: str, sentences: list[str], url: str) -> Json:
    """Return the picture (Slack: "Image block"); its description says what it shows to whoever does not see it."""
    described = f"Bars of p50, p90 and p95 against the target, by class. {' '.join(sentences)}"
    return {
        "type": "image",
        "block_id": "turnaround",
        "image_url": url,
        "alt_text": described if len(described) <= _ALT else described[: _ALT - 1] + "…",
        "title": plain(title),
    }
