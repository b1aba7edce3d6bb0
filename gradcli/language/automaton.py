"""Runs the tables of the grammar: text → tokens → calls, in the order in which they are made.

Half of the time of a long parse, and a fifth of a short run, was Lark's; this does nothing but
what these tables need.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import Any

from gradcli.language.lalr import Rule, Tables

END = "$END"
_UNKNOWN = "UNKNOWN"


class Token:
    """A piece of the text from `start_pos` to `end_pos`, as a terminal of the grammar."""

    __slots__ = ("end_pos", "start_pos", "type", "value")

    def __init__(self, type: str, value: str, start_pos: int, end_pos: int) -> None:
        self.type, self.value, self.start_pos, self.end_pos = type, value, start_pos, end_pos


class StoppedError(Exception):
    """The text goes on as the grammar does not: `token` is not among what is `expected`.

    The token is None for a character that begins none, at `position`.
    """

    expected: frozenset[str] = frozenset()

    def __init__(self, token: Token | None, position: int) -> None:
        self.token, self.position = token, position


class Automaton:
    """A lexer and a parser.

    At each rule the method of `callbacks` that has its name is called with the values of its
    symbols; what that returns is the value of the rule. The value of a terminal is its token.
    """

    def __init__(self, tables: Tables, callbacks: object) -> None:
        self._pattern = re.compile(rf"{tables.pattern}|(?P<{_UNKNOWN}>[\s\S])")
        self._ignored = frozenset(tables.ignored)
        self._states, self._start, self._end = tables.states, tables.start, tables.end
        self._rules = [_bound(rule, callbacks) for rule in tables.rules]

    def tokens(self, text: str) -> Iterator[Token]:
        """The tokens of the text; ends with a StoppedError at a character that begins none."""
        ignored = self._ignored
        for match in self._pattern.finditer(text):
            kind: Any = match.lastgroup
            if kind not in ignored:
                start, stop = match.span()
                if kind == _UNKNOWN:
                    raise StoppedError(None, start)
                yield Token(kind, match.group(), start, stop)

    def run(self, tokens: Iterable[Token]) -> None:
        """Parses; raises StoppedError where no rule goes on."""
        states, rules, end = self._states, self._rules, self._end
        state = self._start
        stack: list[int] = []
        values: list[Any] = []
        try:
            for token in chain(tokens, [Token(END, "", 0, 0)]):
                kind = token.type
                while (action := states[state].get(kind)) is None or action < 0:
                    if action is None:
                        raise StoppedError(token, token.start_pos)
                    origin, length, value_of = rules[~action]
                    if value_of is not None:
                        value = value_of(values[-length:])
                        del values[-length:]
                        values.append(value)
                    if length > 1:
                        del stack[1 - length :]
                    state = states[stack[-1]][origin]
                    if state == end and kind == END:
                        return
                stack.append(state)
                state = action
                values.append(token)
        except StoppedError as error:
            error.expected = frozenset(states[state])
            raise


_Bound = tuple[str, int, Callable[[list[Any]], Any] | None]


def _bound(rule: Rule, callbacks: object) -> _Bound:
    """The rule's origin, its length, and what makes its value; None where that stays the same."""
    origin, length, name, single, kept, spread = rule
    if single and length == 1:
        return origin, length, None
    call = getattr(callbacks, name) if name else _itself
    if kept == tuple(range(length)) and not spread:
        return origin, length, call

    def with_some(children: list[Any]) -> Any:
        some: list[Any] = []
        for place in kept:
            if place not in spread:
                some.append(children[place])
            elif some:
                some += children[place]
            else:
                some = children[place]  # its own list, which is nobody else's
        return some[0] if single and len(some) == 1 else call(some)

    return origin, length, with_some


def _itself(children: list[Any]) -> list[Any]:
    return children
