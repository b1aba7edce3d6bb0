"""The colours of a screen can be read on any ground and told apart by any eyes."""

from __future__ import annotations

import numpy as np
import pytest
from rich.color import Color
from rich.style import Style

from gradcli.report.colours import PALETTE, SIXTEEN, meaning

SEEN = {
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216],
                   [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413],
                     [-0.011820, 0.042940, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602],
                   [0.004733, 0.691367, 0.303900]],
}  # fmt: skip
"""Machado, Oliveira and Fernandes 2009, A physiologically-based model for simulation of color
vision deficiency, severity 1: of linear red, green and blue."""


def linear(style):
    """Red, green and blue as light, from 0 to 1."""
    color = Style.parse(style).color or Color.default()
    coded = np.array(color.get_truecolor()) / 255
    return np.where(coded <= 0.04045, coded / 12.92, ((coded + 0.055) / 1.055) ** 2.4)


def lab(light):
    """CIE L*a*b*, white D65."""
    to_xyz = [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750],
              [0.0193339, 0.1191920, 0.9503041]]  # fmt: skip
    xyz = to_xyz @ np.clip(light, 0, 1) / [0.95047, 1, 1.08883]
    x, y, z = np.where(xyz > (6 / 29) ** 3, np.cbrt(xyz), xyz * 841 / 108 + 4 / 29)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@pytest.mark.parametrize("style", PALETTE.values(), ids=PALETTE)
@pytest.mark.parametrize("ground", [0, 1], ids=["dark", "light"])
def test_contrast(style, ground):
    """WCAG 2.1: the contrast of L to a ground is (L + 0.05) / (ground + 0.05), or the reverse."""
    light = float(np.dot([0.2126, 0.7152, 0.0722], linear(style)))
    ratio = (light + 0.05) / (ground + 0.05)
    assert max(ratio, 1 / ratio) >= 4


@pytest.mark.parametrize("eyes", SEEN)
def test_good_and_bad_apart(eyes):
    """A difference of 2.3 is just noticed."""
    good, bad = (lab(SEEN[eyes] @ linear(PALETTE[name])) for name in ("good", "bad"))
    assert np.linalg.norm(good - bad) > 20
    assert Style.parse(PALETTE["bad"]).bold
    assert not Style.parse(PALETTE["good"]).bold


def test_the_palettes_mean_the_same():
    assert SIXTEEN.keys() == PALETTE.keys()
    assert len(set(SIXTEEN.values())) == len(set(PALETTE.values())) == len(PALETTE)


def test_only_a_verdict_or_a_kind_has_a_colour():
    assert meaning("verdict", "ok") == "good"
    assert meaning("node", "ok") == ""
    assert meaning("kind", "param") == "moves"
    assert meaning("value", "nan") == "bad"


def test_sixteen_colours_where_a_terminal_has_no_more(grad_report, shown, monkeypatch):
    assert "38;5;98m" in shown(grad_report, color="always")
    monkeypatch.setenv("TERM", "linux")
    monkeypatch.delenv("COLORTERM", raising=False)
    assert "\x1b[34mvariable" in shown(grad_report, color="always")
