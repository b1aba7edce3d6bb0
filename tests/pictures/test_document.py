"""The frame of a page lets nothing in but what gradcli put there."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from hashlib import sha256

import numpy as np
import pytest

from gradcli.pictures.document import document

HOSTILE = "</script><script>alert(1)</script><!-- & \" ' \u2028 \ud800 \x1b"


def page(**changes):
    given = {"title": "t", "body": "<p>b</p>", "style": "p {}", "script": "1;", "data": {}}
    return document(**{**given, **changes})


def data_of(text):
    return json.loads(re.search(r'id="data">(.*?)</script>', text, re.S)[1])


def test_text_in_title_and_data_stays_text():
    text = page(title=HOSTILE, data={HOSTILE: [HOSTILE]})
    text.encode()
    assert text.count("<script") == 2
    assert "<!--" not in text
    assert "\x1b" not in text
    assert data_of(text) == {HOSTILE: [HOSTILE]}


def test_numbers_read_back_and_not_finite_ones_are_words():
    values = np.array([0.1, np.nan, np.inf, -np.inf])
    data = data_of(page(data={"y": values, "NaN": "Infinity, NaN"}))
    assert data == {"y": [0.1, "NaN", "Infinity", "-Infinity"], "NaN": "Infinity, NaN"}


def test_the_policy_allows_this_style_and_this_script_alone():
    text = page(script="let λ = 1;\n")
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', text)[1]
    assert policy.startswith("default-src 'none';")
    assert "unsafe" not in policy
    for tag in ("style", "script"):
        (content,) = re.findall(rf"<{tag}>(.*?)</{tag}>", text, re.S)
        digest = b64encode(sha256(content.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy


@pytest.mark.parametrize(
    ("theme", "schemes"), [("auto", "light dark"), ("light", "light"), ("dark", "dark")]
)
def test_a_theme_is_a_color_scheme(theme, schemes):
    assert f"color-scheme: {schemes};" in page(theme=theme)
