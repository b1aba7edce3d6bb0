"""Two values side by side: a number with a slip in it, a product or a call without its sign."""

from __future__ import annotations

import re

from gradcli.errors import LanguageError, Span
from gradcli.language.automaton import Token
from gradcli.language.characters import LONGEST, shortened

# Functions that are often written without brackets.
_BARE = r"(?:a?(?:sin|cos|tan)h?|exp|log|ln|sqrt|abs|sigmoid|relu|softmax|sum|mean)"

_INVERTED = re.compile(r"\b((?:sin|cos|tan)h?)(?:\^|\*\*)(?:-1|\(-1\))$")

_RAISED = re.compile(rf"\b({_BARE})(\^[0-9]+|\*\*[0-9]+|[²³])$")

# Words of other languages, and how to say the same here.
_WORDS = {
    "if": "write where(condition, a, b)",
    "else": "write where(condition, a, b)",
    "and": "multiply comparisons: (a < b) * (b < c)",
    "or": "write max(a, b)",
    "not": "write 1 - x",
    "for": "work on the whole vector, as in sum(x^2)",
    "import": "every function is built in; remove the line",
    "def": "write f(x) = x^2",
    "function": "write f(x) = x^2",
    "lambda": "write f(x) = x^2",
    "let": "write x = 1",
    "var": "write x = 1",
    "return": "write the expression alone",
    "print": "write the expression alone",
    "parameter": "write param x = 1",
    "Param": "write param x = 1",
    "constant": "write const x = 1",
    "Const": "write const x = 1",
    "Σ": "write sum(x)",
    "Π": "write prod(x)",
}


def spelled(token: Token | None) -> str:
    """The text of a name or number, to be quoted in a suggestion; x for anything longer."""
    if token is None or token.type not in ("NAME", "NUMBER"):
        return "x"
    return shortened(token.value)


def number_slip(text: str, left: Token | None, start: int) -> LanguageError | None:
    """The error for a number that goes on at `start` as numbers do not, if `left` is one."""
    if left is None or left.type != "NUMBER" or left.end_pos != start:
        return None
    found = re.compile(r"[\w.]+").match(text, left.start_pos or 0)
    if found is None or found.end() <= start:
        return None
    word = found[0]
    shown = shortened(word)
    if len(word) < LONGEST and re.fullmatch(r"0([xX][0-9a-fA-F]+|[bB][01]+|[oO][0-7]+)", word):
        what, hint = f"'{shown}' is not read: numbers are decimal", f"write {int(word, 0)}"
    elif re.fullmatch(r"[0-9._]+[ij]", word):
        what = f"'{shown}' is not read: there are no complex numbers"
        hint = f"write {shortened(word[:-1])}*{word[-1]} for a product"
    elif re.fullmatch(r"[0-9._]+\.T", word):
        what, hint = "what .T transposes is a bare number", "write brackets around it: (x^2).T"
    elif not re.fullmatch(r"[0-9._]+([eE][0-9._]*)?", word):
        return None
    elif re.search(r"__|_$|_[.eE]|[.eE]_", word):
        what = f"'{shown}' is no number: '_' stands between two digits"
        cleaned = re.sub(r"(?<![0-9])_|_(?![0-9])", "", re.sub(r"_+", "_", word))
        hint = f"write {shortened(cleaned)}"
    elif word.count(".") > 1:
        what = f"'{shown}' is no number: it has {word.count('.')} decimal points"
        whole, *rest = word.split(".")
        hint = f"write {shortened(whole + '.' + ''.join(rest))}"
    elif word[-1] in "eE":
        what, hint = f"'{shown}' is no number: its exponent has no digits", f"write {shown}0"
    else:
        what = f"'{shown}' is no number: its exponent has a decimal point"
        hint = "write 10^5.5 for such a power"
    return LanguageError(what, hint=hint, span=found.span())


_COMMAS = re.compile(r"[0-9]+(?:,[0-9]+)+(?![\w.,])")
_THOUSANDS = re.compile(r"[1-9][0-9]{0,2}(?:,[0-9]{3})+")


def comma_hint(text: str, left: Token | None) -> str:
    """What to write for a comma after `left`: a decimal point, nothing, or a vector's brackets."""
    found = None
    if left is not None and left.type == "NUMBER":
        found = _COMMAS.match(text, left.start_pos or 0)
    if found is None or len(found[0]) > LONGEST:
        return "write a vector in square brackets: [a, b]"
    parts = found[0].split(",")
    vector = f"[{', '.join(str(int(part)) for part in parts)}]"
    if _THOUSANDS.fullmatch(found[0]):
        return f"write {''.join(parts)}, or {vector} for a vector"
    if len(parts) == 2:
        return f"write {'.'.join(parts)}, or {vector} for a vector"
    return f"write {vector} for a vector"


def two_values(text: str, left: Token | None, right: Span, opener: str) -> LanguageError:
    """The error for a value right after the value that ends with `left`, inside `opener`."""
    assert left is not None
    begin, (start, stop) = left.start_pos or 0, right
    if text.find("\n", begin, start) < 0:
        right = begin, stop
    found = shortened(text[start:stop])
    what = f"expected an operator between '{shortened(left.value)}' and '{found}'"
    return LanguageError(what, hint=_suggestion(text, left, start, stop, opener), span=right)


def _suggestion(text: str, left: Token, start: int, stop: int, opener: str) -> str:
    found = text[start:stop]
    for word in (found, left.value):
        if word in _WORDS:
            return _WORDS[word]
    assigned = re.compile(r"[^\W\d]\w*[ \t]*=(?!=)").match(text, start)
    if found in ("param", "const", "data") or (assigned and not opener):
        return "begin a new line, or write ';' between two statements"
    if re.search(
        r"\bd[ \t]*/[ \t]*d\w+$", text[max(0, (left.end_pos or 0) - LONGEST) : left.end_pos]
    ):
        return "write the formula alone: grad differentiates it"
    inverse = _INVERTED.search(text[max(0, start - LONGEST) : start])
    if inverse is not None and found == "(":
        return f"write a{inverse[1]}(x)"
    sine_squared = _RAISED.search(text[max(0, start - LONGEST) : start])
    if sine_squared is not None and found == "(":
        return f"write {sine_squared[1]}(x){sine_squared[2]}"
    if left.type not in ("NAME", "NUMBER"):
        return "write * between them to multiply"
    before, after = spelled(left), _beginning(text, start, stop)
    if re.fullmatch(_BARE, left.value):
        return f"write {left.value}({after})"
    if opener == "[" or assigned:
        return f"write {before}, {after}"
    return f"write {before}*{after}"


def _beginning(text: str, start: int, stop: int) -> str:
    """The value that begins here, as a suggestion quotes it."""
    found = text[start:stop]
    if found == "(":
        return "(...)"
    if found == "√":
        under = re.compile(r"√[ \t]*([\w.]+)").match(text, start)
        return f"√{shortened(under[1])}" if under else "√(...)"
    if re.compile(r"[ \t]*\(").match(text, stop):
        return f"{shortened(found)}(...)"
    return "..." if re.compile(r"(?![²³])[\w.]").match(text, stop) else shortened(found)
