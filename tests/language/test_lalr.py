"""Lark's table is where it is looked for, and holds what runs an LALR(1) parser."""

from __future__ import annotations

from itertools import product

import lark
import pytest

from gradcli.language.lalr import parse_table

GRAMMAR = """
start: pair
pair: A pair B | A B
A: "a"
B: "b"
"""


def accepts(table, symbols):
    """Whether a machine that shifts and reduces by the table, and no more, accepts the symbols."""
    (start,), (end,) = table.start_states.values(), table.end_states.values()
    stack, waiting = [start], [*symbols, "$END"]
    while stack[-1] != end:
        if waiting[0] not in table.states[stack[-1]]:
            return False
        _, target = table.states[stack[-1]][waiting[0]]
        if target in table.states:
            stack.append(target)
            waiting.pop(0)
        else:
            del stack[len(stack) - len(target.expansion) :]
            waiting.insert(0, target.origin.name)
    return waiting == ["$END"]


@pytest.mark.parametrize("length", range(7))
def test_the_table_accepts_the_language_and_nothing_else(length):
    """Of as many a as b, all a first: a language that no regular expression tells."""
    table = parse_table(lark.Lark(GRAMMAR, parser="lalr"))
    for letters in product("AB", repeat=length):
        half = length // 2
        wanted = length > 0 and "".join(letters) == "A" * half + "B" * half
        assert accepts(table, letters) == wanted, letters
