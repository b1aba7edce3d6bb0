"""The colours of charts, each as a pair: on light ground and on dark ground."""

from __future__ import annotations

from typing import NamedTuple


class Shade(NamedTuple):
    """One colour on both grounds, as #rrggbb. No two shades have the same light one."""

    light: str
    dark: str

    def on(self, theme: str) -> str:
        return self.dark if theme == "dark" else self.light


GROUND = Shade("#ffffff", "#14171c")
INK = Shade("#1c2530", "#e6e9ee")
MUTED = Shade("#5b6673", "#9aa5b1")
GRID = Shade("#dfe3e8", "#2b323b")

CHART_SHADES = (GROUND, INK, MUTED, GRID)
"""Of every chart."""

SERIES = (
    Shade("#1f66b0", "#6cb6ff"),
    Shade("#c4480a", "#ffa657"),
    Shade("#0b7a5c", "#4fd1a5"),
    Shade("#a33b85", "#f09ad6"),
    Shade("#856404", "#e3c34c"),
    Shade("#4b4fb5", "#a9acff"),
)
"""Told apart by people who see no red or no green too: they differ in lightness or in blue."""

LOW, HIGH = Shade("#f3f7fb", "#152231"), Shade("#5f95c8", "#4a83b8")
"""The ends of a surface's scale: what is drawn upon it is seen at both."""

LEVEL = Shade("#7a93ab", "#5f7c98")
"""Lines of one level."""


def mixed(first: Shade, second: Shade, part: float) -> Shade:
    """The colour that lies that part of the way from the first to the second."""
    return Shade(*(_mixed(one, other, part) for one, other in zip(first, second, strict=True)))


def scale(count: int) -> list[Shade]:
    """So many colours of a surface, from low to high."""
    return [mixed(LOW, HIGH, place / max(count - 1, 1)) for place in range(count)]


def _mixed(first: str, second: str, part: float) -> str:
    ends = zip(bytes.fromhex(first[1:]), bytes.fromhex(second[1:]), strict=True)
    return "#" + bytes(round(a + (b - a) * part) for a, b in ends).hex()


class Brush:
    """The colours of a theme, and which of them were used, by whom."""

    def __init__(self, theme: str) -> None:
        self._theme = theme
        self.used: list[Shade] = []
        self._turns: dict[str, int] = {}

    def turn(self, name: str, first: int) -> int:
        """The turn of a curve: the same for its name in all frames, the next for a new one."""
        return self._turns.setdefault(name, max(self._turns.values(), default=first - 1) + 1)

    def __call__(self, shade: Shade) -> str:
        self.used.append(shade)
        return shade.on(self._theme)
