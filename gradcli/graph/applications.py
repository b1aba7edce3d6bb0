"""Functions applied to nodes: those of the language, of the program, and derivatives of them."""

from __future__ import annotations

from functools import partial

from gradcli.errors import GradError, LanguageError
from gradcli.graph import complaints
from gradcli.graph.calls import Calls
from gradcli.graph.emitter import Emitter, Stretch
from gradcli.graph.graph import LITERAL
from gradcli.graph.names import DIFF
from gradcli.graph.ops import table
from gradcli.graph.resolver import Resolver
from gradcli.graph.streams import Draws
from gradcli.language.program import Statement


class Applications:
    """Makes the node of a call, or enters the body of a function that will make it.

    What derivatives need is imported where there are any: most programs have none.
    """

    def __init__(self, emitter: Emitter, resolver: Resolver, calls: Calls, draws: Draws) -> None:
        self.emitter, self.resolver, self.calls, self.draws = emitter, resolver, calls, draws
        self.program, self.graph = emitter.program, emitter.graph
        self.statements = resolver.statements
        self.inlined: dict[tuple[str, tuple[int, ...]], int] = {}

    def apply(self, stack: list[int], at: int) -> Stretch | None:
        """Replaces the arguments on the stack by the result, or enters a function's body."""
        call = self.program.arguments[at]
        count = call.positional + len(call.keywords)
        args = tuple(stack[len(stack) - count :])
        del stack[len(stack) - count :]
        statement = self.statements.get(call.name)
        if statement is not None and statement.kind == "function":
            return self._enter(statement, args, stack, at)
        if call.name == DIFF and statement is None and not call.primes:
            stack.append(self._differentiated(args, at))
            return None
        if statement is not None or table.find(call.name) is None:
            raise self._unknown_function(call.name, at)
        self.calls.declares = any(f.statement.kind == "param" for f in self.emitter.frames)
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
            error.span = error.span or self.emitter.span(at)
            raise
        self.emitter.mark(at)
        if op is not None and op.random:
            attr = (*(attr or ()), self.draws.stream(at, self.emitter.frames[-1].site))
        node = nodes[0] if op is None else self.emitter.add(op, nodes, attr, at)
        if self.calls.sizes:  # zeros(3) elsewhere has no classes
            node = self.emitter.twin(node)
            axes = {(node, k): name for k, name in self.calls.sizes.items()}
            self.emitter.model.class_axes |= axes
        stack.append(node)
        return None

    def _enter(
        self, statement: Statement, args: tuple[int, ...], stack: list[int], at: int
    ) -> Stretch | None:
        """The body of the program's own function, unless it was built for these arguments."""
        call, graph = self.program.arguments[at], self.graph
        if call.primes:
            from gradcli.graph import differentiated

            span = self.program.span(at)
            differentiated.refuse_other_than_one(call.name, statement.parameters, span)
        bound = self._bind(statement, call.positional, call.keywords, args, at)
        key = (call.name + "'" * call.primes, tuple(bound.values()))
        if key in self.inlined:
            stack.append(self.inlined[key])
            return None
        frame = Stretch(statement.begin, statement.end, statement, bound, key, self.draws.count)
        around = self.emitter.frames[-1]
        frame.site = at if around.locals is None else around.site
        apart = [name for name in bound if call.primes or graph.ops[bound[name]] is LITERAL]
        if apart and not call.primes:
            from gradcli.graph import differentiated

            # Of diff(u^3, u) at 3, the exponent stays as it is.
            by = differentiated.parameters(self.program, statement)
            apart = [name for name in apart if name in by]
        own = {name: self.emitter.twin(bound[name]) for name in apart}
        frame.call, frame.primes, frame.locals = at, call.primes, {**bound, **own}
        frame.twins = {twin: bound[name] for name, twin in own.items()}
        return frame

    def leave(self, frame: Stretch, node: int) -> int:
        """What the body of a function has made, which a call with these arguments finds again."""
        if frame.memo is None:
            return node
        if frame.twins:
            node = self._primed(node, frame.twins, frame.primes, frame.call)
        if self.draws.count == frame.draws:
            self.inlined[frame.memo] = node
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
        valued = self.statements, self.resolver.values, self.resolver.data
        is_value = any(name in names for names in valued)
        bracketed = program.text[program.starts[at]] == "("
        return complaints.unknown_function(name, own, is_value, program.span(at), bracketed)

    def _differentiated(self, args: tuple[int, ...], at: int) -> int:
        """diff(y, x)"""
        from gradcli.graph import differentiated

        differentiated.refuse_arguments(self.program, at, self.graph, args[-1] if args else -1)
        return self.emitter.swept(at, partial(differentiated.partial, self.graph, *args))

    def _built_in(self, args: tuple[int, ...], at: int) -> int:
        """tanh'(u), of a function of the language."""
        from gradcli.graph import differentiated

        call = self.program.arguments[at]
        letters = "xyzuvwabc"[: len(args)] or "x"
        differentiated.refuse_other_than_one(call.name, letters, self.program.span(at))
        twin = self.emitter.twin(args[0])
        op, nodes, attr = self.calls.resolve(call.name, (twin,), {})
        assert op is not None
        return self._primed(self.emitter.add(op, nodes, attr, at), {twin: args[0]}, call.primes, at)

    def _primed(self, y: int, twins: dict[int, int], primes: int, at: int) -> int:
        """The derivative of y by the twin of an argument, with the argument in its place."""
        from gradcli.graph import differentiated

        graph, swept = self.graph, self.emitter.swept
        for twin, argument in twins.items():
            y = swept(at, partial(differentiated.primed, graph, y, twin, primes))
            y = swept(at, partial(differentiated.substituted, graph, y, twin, argument))
        return y
