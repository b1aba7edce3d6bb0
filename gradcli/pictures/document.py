"""The frame of a page: one file of HTML that needs no network and runs no script but its own."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from hashlib import sha256
from html import escape
from importlib.resources import files
from typing import Any

from gradcli.errors import visible

_SCHEMES = {"auto": "light dark", "light": "light", "dark": "dark"}
_STRING_OR_NON_FINITE = r'"(?:[^"\\]|\\.)*"|NaN|-?Infinity'


def document(title: str, body: str, style: str, script: str, data: Any, theme: str = "auto") -> str:
    """A whole page of `body`, which is HTML; `title` is text of anyone's.

    `style` follows the common one of `document.css`, whose colours are variables that are right on
    a light ground and on a dark one. `script` runs after the body and finds `data` as the JSON of
    the element #data; in it a number that is not finite is a string, which `Number` reads.

    A browser that sees the page runs this script, follows this style and loads nothing else. So
    the body may hold neither a <style> element nor a style attribute.
    """
    style = f":root {{ color-scheme: {_SCHEMES[theme]}; }}\n{resource('document.css')}{style}"
    policy = (
        f"default-src 'none'; style-src {_hashed(style)}; script-src {_hashed(script)}; "
        "base-uri 'none'; form-action 'none'"
    )
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{shown(title)}</title>
<style>{style}</style>
</head>
<body>
{body}
<script type="application/json" id="data">{_json(data)}</script>
<script>{script}</script>
</body>
</html>
"""


def shown(text: str) -> str:
    """Text of anyone's for the body of a page or the value of an attribute."""
    return escape(visible(text))


def resource(name: str) -> str:
    """The text of a file that lies beside this module."""
    return files("gradcli.pictures").joinpath(name).read_text("utf-8")


def _hashed(text: str) -> str:
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"


def _json(data: Any) -> str:
    """JSON for a script element: nothing in it ends the element or begins a comment."""
    text = json.dumps(data, separators=(",", ":"), default=lambda array: array.tolist())
    text = re.sub(_STRING_OR_NON_FINITE, lambda m: m[0] if m[0][0] == '"' else f'"{m[0]}"', text)
    return re.sub("[<>&]", lambda match: f"\\u{ord(match[0]):04x}", text)
