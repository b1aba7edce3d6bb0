"""The colours of pictures on a light and on a dark ground."""

from __future__ import annotations

from typing import NamedTuple


class Theme(NamedTuple):
    """Colours as #rrggbb: of the ground, of edges, of each role of a text, and of each kind of
    node the fill and the outline."""

    ground: str
    edge: str
    text: dict[str, str]
    fill: dict[str, str]
    outline: dict[str, str]


def _theme(ground: str, edge: str, text: str, kinds: str) -> Theme:
    names = ["name", "formula", "value", "grad", "local", "flow", "note"]
    rows = [row.split() for row in kinds.strip().splitlines()]
    return Theme(
        ground,
        edge,
        dict(zip(names, text.split(), strict=True)),
        {kind: fill for kind, fill, _ in rows},
        {kind: outline for kind, _, outline in rows},
    )


LIGHT = _theme(
    "#ffffff",
    "#6b7280",
    "#111827 #374151 #111827 #b42318 #374151 #b42318 #4b5563",
    """
    variable  #dbeafe #1d4ed8
    param     #dcfce7 #15803d
    const     #fef3c7 #92610a
    data      #ede9fe #6d28d9
    literal   #f3f4f6 #6b7280
    operation #ffffff #374151
    output    #ffe4de #b42318
    folded    #f3f4f6 #374151
    """,
)

DARK = _theme(
    "#14171c",
    "#9aa4b2",
    "#f3f4f6 #d1d5db #f3f4f6 #ffa08f #d1d5db #ffa08f #b6bec9",
    """
    variable  #1b2f55 #7db0ff
    param     #173a26 #6ee7a0
    const     #40330f #f0c65a
    data      #33235a #bfa5ff
    literal   #262b33 #9aa4b2
    operation #1d2127 #d1d5db
    output    #4a1f1a #ffa08f
    folded    #262b33 #d1d5db
    """,
)
