"""Draws turnaround figures: for each class three bars against its target, on a scale of its own. Values stand beside bars."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from functools import cache
from io import BytesIO

from PIL import Image, ImageDraw, ImageFont

from handlers.domain.cards import ClassFigures

WIDTH, _TOP, _ROW = 720, 12, 104  #: pixels
_LEFT, _RIGHT = 150, 600  #: where bars begin, and where the longest value or target ends
_BAR, _STEP = 18, 26
_PAPER, _INK, _QUIET = "#ffffff", "#1d2b33", "#5c6b73"
_WITHIN, _OVER, _TARGET = "#2a7f86", "#c4621d", "#1d2b33"  # told apart in gray too; the value says it in words


@cache
def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)


def png(classes: Sequence[ClassFigures]) -> bytes:
    """Return the picture as PNG."""
    image = Image.new("RGB", (WIDTH, 2 * _TOP + _ROW * max(len(classes), 1)), _PAPER)
    draw = ImageDraw.Draw(image)
    for number, figures in enumerate(classes):
        _class(draw, _TOP + number * _ROW, figures)
    out = BytesIO()
    image.quantize(32).save(out, "PNG", optimize=True)
    return out.getvalue()


def _class(draw: ImageDraw.ImageDraw, top: int, figures: ClassFigures) -> None:
    draw.text((12, top + 4), figures.priority.capitalize(), _INK, _font(18))
    draw.text((12, top + 30), f"{figures.in_target} of {figures.ended} in target", _QUIET, _font(12))
    if figures.paused:
        draw.text((12, top + 48), f"{figures.paused} paused meanwhile", _QUIET, _font(12))
    target = figures.longest_target
    most = max(figures.p95, target, timedelta(seconds=1))
    for number, (name, took) in enumerate((("p50", figures.p50), ("p90", figures.p90), ("p95", figures.p95))):
        y = top + number * _STEP
        right = _LEFT + 32 + int((_RIGHT - _LEFT - 32) * (took / most))
        draw.text((_LEFT - 2, y + 2), name, _QUIET, _font(12))
        draw.rectangle((_LEFT + 32, y, right, y + _BAR), _OVER if took > target else _WITHIN)
        over = ", over" if took > target else ""
        draw.text((_RIGHT + 12, y + 2), f"{minutes(took)}{over}", _INK, _font(12))
    x = _LEFT + 32 + int((_RIGHT - _LEFT - 32) * (target / most))
    draw.line((x, top - 4, x, top + 3 * _STEP), _TARGET, 2)
    draw.text((_LEFT + 32, top + 3 * _STEP), f"target {minutes(target)}", _QUIET, _font(12))


def minutes(took: timedelta) -> str:
    """Return ``12 min`` or ``3.5 h``; minutes are rounded up, as in the words beside the picture."""
    whole = -(-took // timedelta(minutes=1))
    return f"{whole} min" if whole <= 120 else f"{took / timedelta(hours=1):.1f} h"  # noqa: PLR2004 - two hours
