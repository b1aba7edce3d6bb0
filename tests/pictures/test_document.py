"""The frame of a page lets nothing in but what gradcli put there."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from hashlib import sha256

import pytest

from gradcli.pictures.document import document

HOSTILE = "</script><script>alert(1)</script><!-- & \" ' \u2028"


def page(**changes):
    given = {"title": "t", "body": "<p>b</p>", "theme": "auto", "style": "p {}"}
    return document(**{**given, "scripts": ["1;"], "data": {}, **changes})


def test_text_in_title_and_data_stays_text():
    text = page(title=HOSTILE, data={HOSTILE: [HOSTILE]})
    assert text.count("<script") == 2
    assert "<!--" not in text
    data = json.loads(re.search(r'id="data">(.*?)</script>', text, re.DOTALL)[1])
    assert data == {HOSTILE: [HOSTILE]}


def test_the_policy_allows_these_styles_and_scripts_alone():
    text = page(scripts=["let λ = 1;\n", "2;"], body="<svg><style>a {}</style></svg>")
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', text)[1]
    assert policy.startswith("default-src 'none';")
    assert "unsafe" not in policy
    for tag in ("style", "script"):
        contents = re.findall(rf"<{tag}>(.*?)</{tag}>", text, re.DOTALL)
        assert len(contents) == 2
        (allowed,) = re.findall(rf"{tag}-src ([^;]*)", policy)
        digests = [b64encode(sha256(each.encode()).digest()).decode() for each in contents]
        assert allowed == " ".join(f"'sha256-{digest}'" for digest in digests)


@pytest.mark.parametrize(
    ("theme", "schemes"), [("auto", "light dark"), ("light", "light"), ("dark", "dark")]
)
def test_a_theme_is_a_color_scheme(theme, schemes):
    assert f'<meta name="color-scheme" content="{schemes}">' in page(theme=theme)
