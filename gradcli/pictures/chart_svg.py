"""What becomes of the SVG that matplotlib writes: a title, short numbers, both grounds."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape

from gradcli.pictures.palette import Shade

_FONT = "'DejaVu Sans'"
_FONTS = f"{_FONT}, Verdana, Arial, sans-serif"
"""What is as wide as the one by which matplotlib measures stands first."""

_HEAD = re.compile(r"^.*?<svg ", re.DOTALL)
_PATH = re.compile(r'(\b(?:d|points)=")([^"]*)"')
_NUMBER = re.compile(r"-?\d+\.\d{2,}")


def finished(svg: str, title: str, shades: Sequence[Shade]) -> str:
    """The whole file, without a prolog so that it can stand in a page too.

    With `shades`, which are drawn in their light colours, it turns dark where the reader's screen
    is.
    """
    body = _HEAD.sub('<svg class="chart" role="img" ', svg, count=1)
    head, rest = body.split(">", 1)
    body = f"{head}>\n<title>{escape(title, quote=False)}</title>{_dark(shades)}{rest}"
    # What matplotlib says of everything is to be said of this picture alone.
    body = body.replace(">*{stroke", ">.chart{stroke", 1).replace(_FONT, _FONTS)
    return _PATH.sub(_shorter, body)


def _dark(shades: Sequence[Shade]) -> str:
    if not shades:
        return ""
    # Without .chart before it: the marks are copies, which know no ancestors.
    rules = [
        f'[style*="{what}: {shade.light}"]{{{what}:{shade.dark}!important}}'
        for shade in dict.fromkeys(shades)
        for what in ("fill", "stroke")
    ]
    return "\n<style>@media(prefers-color-scheme:dark){\n" + "\n".join(rules) + "\n}</style>"


def _shorter(match: re.Match[str]) -> str:
    """A path with its numbers to a hundredth of a point, on one line."""
    numbers = _NUMBER.sub(
        lambda number: f"{float(number[0]):.2f}".rstrip("0").rstrip("."), match[2]
    )
    return f'{match[1]}{" ".join(numbers.split())}"'
