"""Program → Graph: names are resolved and functions inlined, in any order, without recursion."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from gradcli.errors import GradError, LanguageError, ShapeError, Span
from gradcli.graph import complaints, differentiated
from gradcli.graph.calls import Calls
from gradcli.graph.graph import LITERAL, Graph
from gradcli.graph.names import NUMBERS, mentioned, needed, output_statement
from gradcli.graph.node import TABLE
from gradcli.graph.ops import table
from gradcli.graph.ops.op import Attr, Op, Shape
from gradcli.graph.streams import Draws
from gradcli.language.definitions import plain_of
from gradcli.language.program import Program, Statement
from gradcli.words import listed, nearest

UNFOLDED = 10_000_000
BUILT = ("node", "param", "const")
"""The kinds of statements that are a node."""


@dataclass
class Built:
    """A program as a graph, its names, and where its nodes stand in the text.

    `inputs` are the leaves that a run must give values to; `starts` the nodes of the default values
    of params and consts; `guessed` the variables that nobody gave a value, and `sizes` the names
    whose values, not their shapes alone, decide about the graph. `class_axes` are the axes, by node
    and place, that the program makes or indexes by the classes of a name: that of data or of a
    class in quotes, which `class_words` are the literals of.
    """

    program: Program
    graph: Graph
    output: int = -1
    nodes: dict[str, int] = field(default_factory=dict)
    inputs: dict[str, int] = field(default_factory=dict)
    starts: dict[str, int] = field(default_factory=dict)
    guessed: list[str] = field(default_factory=list)
    sizes: set[str] = field(default_factory=set)
    class_axes: dict[tuple[int, int], str] = field(default_factory=dict)
    class_words: dict[int, str] = field(default_factory=dict)
    origins: array[int] = field(default_factory=lambda: array("i"))

    def span(self, node: int) -> Span | None:
        """Where the node first stands in the program, None for what the sweep made."""
        if node >= len(self.origins) or self.origins[node] < 0:
            return None
        at = self.origins[node]
        return self.program.starts[at], self.program.stops[at]


def build(
    program: Program,
    values: Mapping[str, Any] | None = None,
    data: Mapping[str, Shape] | None = None,
    *,
    of: str = "",
    more: Iterable[str] = (),
    guess: bool = False,
    shapes: Mapping[str, Shape] | None = None,
    graph: Graph | None = None,
    nodes: Mapping[str, int] | None = None,
    value: str = "",
    columns: Iterable[str] = (),
) -> Built:
    """The graph of what the output of `program` needs.

    `values` gives names their values (floats or arrays; only shapes matter, except where a size or
    an axis must be known), `data` the shapes of columns and of declared data. `of` picks another
    output, `more` names nodes to build beside it. With `guess`, a free name without a value is a
    number, or has its shape of `shapes`. `graph` and `nodes` let a formula stand on the nodes of a
    model that exists. `value` is the name that the program is the value of, so that its draws are
    not those of another program; `columns` are those of the data, one of which a misspelt name may
    mean.

    Raises LanguageError and ShapeError, located in the program.
    """
    graph = Graph() if graph is None else graph
    free = (shapes or {}) if guess else None
    builder = _Builder(
        program, values or {}, data or {}, free, graph, nodes or {}, value, columns
    )  # fmt: skip
    try:
        return builder.build(of, more)
    except GradError as error:
        raise program.locate(error) from None


@dataclass(slots=True)
class _Frame:
    """A stretch of instructions under way: a definition, or the body of a function.

    Of a body, `call` is the call that led there, `site` the one from outside all functions. Nodes
    of `twins` stand for arguments by which the body is differentiated, `primes` times by f'(u).
    """

    at: int
    end: int
    statement: Statement
    locals: dict[str, int] | None = None
    memo: tuple[str, tuple[int, ...]] | None = None
    draws: int = 0
    site: int = -1
    call: int = -1
    primes: int = 0
    twins: dict[int, int] = field(default_factory=dict)


class _Builder:
    def __init__(
        self,
        program: Program,
        values: Mapping[str, Any],
        data: Mapping[str, Shape],
        free: Mapping[str, Shape] | None,
        graph: Graph,
        nodes: Mapping[str, int],
        value: str,
        columns: Iterable[str],
    ) -> None:
        self.program, self.values, self.data, self.free = program, values, data, free
        self.graph, self.columns = graph, columns
        self.model = Built(program, graph, nodes=dict(nodes))
        self.model.origins.extend([-1] * len(graph))
        self.statements = program.named
        self.order = {name: place for place, name in enumerate(self.statements)}
        self.frames: list[_Frame] = []
        self.active: dict[str, Span] = {}
        self.inlined: dict[tuple[str, tuple[int, ...]], int] = {}
        self.steps = 0
        self.calls = Calls(graph, values, self.model.starts, program.class_counts)
        self.model.sizes = self.calls.looked_at
        self.draws = Draws(program, graph, value)

    def build(self, of: str, more: Iterable[str]) -> Built:
        model = self.model
        statement = None if of else output_statement(self.program)
        wanted = needed(self.program, of)
        if any(s.kind == "function" for s in self.program.statements) and not model.nodes:
            self._refuse_too_long(wanted, statement)
        for each in self.program.statements:
            # In the order of the text, so that a report lists nodes as their author did.
            if each.kind in BUILT and each.name in wanted:
                self._named(each.name)
        if statement is not None and not statement.name:
            model.output = self._run(_Frame(statement.begin, statement.end, statement))
            self._name_output(statement)
        else:
            name = of or (statement.name if statement else "")
            model.output = self._named(name)
        for name in more:
            self._named(name)
        for names in self.graph.names.values():
            if len(names) > 1:
                names.sort(key=lambda name: self.order.get(name, -1))
        return model

    def _refuse_too_long(self, wanted: Container[str], output: Statement | None) -> None:
        """Refuses at once most of what `_run` would refuse after ten million instructions."""
        from gradcli.graph.inlining import too_long  # most programs have none, and start sooner

        roots = [
            s
            for s in self.program.statements
            if s is output or (s.name in wanted and s.name not in self.values and s.kind in BUILT)
        ]
        found = too_long(self.program, roots, UNFOLDED + len(self.program.kinds))
        if found is not None:
            raise complaints.too_long(found)

    def _name_output(self, statement: Statement) -> None:
        """An unnamed output is called e, or out, out1, … where that is taken."""
        model, graph = self.model, self.graph
        if model.output in graph.names:
            return
        if graph.ops[model.output] is LITERAL:
            model.output = self._twin(model.output)
        program = self.program
        taken = set(self.statements) | set(self.values) | set(self.data) | set(model.nodes)
        taken |= mentioned(program)
        name, count = "e", 0
        while name in taken:
            name, count = f"out{count or ''}", count + 1
        graph.names[model.output] = [name]
        model.nodes[name] = model.output
        self.order[name] = len(self.order)

    def _twin(self, node: int) -> int:
        twin = self.graph.twin(node)
        self._mark(self.model.origins[node])
        return twin

    def _mark(self, at: int) -> None:
        """Notes the instruction that made the newest nodes."""
        origins = self.model.origins
        missing = len(self.graph) - len(origins)
        if missing == 1:
            origins.append(at)
        elif missing:
            origins.extend([at] * missing)

    def _named(self, name: str) -> int:
        """The node called `name`, built if it is not there yet."""
        node = self.model.nodes.get(name)
        if node is not None:
            return node
        if name in self.statements and self.statements[name].kind == "function":
            call = f"{name}({', '.join(self.statements[name].parameters)})"
            hint = f"give a call of it a name: y = {call}"
            raise LanguageError(f"{name} is a function, not a node", hint=hint)
        if name not in self.statements and name not in mentioned(self.program):
            known = {*self.statements, *mentioned(self.program)}
            hint = nearest(name, known) or f"pick one of {listed(sorted(known))}"
            raise LanguageError(f"the program has no node '{name}'", hint=hint)
        frame = self._resolve(name, None)
        if isinstance(frame, int):
            return frame
        return self._run(frame)

    def _run(self, frame: _Frame) -> int:
        """The node that `frame` ends with. One loop over a stack of frames, one over values."""
        program, graph, nodes = self.program, self.graph, self.model.nodes
        kinds, arguments = program.kinds, program.arguments
        literal, mark = graph.literal, self._mark
        ops = TABLE
        stack: list[int] = []
        self._push(frame)
        frames = self.frames
        while frames:
            frame = frames[-1]
            local, end = frame.locals, frame.end
            at = frame.at
            entered = None
            while at < end:
                kind, argument = kinds[at], arguments[at]
                if kind == "name":
                    node = local.get(argument) if local else None
                    if node is None:
                        node = nodes.get(argument)
                    if node is None:
                        found = self._resolve(argument, at)
                        if not isinstance(found, int):
                            entered = found
                            break
                        node = found
                    stack.append(node)
                elif kind == "number":
                    stack.append(literal(argument, self._text(at)))
                    mark(at)
                elif kind == "operator":
                    op = ops.get(argument)
                    if argument in ("dotted", "transpose") or op is None:
                        self._special(argument, stack, at)
                    elif "," not in op.signature:
                        stack[-1] = self._add(op, (stack[-1],), None, at)
                    else:
                        right = stack.pop()
                        stack[-1] = self._add(op, (stack[-1], right), None, at)
                elif kind == "call":
                    entered = self._call(stack, at)
                    if entered is not None:
                        at += 1
                        break
                else:
                    self._bracket(kind, stack, at)
                at += 1
            self.steps += at - frame.at
            frame.at = at
            if self.steps > UNFOLDED + len(kinds):
                raise complaints.too_long(frame.statement)
            if entered is not None:
                self._push(entered)
            elif at >= end:
                frames.pop()
                stack.append(self._finish(frame, stack.pop()))
                if frames and frame.locals is None:
                    stack.pop()  # a definition: the name is read again, and found
        return stack.pop()

    def _push(self, frame: _Frame) -> None:
        name = frame.statement.name
        if name:
            if name in self.active:
                raise complaints.cycle(self.active, frame.statement, frame.locals is not None)
            self.active[name] = frame.statement.name_span
        self.frames.append(frame)

    def _finish(self, frame: _Frame, node: int) -> int:
        """Names what a frame has built; a param or const becomes an input that starts there."""
        statement, graph = frame.statement, self.graph
        name = statement.name
        self.active.pop(name, None)
        if frame.memo is not None:
            if frame.twins:
                node = self._primed(node, frame.twins, frame.primes, frame.call)
            if self.draws.count == frame.draws:
                self.inlined[frame.memo] = node
            return node
        if not name or frame.locals is not None:
            return node
        if statement.kind in ("param", "const"):
            self.model.starts[name] = node
            return self._input(name, statement.kind, graph.shapes[node])
        constant = not any(
            kind in ("name", "call") for kind in self.program.kinds[statement.begin : statement.end]
        )
        unnamed = graph.ops[node] is LITERAL and node not in graph.names
        if unnamed or (constant and node in graph.names):
            # `a = 2; b = 2` are two nodes, so that each can be differentiated by.
            node = self._twin(node)
        graph.names.setdefault(node, []).append(name)
        self.model.nodes[name] = node
        return node

    def _input(self, name: str, kind: str, shape: Shape) -> int:
        node = self.graph.input(name, kind, shape)
        self.model.inputs[name] = self.model.nodes[name] = node
        self._mark(-1)
        return node

    def _resolve(self, name: str, at: int | None) -> int | _Frame:
        """The node of a name that is not built yet, or the frame that will build it."""
        statement = self.statements.get(name)
        values = self.values
        if statement is None or statement.kind == "data":
            if name[0] == "∂":
                raise complaints.derivative(name, self._span(at))
            if name in NUMBERS and statement is None:
                node = self.graph.literal(NUMBERS[name], name)
                self._mark(-1 if at is None else at)
                return node
            if name in values:
                kind = "variable" if statement is None else "data"
                return self._input(name, kind, shape_of(values[name]))
            if name in self.data:
                return self._input(name, "data", self.data[name])
            if name in self.program.class_places:
                return self._class_word(name, at)
            plain = plain_of(name)
            if plain != name and plain in self.data and plain not in self.statements:
                found = self.model.nodes.get(plain)
                return self._input(plain, "data", self.data[plain]) if found is None else found
            if statement is not None:
                raise LanguageError(
                    f"the data '{name}' needs a file", span=statement.span, hint="add --data FILE"
                )
            known = {*self.statements, *values, *self.data, *NUMBERS}
            if at is not None and statement is None and differentiated.NAME not in self.statements:
                error = differentiated.no_node(self.program, name, at, known)
                if error is not None:
                    raise error
            if (
                self.free is not None
                and name not in self.program.headers
                and table.find(name) is None
            ):
                self.model.guessed.append(name)
                return self._input(name, "variable", self.free.get(name, ()))
            if name in self.program.headers:
                raise complaints.no_column(name, self._span(at))
            raise complaints.unbound(name, known, self._span(at), self.columns)
        if statement.kind in ("param", "const") and name in values:
            return self._input(name, statement.kind, shape_of(values[name]))
        if statement.kind == "function":
            raise LanguageError(
                f"'{name}' is a function",
                span=self._span(at),
                hint=f"call it: {name}({', '.join(statement.parameters)})",
            )
        return _Frame(statement.begin, statement.end, statement)

    def _class_word(self, name: str, at: int | None) -> int:
        """The literal of a class in quotes, told apart from the number that it is."""
        words, graph = self.model.class_words, self.graph
        for node, word in words.items():
            if word == name:
                return node
        node = graph.twin(graph.literal(float(self.program.class_places[name])))
        graph.texts[node] = words[node] = name
        self._mark(-1 if at is None else at)
        return node

    def _call(self, stack: list[int], at: int) -> _Frame | None:
        """Replaces the arguments on the stack by the result, or enters a function's body."""
        call = self.program.arguments[at]
        count = call.positional + len(call.keywords)
        args = tuple(stack[len(stack) - count :])
        del stack[len(stack) - count :]
        statement = self.statements.get(call.name)
        if statement is not None and statement.kind == "function":
            return self._enter(statement, args, stack, at)
        if call.name == differentiated.NAME and statement is None and not call.primes:
            stack.append(self._differentiated(args, at))
            return None
        if statement is not None or table.find(call.name) is None:
            raise self._unknown_function(call.name, at)
        self.calls.declares = any(f.statement.kind == "param" for f in self.frames)
        if call.primes:
            stack.append(self._built_in(args, at))
            return None
        try:
            op, nodes, attr = self.calls.resolve(
                call.name,
                args[: call.positional],
                dict(zip(call.keywords, args[call.positional :])),
            )
        except GradError as error:
            error.span = error.span or self._span(at)
            raise
        self._mark(at)
        if op is not None and op.random:
            attr = (*(attr or ()), self.draws.stream(at, self.frames[-1].site))
        node = nodes[0] if op is None else self._add(op, nodes, attr, at)
        if self.calls.sizes:  # zeros(3) elsewhere has no classes
            node = self._twin(node)
            self.model.class_axes |= {(node, k): name for k, name in self.calls.sizes.items()}
        stack.append(node)
        return None

    def _enter(
        self, statement: Statement, args: tuple[int, ...], stack: list[int], at: int
    ) -> _Frame | None:
        """The body of the program's own function, unless it was built for these arguments."""
        call, graph = self.program.arguments[at], self.graph
        if call.primes:
            span = self.program.span(at)
            differentiated.refuse_other_than_one(call.name, statement.parameters, span)
        bound = self._bind(statement, call.positional, call.keywords, args, at)
        key = (call.name + "'" * call.primes, tuple(bound.values()))
        if key in self.inlined:
            stack.append(self.inlined[key])
            return None
        frame = _Frame(statement.begin, statement.end, statement, bound, key, self.draws.count)
        frame.site = self.frames[-1].site if self.frames[-1].locals is not None else at
        apart = [name for name in bound if call.primes or graph.ops[bound[name]] is LITERAL]
        if apart and not call.primes:
            # Of diff(u^3, u) at 3, the exponent stays as it is.
            by = differentiated.parameters(self.program, statement)
            apart = [name for name in apart if name in by]
        own = {name: self._twin(bound[name]) for name in apart}
        frame.call, frame.primes, frame.locals = at, call.primes, {**bound, **own}
        frame.twins = {twin: bound[name] for name, twin in own.items()}
        return frame

    def _differentiated(self, args: tuple[int, ...], at: int) -> int:
        """diff(y, x)"""
        differentiated.refuse_arguments(self.program, at, self.graph, args[-1] if args else -1)
        return self._swept(at, partial(differentiated.partial, self.graph, *args))

    def _built_in(self, args: tuple[int, ...], at: int) -> int:
        """tanh'(u), of a function of the language."""
        call = self.program.arguments[at]
        letters = "xyzuvwabc"[: len(args)] or "x"
        differentiated.refuse_other_than_one(call.name, letters, self.program.span(at))
        twin = self._twin(args[0])
        op, nodes, attr = self.calls.resolve(call.name, (twin,), {})
        assert op is not None
        return self._primed(self._add(op, nodes, attr, at), {twin: args[0]}, call.primes, at)

    def _primed(self, y: int, twins: dict[int, int], primes: int, at: int) -> int:
        """The derivative of y by the twin of an argument, with the argument in its place."""
        graph = self.graph
        for twin, argument in twins.items():
            y = self._swept(at, partial(differentiated.primed, graph, y, twin, primes))
            y = self._swept(at, partial(differentiated.substituted, graph, y, twin, argument))
        return y

    def _swept(self, at: int, sweep: Callable[[], int]) -> int:
        """What `sweep` appends, as made by the instruction at `at`."""
        try:
            node = sweep()
        except GradError as error:
            error.span = self.program.span(at)
            raise
        self._mark(at)
        return node

    def _bind(
        self,
        statement: Statement,
        positional: int,
        keywords: tuple[str, ...],
        args: tuple[int, ...],
        at: int,
    ) -> dict[str, int]:
        """The arguments of a call by the names of the function's parameters."""
        parameters = statement.parameters
        bound = dict(zip(parameters, args[:positional]))
        named = dict(zip(keywords, args[positional:]))
        if (
            positional > len(parameters)
            or set(bound) & set(named)
            or (set(bound) | set(named) != set(parameters))
        ):
            raise complaints.misbound(statement, len(args), self.program.span(at))
        return {name: bound.get(name, named.get(name, -1)) for name in parameters}

    def _unknown_function(self, name: str, at: int) -> LanguageError:
        program = self.program
        own = [s.name for s in self.statements.values() if s.kind == "function"]
        is_value = name in self.statements or name in self.values or name in self.data
        bracketed = program.text[program.starts[at]] == "("
        return complaints.unknown_function(name, own, is_value, program.span(at), bracketed)

    def _special(self, name: str, stack: list[int], at: int) -> None:
        """The operators that are not one op of two arguments: ·, .T and √."""
        graph = self.graph
        if name == "dotted":
            right = stack.pop()
            scaling = not graph.shapes[stack[-1]] or not graph.shapes[right]
            op = TABLE["mul" if scaling else "matmul"]
            stack[-1] = self._add(op, (stack[-1], right), None, at)
        elif name == "transpose":
            rank = len(graph.shapes[stack[-1]])
            axes = tuple(reversed(range(rank)))
            stack[-1] = self._add(TABLE["transpose"], (stack[-1],), (axes,), at)
        else:
            stack[-1] = self._add(TABLE[name], (stack[-1],), None, at)

    def _bracket(self, kind: str, stack: list[int], at: int) -> None:
        """A list, which stacks its entries, or an index."""
        argument = self.program.arguments[at]
        if kind == "list":
            entries = tuple(stack[len(stack) - argument :])
            del stack[len(stack) - argument :]
            stack.append(self._add(TABLE["stack"], entries, (0,), at))
            return
        count = sum(len(item) - item.count(":") for item in argument)
        parts = stack[len(stack) - count :]
        del stack[len(stack) - count :]
        try:
            items, arrays = self.calls.index(argument, parts)
        except GradError as error:
            error.span = self._span(at)
            raise
        self._note_words(argument, parts, stack[-1])
        stack[-1] = self._add(TABLE["index"], (stack[-1], *arrays), (items,), at)

    def _note_words(self, items: Sequence[str], parts: Sequence[int], array: int) -> None:
        """Notes the axes of an array that a class in quotes is the place in."""
        left = iter(parts)
        for axis, item in enumerate(items):
            used = [next(left) for _ in range(len(item) - item.count(":"))]
            if item == "i" and (word := self.model.class_words.get(used[0])):
                self.model.class_axes[array, axis] = word

    def _add(self, op: Op, args: tuple[int, ...], attr: Attr | None, at: int) -> int:
        try:
            node = self.graph.add(op, args, attr)
        except ShapeError as error:
            known = [(self._called(a), self.graph.shapes[a]) for a in dict.fromkeys(args)]
            span = self.program.span(at)
            raise complaints.misfit(error, op, self._equation(at), known, span) from None
        self._mark(at)
        return node

    def _equation(self, at: int) -> str:
        """A node as its statement spells it, with the name that it gives."""
        expression = " ".join(self._text(at).split())
        shown = expression if len(expression) <= 60 else expression[:57] + "…"
        names = [f.statement.name for f in self.frames if f.end == at + 1 and f.statement.name]
        return f"{names[-1]} = {shown}" if names else shown

    def _called(self, node: int) -> str:
        if node in self.graph.names:
            return self.graph.names[node][0]
        at = self.model.origins[node] if node < len(self.model.origins) else -1
        if at < 0:  # of the graph that a formula stands on
            return next((n for n, its in self.model.nodes.items() if its == node), f"node {node}")
        text = " ".join(self._text(at).split())
        return text if len(text) <= 40 else text[:37] + "…"

    def _text(self, at: int) -> str:
        """The source of an instruction, without the brackets around it."""
        program = self.program
        text = program.text[program.starts[at] : program.stops[at]]
        if program.kinds[at] == "number":
            if text[0] in "([":
                return text.strip("()[] \t\n")
            return {"²": "2", "³": "3"}.get(text, text)
        return text

    def _span(self, at: int | None) -> Span | None:
        return None if at is None else self.program.span(at)


def shape_of(value: Any) -> Shape:
    """The shape of a float or an array."""
    return tuple(getattr(value, "shape", ()))
