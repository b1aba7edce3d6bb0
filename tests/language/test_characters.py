"""Which characters make a name, and how the others are called."""

from __future__ import annotations

import pytest

from gradcli.errors import LanguageError
from gradcli.language import parse
from gradcli.language.characters import described, shortened


@pytest.mark.parametrize(
    "name",
    [
        "x", "_", "_1", "w_1", "X2", "θ", "Δx", "x₁", "x₁₂", "aₙ", "\u0177", "y\u0302", "x̄₁",
        "ß", "µ", "а", "ο", "ﬁ", "переменная", "変数", "משתנה", "हिन्दी", "ไทย", "한국어",
        "𝑥", "ℝ", "ℓ", "None", "lambda", "np", "__import__", "e", "i", "T", "from", "data",
        "param", "a" * 10_000,
    ],
)  # fmt: skip
def test_names(name):
    program = parse(f"{name} * 2")
    assert program.kinds == ["name", "number", "operator"]
    assert program.arguments[0] == name


def test_names_are_compared_as_typed():
    composed, decomposed, ligature = "\u00e9", "e\u0301", "\ufb01"
    program = parse(f"{composed} = 1; {decomposed} = 2; {ligature} = 3; fi = 4; a = 5; \u0430 = 6")
    names = [statement.name for statement in program.statements]
    assert names == [composed, decomposed, ligature, "fi", "a", "\u0430"]


@pytest.mark.parametrize("code", [*range(0x2000, 0x2070), *range(0xFE00, 0xFE10), 0xFEFF, 0xE0001])
@pytest.mark.parametrize("place", [" {}", "x{}", "x{}y", "x {}+ 1", "f(x{}=1)", "param x{} = 1"])
def test_punctuation_and_what_cannot_be_seen_is_refused_where_it_stands(code, place):
    text = place.format(chr(code))
    with pytest.raises(LanguageError) as caught:
        parse(text)
    assert caught.value.span == (text.index(chr(code)), text.index(chr(code)) + 1)
    assert f"U+{code:04X}" in caught.value.what


@pytest.mark.parametrize(
    ("character", "words"),
    [
        ("½", "'½' (U+00BD VULGAR FRACTION ONE HALF)"),
        ("\u200b", "U+200B ZERO WIDTH SPACE"),
        ("\u0301", "U+0301 COMBINING ACUTE ACCENT"),
        ("\x00", "U+0000 CONTROL CHARACTER"),
        ("\x9b", "U+009B CONTROL CHARACTER"),
        ("\U000e0001", "U+E0001 LANGUAGE TAG"),
        ("\ud800", "U+D800 HALF A CHARACTER"),
        ("\udcff", "U+DCFF NOT UTF-8"),
    ],
)
def test_characters_are_called_by_code_point_and_name(character, words):
    assert described(character) == words


def test_long_texts_are_shortened():
    assert shortened("a" * 40) == "a" * 40
    assert shortened("a" * 41) == "a" * 39 + "…"
