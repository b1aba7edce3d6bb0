"""What a name of a program stands for: a node, or the statement that will make one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from gradcli.errors import LanguageError
from gradcli.graph import complaints
from gradcli.graph.emitter import Emitter
from gradcli.graph.names import DIFF, NUMBERS, mentioned
from gradcli.graph.ops import table
from gradcli.graph.ops.op import Shape
from gradcli.language.definitions import plain_of
from gradcli.language.program import Statement
from gradcli.words import listed, nearest


class Resolver:
    """Resolves names by the values, the data and the statements of a program, in this order."""

    def __init__(
        self,
        emitter: Emitter,
        values: Mapping[str, Any],
        data: Mapping[str, Shape],
        free: Mapping[str, Shape] | None,
        columns: Iterable[str],
    ) -> None:
        self.emitter, self.model = emitter, emitter.model
        self.program, self.graph = emitter.program, emitter.graph
        self.values, self.data, self.free, self.columns = values, data, free, columns
        self.statements = self.program.named

    def asked(self, name: str) -> int | Statement:
        """What somebody asks for by `name`, which must be a node of the program."""
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
        return self.resolve(name, None)

    def resolve(self, name: str, at: int | None) -> int | Statement:
        """The node of a name that is not built yet, or the statement that will build it."""
        statement = self.statements.get(name)
        values = self.values
        if statement is None or statement.kind == "data":
            if name[0] == "∂":
                raise complaints.derivative(name, self.emitter.span(at))
            if name in NUMBERS and statement is None:
                node = self.graph.literal(NUMBERS[name], name)
                self.emitter.mark(-1 if at is None else at)
                return node
            if name in values:
                kind = "variable" if statement is None else "data"
                return self.input(name, kind, shape_of(values[name]))
            if name in self.data:
                return self.input(name, "data", self.data[name])
            if name in self.program.class_places:
                return self._class_word(name, at)
            plain = plain_of(name)
            if plain != name and plain in self.data and plain not in self.statements:
                found = self.model.nodes.get(plain)
                return self.input(plain, "data", self.data[plain]) if found is None else found
            if statement is not None:
                raise LanguageError(
                    f"the data '{name}' needs a file", span=statement.span, hint="add --data FILE"
                )
            known = {*self.statements, *values, *self.data, *NUMBERS}
            if at is not None and statement is None and DIFF not in self.statements:
                from gradcli.graph import differentiated

                error = differentiated.no_node(self.program, name, at, known)
                if error is not None:
                    raise error
            if (
                self.free is not None
                and name not in self.program.headers
                and table.find(name) is None
            ):
                self.model.guessed.append(name)
                return self.input(name, "variable", self.free.get(name, ()))
            if name in self.program.headers:
                raise complaints.no_column(name, self.emitter.span(at))
            raise complaints.unbound(name, known, self.emitter.span(at), self.columns)
        if statement.kind in ("param", "const") and name in values:
            return self.input(name, statement.kind, shape_of(values[name]))
        if statement.kind == "function":
            raise LanguageError(
                f"'{name}' is a function",
                span=self.emitter.span(at),
                hint=f"call it: {name}({', '.join(statement.parameters)})",
            )
        return statement

    def input(self, name: str, kind: str, shape: Shape) -> int:
        """A leaf that a run gives a value to."""
        node = self.graph.input(name, kind, shape)
        self.model.inputs[name] = self.model.nodes[name] = node
        self.emitter.mark(-1)
        return node

    def _class_word(self, name: str, at: int | None) -> int:
        """The literal of a class in quotes, told apart from the number that it is."""
        words, graph = self.model.class_words, self.graph
        for node, word in words.items():
            if word == name:
                return node
        node = graph.twin(graph.literal(float(self.program.class_places[name])))
        graph.texts[node] = words[node] = name
        self.emitter.mark(-1 if at is None else at)
        return node


def shape_of(value: Any) -> Shape:
    """The shape of a float or an array."""
    return tuple(getattr(value, "shape", ()))
