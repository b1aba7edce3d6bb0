"""What colour says on a screen: good, bad, doubtful, what moves. A word always says it too.

Of the 256 colours these are readable on black and on white, with a contrast of 4 to both, and good
(blue) stands apart from bad (a red in bold) in every kind of colour-blindness. Where a terminal
has 16 colours, its user has chosen how they look.
"""

from __future__ import annotations

PALETTE = {
    "good": "color(31)",
    "bad": "bold color(161)",
    "doubt": "color(130)",
    "moves": "color(98)",
}
SIXTEEN = {"good": "cyan", "bad": "bold red", "doubt": "magenta", "moves": "blue"}

_BY_COLUMN = {
    "kind": {
        **dict.fromkeys(("variable", "param"), "moves"),
        **dict.fromkeys(("const", "data", "literal"), "dim"),
    },
    "verdict": {
        **dict.fromkeys(("ok", "converged", "works"), "good"),
        **dict.fromkeys(("wrong", "diverged"), "bad"),
        **dict.fromkeys(("kink", "noise", "crawls", "not converged"), "doubt"),
    },
    "passed": {"true": "good", "false": "bad"},
    "converged": {"true": "good", "false": "bad"},
}
"""Of columns, and of entries of the summary."""


def meaning(column: str, text: str) -> str:
    """The style of what a column says; "" for a plain one."""
    if text in ("nan", "inf", "-inf"):
        return "bad"
    return _BY_COLUMN.get(column, {}).get(text, "")
