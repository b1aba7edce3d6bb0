"""What the parser calls as it recognizes each rule of the grammar: mostly one instruction each."""

from __future__ import annotations

from typing import Any

from gradcli.errors import Span
from gradcli.language import definitions
from gradcli.language.automaton import Token
from gradcli.language.brackets import span
from gradcli.language.characters import PRIMES, unprimed
from gradcli.language.program import Call, Column, Program, Statement

_BINARY = {
    "+": "add", "-": "sub", "−": "sub", "*": "mul", "×": "mul", "⊙": "mul", "/": "div", "÷": "div",
    "@": "matmul", "·": "dotted", "⋅": "dotted", "^": "pow", "**": "pow",
    "<": "lt", "<=": "le", "≤": "le", ">": "gt", ">=": "ge", "≥": "ge",
    "==": "eq", "!=": "ne", "≠": "ne",
}  # fmt: skip
_UNARY = {"-": "neg", "−": "neg", "+": "pos", "√": "sqrt"}
_SUPERSCRIPTS = {"²": 2.0, "³": 3.0}

OPERATORS = {
    **_UNARY, **_BINARY, **dict.fromkeys(_SUPERSCRIPTS, "pow"), "·": "matmul", "⋅": "matmul",
    ".T": "transpose", "[]": "index", "σ": "sigmoid", "'": "diff",
}  # fmt: skip
"""What is written without a name, and the name of what it does; · scales where one is a number."""

"""Names that mean no column."""


class Callbacks:
    """A method for each rule of the grammar, which appends to `program` while the text is parsed.

    What the parser keeps of a subexpression is the index of its last instruction.
    """

    def __init__(self) -> None:
        self.reset("", "")

    def reset(self, text: str, origin: str) -> None:
        """Starts a new program."""
        self.program = program = Program(text, origin)
        self.kinds, self.arguments = program.kinds, program.arguments
        self.starts, self.stops = program.starts, program.stops
        self.begin = 0
        self.names = {"π": "pi"}
        self.defined: dict[str, Span] = {}
        self.target_read = definitions.Target("node", "", (0, 0))
        self.header_read: list[Span] = []

    def _emit(self, kind: str, argument: Any, start: int, stop: int) -> int:
        index = len(self.kinds)
        self.kinds.append(kind)
        self.arguments.append(argument)
        self.starts.append(start)
        self.stops.append(stop)
        return index

    def _name(self, token: Token) -> str:
        """The name, one string object for all its uses."""
        return self.names.setdefault(token.value, token.value)

    # Expressions

    def number(self, children: list[Any]) -> int:
        token = children[0]
        return self._emit("number", float(token.value), token.start_pos, token.end_pos)

    def name(self, children: list[Any]) -> int:
        token = children[0]
        return self._emit("name", self._name(token), token.start_pos, token.end_pos)

    def header(self, children: list[Any]) -> int:
        """A column by its header, or a class; never what the program defines."""
        token = children[0]
        text = token.value[1:-1].strip()
        mark = "'" if '"' in text else '"'
        name = f"{mark}{text}{mark}"
        where = span(token)
        self.program.headers.setdefault(name, where)
        return self._emit("name", self.names.setdefault(name, name), *where)

    def binary(self, children: list[Any]) -> int:
        left, operator, right = children
        name = _BINARY[operator.value]
        return self._emit("operator", name, self.starts[left], self.stops[right])

    comparison = binary

    def chained(self, children: list[Any]) -> int:
        left, operator, right = children
        raise definitions.chained(self.program, left, operator.value, right)

    def unary(self, children: list[Any]) -> int:
        operator, operand = children
        name = _UNARY[operator.value]
        return self._emit("operator", name, operator.start_pos, self.stops[operand])

    def transpose(self, children: list[Any]) -> int:
        operand, mark = children
        return self._emit("operator", "transpose", self.starts[operand], mark.end_pos)

    def superscript(self, children: list[Any]) -> int:
        operand, mark = children
        self._emit("number", _SUPERSCRIPTS[mark.value], mark.start_pos, mark.end_pos)
        return self._emit("operator", "pow", self.starts[operand], mark.end_pos)

    def bracketed(self, children: list[Any]) -> int:
        opener, inner, closer = children
        self.starts[inner], self.stops[inner] = opener.start_pos, closer.end_pos
        return int(inner)

    def entries(self, children: list[Any]) -> int:
        return self._emit("list", len(children) - 2, children[0].start_pos, children[-1].end_pos)

    def call(self, children: list[Any]) -> int:
        name, _, *values, closer = children
        keywords: tuple[str, ...] = ()
        if any(isinstance(value, tuple) for value in values):
            keywords = definitions.keywords(self.program, values)
        primes = 0
        if name.value[-1] in PRIMES:
            name.value, primes = unprimed(name.value)
        argument = Call(self._name(name), len(values) - len(keywords), keywords, primes)
        return self._emit("call", argument, name.start_pos, closer.end_pos)

    def named(self, children: list[Any]) -> tuple[str, Span]:
        token, _, _ = children
        return self._name(token), (token.start_pos, token.end_pos)

    def index(self, children: list[Any]) -> int:
        operand, _, *items, closer = children
        spelled = tuple(item if isinstance(item, str) else "i" for item in items)
        return self._emit("index", spelled, self.starts[operand], closer.end_pos)

    def slice(self, children: list[Any]) -> str:
        spelled = ""
        for child in children:
            spelled += "abc"[spelled.count(":")] if isinstance(child, int) else ":"
        return spelled[:-1] if spelled.endswith(":") and spelled.count(":") == 2 else spelled

    # Statements

    def unnamed(self, children: list[Any]) -> None:
        start, stop = self.program.span(children[0])
        self._state(Statement("node", "", (start, start), 0, 0, (start, stop)))

    def target(self, children: list[Any]) -> None:
        """Decides what the left-hand side defines, and takes back its instructions."""
        target = definitions.target(self.program, self.begin, children[0])
        definitions.define(self.program.text, self.defined, target.name, target.span)
        if target.kind == "function":
            self.header_read = [*zip(self.starts[self.begin :], self.stops[self.begin :])]
        self._take_back(self.begin)
        self.target_read = target

    def definition(self, children: list[Any]) -> None:
        kind, name, where, parameters = self.target_read
        whole = where[0], self.stops[children[1]]
        self._state(Statement(kind, name, where, 0, 0, whole, parameters))

    def declaration(self, children: list[Any]) -> None:
        keyword, name, _, last, *more = children
        bounds, stop = None, self.stops[last]
        if more:
            bounds, stop = definitions.bounds(self.program, keyword, more)
            self._take_back(last + 1)
        self._declare(keyword, name, stop, bounds=bounds)

    def data(self, children: list[Any]) -> None:
        keyword, name, _, *columns = children
        if not isinstance(columns[0], Column):
            star = columns[0]
            columns = [Column("*", None, False, (star.start_pos, star.end_pos))]
        self._declare(keyword, name, columns[-1].span[1], tuple(columns))

    def _take_back(self, begin: int) -> None:
        """Removes the instructions from `begin` on."""
        for part in (self.kinds, self.arguments, self.starts, self.stops):
            del part[begin:]

    def _declare(
        self,
        keyword: Token,
        name: Token,
        stop: int,
        columns: tuple[Column, ...] = (),
        bounds: definitions.Bounds | None = None,
    ) -> None:
        known, where = self._name(name), span(name)
        definitions.define(self.program.text, self.defined, known, where)
        whole = span(keyword)[0], stop
        statement = Statement(keyword.value, known, where, 0, 0, whole, columns=columns)
        statement.bounds = bounds
        self._state(statement)

    def column(self, children: list[Any]) -> Column:
        first, last = children[0], children[-1]
        quoted = "STRING" in (first.type, last.type)
        upto = _header(last) if last is not first else None
        return Column(_header(first), upto, quoted, (first.start_pos, last.end_pos))

    def data_from(self, children: list[Any]) -> None:
        keyword, _, path = children
        start, stop = keyword.start_pos, path.end_pos
        name = path.value[1:-1]
        self._state(Statement("data_from", "", (start, start), 0, 0, (start, stop), path=name))

    def _state(self, statement: Statement) -> None:
        """Adds a statement, whose instructions are those since the one before."""
        statement.begin, statement.end = self.begin, len(self.kinds)
        self.begin = statement.end
        self.program.statements.append(statement)

    def start(self, children: list[Any]) -> None:
        if self.header_read and self._ends_in_a_function():
            self._call_last_function()
        if "σ" in self.names and "σ" not in self.defined:
            definitions.read_sigma(self.program)

    def _ends_in_a_function(self) -> bool:
        """Whether the last function is made of every node, as it is where there is none."""
        program = self.program
        statements = program.named
        waiting = [[s for s in program.statements if s.kind == "function"][-1]]
        found = set()
        while waiting:
            statement = waiting.pop()
            for at in range(statement.begin, statement.end):
                name = program.arguments[at]
                name = name.name if program.kinds[at] == "call" else name
                if program.kinds[at] not in ("name", "call") or name in statement.parameters:
                    continue
                if name in statements and name not in found:
                    found.add(name)
                    waiting.append(statements[name])
        return all(s.name in found for s in program.statements if s.kind == "node")

    def _call_last_function(self) -> None:
        """Adds f(x), at the place of its own header, to a program that has no other output."""
        functions = [s for s in self.program.statements if s.kind == "function"]
        name, parameters = functions[-1].name, functions[-1].parameters
        for parameter, where in zip(parameters, self.header_read):
            self._emit("name", parameter, *where)
        start, stop = self.header_read[-1]
        self._emit("call", Call(name, len(parameters)), start, stop)
        self._state(Statement("node", "", (start, start), 0, 0, (start, stop)))


def _header(token: Token) -> str:
    value: str = token.value
    return value[1:-1] if token.type == "STRING" else value
