"""A page as one file that needs nothing else: its policy lets nothing run but what it brings."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Mapping, Sequence
from hashlib import sha256
from html import escape
from importlib.resources import files
from typing import Any

_STYLE = re.compile("<style>(.*?)</style>", re.DOTALL)
_SAFE = {ord(c): f"\\u{ord(c):04x}" for c in "<>&\u2028\u2029"}
_GAP = re.compile(r"\{\{(\w+)\}\}")


def document(
    title: str, body: str, theme: str, style: str, scripts: Sequence[str], data: Mapping[str, Any]
) -> str:
    """A page with a body of trusted HTML, and `data` as JSON in the element of that id.

    A strict policy names the styles and scripts by their hashes; there is nothing else to load.
    """
    style = own("document.css") + style
    styles = [style, *_STYLE.findall(body)]
    policy = "; ".join(
        (
            "default-src 'none'",
            f"style-src {_hashes(styles)}",
            f"script-src {_hashes(scripts)}",
            "base-uri 'none'",
            "form-action 'none'",
        )
    )
    parts = [
        f'<!DOCTYPE html>\n<html lang="en" data-theme="{theme}">\n<head>\n<meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f'<meta name="color-scheme" content="{"light dark" if theme == "auto" else theme}">',
        f"<title>{escape(title)}</title>",
        f"<style>{style}</style>\n</head>\n<body>",
        body,
        f'<script type="application/json" id="data">{embedded(data)}</script>',
        *(f"<script>{script}</script>" for script in scripts),
        "</body>\n</html>\n",
    ]
    return "\n".join(parts)


def own(name: str) -> str:
    """A file of this room."""
    return files("gradcli.pictures").joinpath(name).read_text("utf-8")


def embedded(data: Any) -> str:
    """JSON that can stand in a script element, whatever its texts say."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.translate(_SAFE)


def filled(template: str, parts: Mapping[str, str]) -> str:
    """A template with a part of HTML in the place of each {{name}}."""
    return _GAP.sub(lambda match: parts[match[1]], template)


def _hashes(texts: Sequence[str]) -> str:
    digests = (b64encode(sha256(text.encode()).digest()).decode() for text in texts)
    return " ".join(f"'sha256-{digest}'" for digest in digests)
