"""What went wrong where the parser stopped, said in words, with one suggestion."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from gradcli.errors import LanguageError, Span
from gradcli.language import brackets
from gradcli.language.automaton import END, StoppedError, Token
from gradcli.language.characters import shortened, unknown_character
from gradcli.language.foreign import dotted
from gradcli.language.neighbours import comma_hint, number_slip, spelled, two_values

if TYPE_CHECKING:
    from gradcli.language.layout import Layout

# A pattern, what is wrong and the suggestion, where {m} is the match, {p} the operand before it
# and {1} and {2} are groups. The first entry that matches wins.
_Table = list[tuple[str, str, str]]

_WHERE_AN_OPERATOR_BELONGS: _Table = [
    (r"\.([^\W\d]\w*)\(", "only .T follows a dot", "write {1}({p})"),
    (r"\.(?![.\d])\w*", "only .T follows a dot", "write {p}.T for the transpose"),
    (r"\?", "'?' is no operator", "write where(condition, a, b)"),
    (r"!(?!=)", "'!' is no operator", "write gamma({p} + 1) for a factorial"),
    (r"%", "'%' is no operator", "write mod(a, b)"),
    (r"&&?", "'{m}' is no operator", "multiply comparisons: (a < b) * (b < c)"),
    (r"\|\|?", "'{m}' is no operator", "write max(a, b) for 'or'"),
    (r":=", "':=' is not read", "write ="),
]

_WHERE_A_VALUE_BELONGS: _Table = [
    (r"//|/\*", "'{m}' begins no comment", "write # before a comment"),
    (r"\|([^|\n]+)\|", "'|' is no bracket", "write abs({1})"),
    (r"\|", "'|' is no bracket", "write abs(x)"),
    (r"!(?!=)", "'!' is no operator", "write 1 - x for 'not x'"),
    (r"&", "'&' is no operator", "multiply comparisons: (a < b) * (b < c)"),
    (r"%", "'%' is no operator", "write mod(a, b)"),
    (r"\.(?!\.)", "a dot needs a digit beside it", "write 0.5 or .5 for a number"),
]

_ANYWHERE: _Table = [
    (r"[{}]", "'{m}' is no bracket here", "write ( ) to group, [ ] for a vector"),
    (r"\\\n", "a line does not go on after a backslash", "put the expression in brackets"),
    (
        r"\\[dt]?frac\s*\{([^{}\n]+)\}\s*\{([^{}\n]+)\}",
        "'{m}' is not read",
        "write ({1})/({2}) for a fraction",
    ),
    (r"\\[dt]?frac\b", "'{m}' is not read", "write (a)/(b) for a fraction"),
    (r"\\sqrt\s*\{([^{}\n]+)\}", "'{m}' is not read", "write sqrt({1})"),
    (r"\\(?:cdot|times)\b", "'{m}' is not read", "write * for a product"),
    (r"\\(?:left|right)\b", "'{m}' is not read", "remove it"),
    (r"\\\w+", "'{m}' is not read", "write the name without the backslash"),
    (r"\\", "a backslash is not read", "remove it"),
]

# These begin with the token before.
_PAIRS: _Table = [
    (
        r"(?:\*\*|[-+*/@^])=(?!=)",
        "'{m}' is not read",
        "give the new value a name of its own: x2 = x + 1",
    ),
    (r"//", "'//' is not read", "write floor(a / b)"),
    (r"\^\^+", "'{m}' is not read", "write ^ for a power"),
    (r"->", "'->' is not read", "write f(x) = x^2 for a function"),
    (r"=>", "'=>' is not read", "write >= to compare"),
    (r"=<", "'=<' is not read", "write <= to compare"),
    (r"<>", "'<>' is not read", "write != to compare"),
    (r"[=!]==", "'{m}' is not read", "write == or != to compare"),
]


class _Place(NamedTuple):
    """Where the parser stopped: what it found, and what it would have taken."""

    text: str
    kind: str
    span: Span
    first: Token | None
    previous: Token | None
    opener: Token | None
    expected: frozenset[str]

    @property
    def found(self) -> str:
        """What was found, as a message says it."""
        if self.kind == END:
            return "the end"
        if self.kind == "_SEPARATOR":
            return "the end of the statement"
        return f"'{shortened(self.text[slice(*self.span)])}'"

    @property
    def after(self) -> str:
        return "" if self.previous is None else f" after '{shortened(self.previous.value)}'"

    @property
    def declares(self) -> bool:
        """Whether this is in a data statement, or before the value of a param or const."""
        if self.previous is None or self.first is None:
            return False
        if self.first.type == "DATA":
            return True
        return self.first.type in ("PARAM", "CONST") and self.expected in ({"NAME"}, {"EQUALS"})


def diagnose(text: str, origin: str, layout: Layout, error: StoppedError) -> LanguageError:
    """The error to report where the parser stopped with `error`."""
    place = _place(text, layout, error)
    if place.previous is None and place.kind == END:
        what = f"the program in {origin} is empty" if origin else "the program is empty"
        return LanguageError(what, hint='write an expression, such as "(a+b)*(b+1)"')
    if place.opener is not None and _stays_open(place, place.opener):
        return brackets.unclosed(place.opener)
    wants_value = place.previous is None or "NUMBER" in place.expected
    known = None
    if not place.declares:
        known = _known(place, wants_value)
    known = known or _look_up(_ANYWHERE, place, place.span[0])
    if known is not None:
        return known
    if text[place.span[0] : place.span[0] + 1] in ("'", '"') and place.kind != END:
        return _quoted(place)
    if place.kind == "character":
        return unknown_character(text, place.span[0], place.span[0])
    if place.declares:
        return _declaration(place)
    if place.first is not None and place.first.type == "PARAM" and text[slice(*place.span)] == "in":
        what = "bounds have a lower and an upper end, with a colon between"
        return LanguageError(what, hint="write in 0:10, or in 0: for one end", span=place.span)
    return _no_value(place) if wants_value else _no_operator(place)


def _place(text: str, layout: Layout, error: StoppedError) -> _Place:
    first, previous = layout.first, layout.last
    stop = brackets.span(previous)[1] if previous is not None else 0
    opener = layout.open[-1] if layout.open else None
    token = error.token
    if token is not None:
        kind = token.type
        span = brackets.span(token)
        if kind == END or token.value.startswith("\n"):
            # Right after the last token, not after the comment that may follow it.
            span = (stop, stop)
        return _Place(text, kind, span, first, previous, opener, error.expected)
    start = error.position
    between = text[stop:start]
    if opener is None and ("\n" in between or ";" in between):
        previous = None
    return _Place(text, "character", (start, start + 1), first, previous, opener, error.expected)


def _stays_open(place: _Place, opener: Token) -> bool:
    """Whether the bracket is what went wrong: it is never closed, and its line was read well."""
    if place.kind == END:
        return True
    same_line = place.text.find("\n", brackets.span(opener)[0], place.span[0]) < 0
    return not same_line and not brackets.closes(place.text, place.span[0])


def _known(place: _Place, wants_value: bool) -> LanguageError | None:
    """A slip that the tables know, with the token before it or by itself."""
    if not wants_value:
        previous, start = place.previous, place.span[0]
        slip = number_slip(place.text, previous, start)
        if previous and previous.type == "NAME" and place.text.startswith(".", previous.end_pos):
            slip = dotted(place.text, *brackets.span(previous))
        return slip or _look_up(_WHERE_AN_OPERATOR_BELONGS, place, start)
    known = _look_up(_WHERE_A_VALUE_BELONGS, place, place.span[0])
    if known is None and place.previous is not None:
        known = _look_up(_PAIRS, place, brackets.span(place.previous)[0])
    return known


def _look_up(table: _Table, place: _Place, start: int) -> LanguageError | None:
    for pattern, what, hint in table:
        match = re.compile(pattern).match(place.text, start)
        if match is not None and match.end() > place.span[0]:
            groups = [shortened(group.strip()) for group in match.groups()]
            said = {"m": shortened(match[0]), "p": spelled(place.previous)}
            what, hint = (said_of.format("", *groups, **said) for said_of in (what, hint))
            return LanguageError(what, hint=hint, span=match.span())
    return None


def _quoted(place: _Place) -> LanguageError:
    """Quotes where none are read: a prime, or text as another language has it."""
    text, start, previous = place.text, place.span[0], place.previous
    touches = previous is not None and brackets.span(previous)[1] == start
    after_a_value = not place.declares and "NUMBER" not in place.expected
    if text[start] == "'" and touches and after_a_value and spelled(previous) not in "fFrRbBuU":
        hint = f"write {spelled(previous)}.T for the transpose"
        return LanguageError("a prime is no operator", hint=hint, span=(start, start + 1))
    if place.kind == "character":
        stop = re.compile(".*").match(text, start).end()  # type: ignore[union-attr]
        hint = f"add a {text[start]} where the text in quotes ends"
        return LanguageError("this quote is never closed", hint=hint, span=(start, stop))
    if place.declares:
        return _declaration(place)
    hint = 'quotes hold a header, as in data y = "sepal length"'
    return LanguageError("a text in quotes is no value", hint=hint, span=place.span)


def _declaration(place: _Place) -> LanguageError:
    """A param, const or data statement that breaks off before its value or its columns."""
    expected, kind = place.expected, place.kind
    assert place.first is not None
    keyword, name = place.first.value, spelled(place.previous)
    if "EQUALS" in expected:
        wanted, hint = f"'='{place.after}", f"write {keyword} {name} = 1"
        if keyword == "data":
            hint = f"write data {name} = and the columns"
            if name == "from":
                hint = 'write data from "file.csv", with the quotes'
        elif kind == "_COMMA":
            hint = "declare each name in a statement of its own"
        elif kind == "OPEN":
            hint = f"write a function without {keyword}: {name}(x) = x^2"
    elif "STRING" in expected:
        wanted, hint = f"a column{place.after}", "name a column, as in data X = a, b .. d"
        if kind == "NUMBER":
            found = place.text[slice(*place.span)]
            hint = f'a header that is no name goes in quotes: "{shortened(found)}"'
    elif "NAME" in expected:
        wanted, hint = f"a name{place.after}", "write a name there"
    elif place.previous is not None and place.previous.type == "MULTIPLY":
        wanted, hint = "the end of the statement", "remove it: '*' takes every numeric column"
    elif "RANGE" in expected or "_COMMA" in expected:
        wanted = "',' or the end of the statement"
        hint = "a data statement only names columns; compute with them in the next one"
    else:
        wanted, hint = "the end of the statement", "begin a new line, or write ';' before it"
    return LanguageError(f"expected {wanted}, not {place.found}", hint=hint, span=place.span)


def _no_value(place: _Place) -> LanguageError:
    """Something that is no value, where one was expected."""
    previous, after = place.previous, place.after
    what = f"expected a value{after}, not {place.found}"
    hint = f"write a value{after}"
    if place.kind == "EQUALS":
        what = what if previous is not None else "expected a name before '='"
        hint = "write x = 3 to give a name, x == 3 to compare"
    elif place.kind in ("CLOSE", "CLOSE_LIST") and previous and previous is place.opener:
        what = f"expected a value between '{previous.value}' and {place.found}"
        hint = "write a value there"
    elif place.kind in ("PARAM", "CONST", "DATA"):
        hint = "write the declaration as a statement of its own"
    elif place.kind == "COLON":
        hint = "a ':' stands only in an index: x[1:3]"
    elif previous is None:
        hint = f"write a value before {place.found}, or remove it"
    elif place.kind not in (END, "_SEPARATOR"):
        hint = f"write a value between '{shortened(previous.value)}' and {place.found}"
    return LanguageError(what, hint=hint, span=place.span)


def _no_operator(place: _Place) -> LanguageError:
    """Something that does not go on, where a value is complete."""
    opener = place.opener
    if place.kind not in ("EQUALS", "_COMMA", "COLON", "RANGE"):
        return two_values(place.text, place.previous, place.span, opener.value if opener else "")
    wanted, applied = "an operator or the end of the statement", False
    if opener is not None:
        start = brackets.span(opener)[0]
        # A call or an index, not a group or a list.
        applied = re.search(r"[\w)\]²³][ \t]*$", place.text[max(0, start - 40) : start]) is not None
        comma = ", ','" if applied or opener.value == "[" else ""
        wanted = f"an operator{comma} or '{brackets.CLOSER[opener.value]}'"
    if place.kind == "EQUALS":
        hint = "write == to compare"
    elif place.kind == "_COMMA":
        hint = comma_hint(place.text, place.previous)
    elif place.kind == "RANGE":
        hint = "'..' stands only in a data statement; a slice is written x[1:3]"
    elif applied and opener is not None and opener.value == "[":
        hint = "a slice has at most three parts: start:stop:step"
    else:
        hint = "a ':' stands only in an index: x[1:3]"
    return LanguageError(f"expected {wanted}, not {place.found}", hint=hint, span=place.span)
