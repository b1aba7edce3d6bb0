"""Program → Graph: names are resolved and functions inlined, in any order, without recursion."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from typing import Any

from gradcli.errors import GradError, Span
from gradcli.graph import complaints
from gradcli.graph.applications import Applications
from gradcli.graph.built import Built
from gradcli.graph.calls import Calls
from gradcli.graph.emitter import Emitter, Stretch
from gradcli.graph.graph import LITERAL, Graph
from gradcli.graph.names import mentioned, needed, output_statement
from gradcli.graph.node import TABLE
from gradcli.graph.ops.op import Shape
from gradcli.graph.resolver import Resolver
from gradcli.graph.streams import Draws
from gradcli.language.program import Program, Statement

UNFOLDED = 10_000_000
BUILT = ("node", "param", "const")
"""The kinds of statements that are a node."""


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
    emitter = Emitter(Built(program, graph, nodes=dict(nodes or {})))
    resolver = Resolver(emitter, values or {}, data or {}, free, columns)
    try:
        return _Builder(resolver, value).build(of, more)
    except GradError as error:
        raise program.locate(error) from None


class _Builder:
    def __init__(self, resolver: Resolver, value: str) -> None:
        self.resolver, self.emitter = resolver, resolver.emitter
        self.program, self.graph, self.model = resolver.program, resolver.graph, resolver.model
        self.order = {name: place for place, name in enumerate(resolver.statements)}
        self.active: dict[str, Span] = {}
        self.steps = 0
        model = self.model
        self.calls = Calls(self.graph, resolver.values, model.starts, self.program.class_counts)
        model.sizes = self.calls.looked_at
        draws = Draws(self.program, self.graph, value)
        self.applications = Applications(self.emitter, resolver, self.calls, draws)

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
            model.output = self._run(statement)
            self._name_output()
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

        values = self.resolver.values
        roots = [
            s
            for s in self.program.statements
            if s is output or (s.name in wanted and s.name not in values and s.kind in BUILT)
        ]
        found = too_long(self.program, roots, UNFOLDED + len(self.program.kinds))
        if found is not None:
            raise complaints.too_long(found)

    def _name_output(self) -> None:
        """An unnamed output is called e, or out, out1, … where that is taken."""
        model, graph = self.model, self.graph
        if model.output in graph.names:
            return
        if graph.ops[model.output] is LITERAL:
            model.output = self.emitter.twin(model.output)
        program = self.program
        taken = {*self.order, *self.resolver.values, *self.resolver.data, *model.nodes}
        taken |= mentioned(program)
        name, count = "e", 0
        while name in taken:
            name, count = f"out{count or ''}", count + 1
        graph.names[model.output] = [name]
        model.nodes[name] = model.output
        self.order[name] = len(self.order)

    def _named(self, name: str) -> int:
        """The node called `name`, built if it is not there yet."""
        found = self.resolver.asked(name)
        return found if isinstance(found, int) else self._run(found)

    def _run(self, statement: Statement) -> int:
        """The node that a statement ends with. One loop over a stack of frames, one over values."""
        program, graph, nodes = self.program, self.graph, self.model.nodes
        kinds, arguments = program.kinds, program.arguments
        literal, mark, add = graph.literal, self.emitter.mark, self.emitter.add
        ops = TABLE
        stack: list[int] = []
        self._push(Stretch(statement.begin, statement.end, statement))
        frames = self.emitter.frames
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
                        found = self.resolver.resolve(argument, at)
                        if not isinstance(found, int):
                            entered = Stretch(found.begin, found.end, found)
                            break
                        node = found
                    stack.append(node)
                elif kind == "number":
                    stack.append(literal(argument, self.emitter.text(at)))
                    mark(at)
                elif kind == "operator":
                    op = ops.get(argument)
                    if argument in ("dotted", "transpose") or op is None:
                        self._special(argument, stack, at)
                    elif "," not in op.signature:
                        stack[-1] = add(op, (stack[-1],), None, at)
                    else:
                        right = stack.pop()
                        stack[-1] = add(op, (stack[-1], right), None, at)
                elif kind == "call":
                    entered = self.applications.apply(stack, at)
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

    def _push(self, frame: Stretch) -> None:
        name = frame.statement.name
        if name:
            if name in self.active:
                raise complaints.cycle(self.active, frame.statement, frame.locals is not None)
            self.active[name] = frame.statement.name_span
        self.emitter.frames.append(frame)

    def _finish(self, frame: Stretch, node: int) -> int:
        """Names what a frame has built; a param or const becomes an input that starts there."""
        statement, graph = frame.statement, self.graph
        name = statement.name
        self.active.pop(name, None)
        if frame.locals is not None:
            return self.applications.leave(frame, node)
        if not name:
            return node
        if statement.kind in ("param", "const"):
            self.model.starts[name] = node
            return self.resolver.input(name, statement.kind, graph.shapes[node])
        constant = not any(
            kind in ("name", "call") for kind in self.program.kinds[statement.begin : statement.end]
        )
        unnamed = graph.ops[node] is LITERAL and node not in graph.names
        if unnamed or (constant and node in graph.names):
            # `a = 2; b = 2` are two nodes, so that each can be differentiated by.
            node = self.emitter.twin(node)
        graph.names.setdefault(node, []).append(name)
        self.model.nodes[name] = node
        return node

    def _special(self, name: str, stack: list[int], at: int) -> None:
        """The operators that are not one op of two arguments: ·, .T and √."""
        graph = self.graph
        if name == "dotted":
            right = stack.pop()
            scaling = not graph.shapes[stack[-1]] or not graph.shapes[right]
            op = TABLE["mul" if scaling else "matmul"]
            stack[-1] = self.emitter.add(op, (stack[-1], right), None, at)
        elif name == "transpose":
            rank = len(graph.shapes[stack[-1]])
            axes = tuple(reversed(range(rank)))
            stack[-1] = self.emitter.add(TABLE["transpose"], (stack[-1],), (axes,), at)
        else:
            stack[-1] = self.emitter.add(TABLE[name], (stack[-1],), None, at)

    def _bracket(self, kind: str, stack: list[int], at: int) -> None:
        """A list, which stacks its entries, or an index."""
        argument = self.program.arguments[at]
        if kind == "list":
            entries = tuple(stack[len(stack) - argument :])
            del stack[len(stack) - argument :]
            stack.append(self.emitter.add(TABLE["stack"], entries, (0,), at))
            return
        count = sum(len(item) - item.count(":") for item in argument)
        parts = stack[len(stack) - count :]
        del stack[len(stack) - count :]
        try:
            items, arrays = self.calls.index(stack[-1], argument, parts)
        except GradError as error:
            error.span = self.emitter.span(at)
            raise
        self._note_words(argument, parts, stack[-1])
        stack[-1] = self.emitter.add(TABLE["index"], (stack[-1], *arrays), (items,), at)

    def _note_words(self, items: Sequence[str], parts: Sequence[int], array: int) -> None:
        """Notes the axes of an array that a class in quotes is the place in."""
        left = iter(parts)
        for axis, item in enumerate(items):
            used = [next(left) for _ in range(len(item) - item.count(":"))]
            if item == "i" and (word := self.model.class_words.get(used[0])):
                self.model.class_axes[array, axis] = word
