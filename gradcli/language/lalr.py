"""The grammar as tables of plain data, made by Lark once and kept between runs.

To load Lark takes as long as two starts of Python, so only the making of the tables does that;
`automaton` runs them.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple

from gradcli.language import cache

if TYPE_CHECKING:
    from lark import Lark

FORMAT = 1
"""Of the tables that are kept: another number where what they hold means something else."""

State = dict[str, int]
"""What to do at a symbol: go to a state, or reduce by rule ~number where that is below 0."""


class Rule(NamedTuple):
    """How the values of `length` symbols, one or more, become that of the symbol `origin`.

    `kept` are the places of those that count. Those in `spread` are lists, of rules that stand for
    a repetition; `name` is empty for such a rule. With `single`, one value stands for itself.
    """

    origin: str
    length: int
    name: str
    single: bool
    kept: tuple[int, ...]
    spread: tuple[int, ...]


class Tables(NamedTuple):
    """A lexer and an LALR(1) parser.

    `pattern` has a group for each terminal; `ignored` are those that the parser never sees. The
    parse begins in the state `start` and is complete in the state `end`.
    """

    pattern: str
    ignored: list[str]
    states: list[State]
    rules: list[Rule]
    start: int
    end: int


def tables() -> Tables:
    """The tables of the grammar in this package."""
    (folder,) = import_module("gradcli.grammar").__path__
    with open(f"{folder}/gradcli.lark", encoding="utf-8") as file:
        grammar = file.read()
    key = f"{FORMAT}\0{sys.version}\0{grammar}"
    name = f"grammar-{cache.checksum(key.encode()).hex()}"
    kept = cache.read(name)
    if not isinstance(kept, tuple) or kept[:1] != (key,):
        made = _made(grammar)
        kept = (key, *made[:3], [tuple(rule) for rule in made.rules], *made[4:])
        cache.write(name, kept)
    _, pattern, ignored, states, rules, start, end = kept
    return Tables(pattern, ignored, states, [Rule(*rule) for rule in rules], start, end)


def _made(grammar: str) -> Tables:
    """What Lark makes of the grammar."""
    parser = lark_parser(grammar)
    table = parse_table(parser)
    numbers = {state: number for number, state in enumerate(table.states)}
    rules: dict[Any, int] = {}
    states: list[State] = []
    for actions in table.states.values():
        state: State = {}
        for symbol, (_, target) in actions.items():
            shift = target in numbers
            state[str(symbol)] = numbers[target] if shift else ~rules.setdefault(target, len(rules))
        states.append(state)
    (start,), (end,) = table.start_states.values(), table.end_states.values()
    pattern, ignored = _lexer(parser)
    return Tables(pattern, ignored, states, [_rule(r) for r in rules], numbers[start], numbers[end])


def lark_parser(grammar: str, **options: Any) -> Lark:
    """Lark's own parser of the grammar."""
    import lark

    options = {"postlex": _AnyLayout(), **options}
    return lark.Lark(grammar, parser="lalr", lexer="basic", maybe_placeholders=False, **options)


def parse_table(parser: Lark) -> Any:
    """Lark's LALR(1) table: `states` with their actions, `start_states` and `end_states`.

    Lark has no public name for it; every 1.x keeps it there.
    """
    parsing: Any = parser.parser
    return parsing.parser._parse_table


class _AnyLayout:
    """Stands for the layout filter, so that Lark takes what only that uses as used."""

    always_accept = ("NEWLINE", "SEMICOLON")

    def process(self, stream: Any) -> Any:
        """The tokens as they are."""
        return stream


def _lexer(parser: Lark) -> tuple[str, list[str]]:
    lexer: Any = parser.parser.lexer
    groups = [f"(?P<{t.name}>{t.pattern.to_regexp()})" for t in lexer.lexer.terminals]
    return "|".join(map(str, groups)), sorted(map(str, lexer.lexer.ignore_types))


def _rule(rule: Any) -> Rule:
    expansion = rule.expansion
    kept = [i for i, symbol in enumerate(expansion) if not (symbol.is_term and symbol.filter_out)]
    spread = [i for i in kept if _repeats(expansion[i])]
    name = "" if _repeats(rule.origin) else str(rule.alias or rule.origin.name)
    single = bool(rule.options.expand1 and not rule.alias)
    return Rule(str(rule.origin.name), len(expansion), name, single, tuple(kept), tuple(spread))


def _repeats(symbol: Any) -> bool:
    return not symbol.is_term and symbol.name.startswith("_")
