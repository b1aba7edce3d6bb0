"""The shapes of variables that have no value: those with which a program can be built.

A variable is a number where that builds. Else the least number of axes is sought, over all the
variables together, with which every op accepts what it is given. Every axis starts with a size of
its own that stands nowhere else; where an op refuses such a size, it is set to what the op accepts,
so that a size which is still its own in the end may be any.

Of several shapes with as few axes, those count for which fewer results are repeated to fit others.
Where a shape with more axes spares such a repetition, or a size may be any, the program does not
fix the shape, and nothing is picked.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from typing import Any

from gradcli.errors import GradError, ShapeError
from gradcli.graph.build import build
from gradcli.graph.built import Built
from gradcli.graph.graph import Graph
from gradcli.graph.names import needed
from gradcli.graph.ops.classes import is_place
from gradcli.graph.ops.op import Attr, Op, Shape
from gradcli.graph.resolver import shape_of
from gradcli.graph.sizes import Sizes, accepted, merged
from gradcli.language.program import Program
from gradcli.words import listed

AXES = 3
"""The most axes that are inferred."""

BUILDS, INSTRUCTIONS = 300, 2_000_000
"""How often a program is built at most, and how many instructions all that may take."""

LARGE = 1e9
"""A number of a program that may be a size is smaller."""

Shapes = dict[str, Shape]
Ranks = dict[str, int]
"""How many axes a variable has; one that is left out is a number."""


def inferred(
    program: Program,
    values: Mapping[str, Any],
    data: Mapping[str, Shape],
    given: Mapping[str, Shape],
    error: ShapeError,
    *,
    of: str = "",
) -> Shapes:
    """The shapes of the free variables of the output that can be no numbers, by name.

    `values`, `data` and `of` are those of `build`, `given` the shapes of some variables, and
    `error` is what building with numbers for the others raised. Raises ShapeError where nothing
    fits, or where the program does not fix a shape.
    """
    return _Search(program, values, data, given, of).shapes(error)


@dataclass
class _Fit:
    """Shapes that build; of every computed value that is repeated to fit another, the variables
    that it is made of."""

    shapes: Shapes
    repeated: list[set[str]]

    def sized(self, some: Container[int], size: int) -> Shapes:
        """The shapes with another size in place of `some`."""
        return {
            name: tuple(size if n in some else n for n in shape)
            for name, shape in self.shapes.items()
        }


class _Probe(Graph):
    """A graph that knows its free variables, and the last node that it refused."""

    def __init__(self, known: Container[str]) -> None:
        super().__init__()
        self._known = known
        self.free: dict[int, str] = {}
        self.refused: tuple[Op, tuple[int, ...], Attr] | None = None

    def add(self, op: Op, args: tuple[int, ...], attr: Attr | None = None) -> int:
        try:
            return super().add(op, args, attr)
        except ShapeError:
            self.refused = op, args, attr or ()
            raise

    def input(self, name: str, kind: str, shape: Shape) -> int:
        node = super().input(name, kind, shape)
        if kind == "variable" and name not in self._known:
            self.free[node] = name
        return node

    def twin(self, node: int) -> int:
        twin = super().twin(node)
        if node in self.free:
            self.free[twin] = self.free[node]
        return twin

    def variables(self, nodes: Iterable[int]) -> set[str]:
        """The free variables that some nodes are made of."""
        return {self.free[node] for node in self.cone(nodes) if node in self.free}


class _Search:
    """Tries numbers of axes, the fewest first, and for each the sizes that the ops ask for."""

    def __init__(
        self,
        program: Program,
        values: Mapping[str, Any],
        data: Mapping[str, Shape],
        given: Mapping[str, Shape],
        of: str,
    ) -> None:
        self._program, self._of = program, of
        self._values, self._data, self._given = values, data, given
        self._builds = max(8, min(BUILDS, INSTRUCTIONS // max(1, len(program.kinds))))
        self._own: dict[str, list[int]] = {}
        known = [*data.values(), *given.values(), *map(shape_of, values.values())]
        numbers = (n for n in program.arguments if isinstance(n, float) and abs(n) < LARGE)
        self._taken = {1, *map(int, numbers)}.union(*known)
        self._unused = (n for n in _primes() if n not in self._taken)
        self._error: ShapeError | None = None
        self._furthest = -1

    def shapes(self, error: ShapeError) -> Shapes:
        """The shapes of the variables that cannot be numbers, which lead to `error`."""
        states: list[Ranks] = [{}]
        seen: list[Ranks] = [{}]
        while states:
            fits: list[_Fit] = []
            longer: list[Ranks] = []
            for ranks in states:
                found, suspects = self._fits(ranks)
                fits += found
                for name in [] if found else sorted(suspects):
                    more = {**ranks, name: ranks.get(name, 0) + 1}
                    if more[name] <= AXES and more not in seen:
                        longer.append(more)
                        seen.append(more)
            if fits:
                return self._fixed(fits)
            states = longer
        error = self._error or error
        if len(seen) > 1:
            name = min(seen[1])
            error.hint += f"; or give {name} a shape: --shape {name}=3"
        raise error

    def _fits(self, ranks: Ranks) -> tuple[list[_Fit], set[str]]:
        """What builds with so many axes; and the variables that stand in the way, if nothing."""
        fits: list[_Fit] = []
        suspects: set[str] = set()
        waiting: list[Sizes] = [{}]
        while waiting:
            sizes = waiting.pop()
            shapes = {name: self._shape(name, rank, sizes) for name, rank in ranks.items()}
            if not self._builds:
                raise self._hard(shapes)
            self._builds -= 1
            probe = _Probe({*self._given, *self._values})
            try:
                model = self._built(shapes, probe)
            except ShapeError as error:
                if probe.refused is None:
                    continue
                op, args, attr = probe.refused
                known = [probe.shapes[arg] for arg in args]
                own = {size for shape in shapes.values() for size in shape} & self._own_sizes()
                more = accepted(op, known, attr, own)
                waiting += [merged(sizes, new) for new in more]
                if not more:
                    suspects |= probe.variables(args)
                    self._note(error, probe, known)
            except GradError:
                continue
            else:
                fit = _Fit(shapes, _repeated(probe, model.output))
                if fit not in fits:
                    fits.append(fit)
        return fits, suspects

    def _built(self, shapes: Shapes, probe: Graph) -> Built:
        return build(
            self._program, self._values, self._data, of=self._of, guess=True,
            shapes={**shapes, **self._given}, graph=probe,
        )  # fmt: skip

    def _shape(self, name: str, rank: int, sizes: Sizes) -> Shape:
        if name not in self._own:
            self._own[name] = [next(self._unused) for _ in range(AXES + 1)]
        return tuple(sizes.get(own, own) for own in self._own[name][:rank])

    def _own_sizes(self) -> set[int]:
        return {size for sizes in self._own.values() for size in sizes}

    def _note(self, error: ShapeError, probe: Graph, known: Sequence[Shape]) -> None:
        """Keeps the error of the build that came furthest, if it tells no invented size."""
        honest = all(size in self._taken for shape in known for size in shape)
        if len(probe) > self._furthest and any(known) and honest:
            self._furthest, self._error = len(probe), error

    def _fixed(self, fits: list[_Fit]) -> Shapes:
        """The only shapes among those that fit; ShapeError where there is a choice."""
        least = min(len(fit.repeated) for fit in fits)
        fit, *others = [fit for fit in fits if len(fit.repeated) == least]
        own = self._own_sizes()
        free = [name for name, shape in fit.shapes.items() if own.intersection(shape)]
        if free:
            raise self._unfixed(fit, free)
        for name in sorted(set().union(*fit.repeated)):
            if fit.shapes.get(name):
                ranks = {n: len(shape) for n, shape in fit.shapes.items()}
                more, _ = self._fits({**ranks, name: ranks[name] + 1})
                others += [other for other in more if len(other.repeated) < least]
        if others:
            raise self._several(fit, others)
        return fit.shapes

    def _unfixed(self, fit: _Fit, free: Sequence[str]) -> ShapeError:
        """Sizes that may be any: the error, with a hint at some that build."""
        own = self._own_sizes()
        left = dict.fromkeys(n for name in free for n in fit.shapes[name] if n in own)
        letters = dict(zip(left, "nmkpqrs" + "t" * len(left)))
        some = fit.shapes
        for size in range(2, 12):
            some = fit.sized(left, size)
            probe = _Probe({*self._given, *self._values})
            with suppress(GradError):
                model = self._built(some, probe)
                if len(_repeated(probe, model.output)) == len(fit.repeated):
                    some = fit.sized(left, max(size, self._places(model)))
                    break
        said = [_spelled(fit.shapes[name], letters) for name in free]
        if len(free) > 1:
            said = [f"{name} {shape}" for name, shape in zip(free, said)]
        any_ = " and ".join(letters[n] for n in left)
        what = f"the program does not fix the shape{'s' * (len(free) > 1)} of {listed(free)}"
        what += f": {', '.join(said)} would fit for any {any_}"
        return self._located(what, free[0], f"write {_option(free[0], some[free[0]])}")

    def _places(self, model: Built) -> int:
        """How many entries there must be for the places and classes that are given."""
        import numpy as np

        graph = model.graph
        names = {node: name for name, node in model.inputs.items()}
        most = 0.0
        for node in graph.cone([model.output]):
            for position, arg in enumerate(graph.args[node]):
                if is_place(graph, node, position):
                    value = self._values.get(names.get(arg, ""), graph.number(arg))
                    largest = 0.0 if value is None else float(np.max(value, initial=0)) + 1
                    most = largest if most < largest < LARGE else most
        return int(most)

    def _several(self, fit: _Fit, others: Sequence[_Fit]) -> ShapeError:
        """More than one shape that fits."""
        name = next(
            name
            for other in others
            for name in {**fit.shapes, **other.shapes}
            if fit.shapes.get(name, ()) != other.shapes.get(name, ())
        )
        shapes = [each.shapes.get(name, ()) for each in (fit, *others)]
        own = self._own_sizes()
        letters = dict(zip(sorted(n for shape in shapes for n in shape if n in own), "nmkpqrs"))
        kinds = list(dict.fromkeys(_spelled(shape, letters) for shape in shapes))
        known = [_option(name, shape) for shape in shapes if not own.intersection(shape)]
        hint = " or ".join(dict.fromkeys(known)) or _option(name, (3,) * len(shapes[0]))
        what = f"the program does not fix the shape of {name}: {' and '.join(kinds)} would fit"
        return self._located(what, name, f"write {hint}")

    def _hard(self, shapes: Shapes) -> ShapeError:
        """The budget is spent."""
        names = sorted(name for name in shapes if name not in self._given)
        what = f"the program is too long to tell the shapes of {listed(names)}"
        return self._located(what, names[0], f"write --shape {names[0]}=3")

    def _located(self, what: str, name: str, hint: str) -> ShapeError:
        program = self._program
        at = needed(program, self._of).get(name, -1)
        error = ShapeError(what, hint=hint, span=program.span(at) if at >= 0 else None)
        program.locate(error)
        return error


def _repeated(probe: _Probe, output: int) -> list[set[str]]:
    """The free variables of every computed value that is repeated to fit another."""
    cone = probe.cone([output])
    depends = probe.depends(cone, probe.free)
    return [
        probe.variables([arg])
        for node in cone
        if probe.ops[node].pointwise and probe.shapes[node]
        for arg in probe.args[node]
        if depends[arg] and probe.args[arg] and probe.shapes[arg] != probe.shapes[node]
    ]


def _spelled(shape: Shape, letters: Mapping[int, str]) -> str:
    """`(n, 3)`"""
    inner = ", ".join(letters.get(n, str(n)) for n in shape)
    return f"({inner},)" if len(shape) == 1 else f"({inner})"


def _option(name: str, shape: Shape) -> str:
    return f"--shape {name}={','.join(map(str, shape))}"


def _primes() -> Iterator[int]:
    """Sizes that no program is likely to have: 211, 223, …"""
    return (n for n in count(211, 2) if all(n % k for k in range(3, int(n**0.5) + 1, 2)))
