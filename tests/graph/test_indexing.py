"""Indices of every kind, and the scatter that undoes them, against a loop over entries."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradcli import Model
from gradcli.errors import GradError
from gradcli.run.interpret import StepError

A = np.array
X = np.arange(24.0).reshape(2, 3, 4)
Item = tuple[str, Any]
"""How an item is written, and the places that it means: an int, a list of them, or an array."""


def looked_up(x: Any, items: list[Any]) -> Any:
    """x at the places of the items; those of arrays run together where the first array stands.

    An int takes one place, a list is an axis of its own.
    """
    items = items + [list(range(n)) for n in x.shape[len(items) :]]
    arrays = [item for item in items if isinstance(item, np.ndarray)]
    common = np.broadcast_shapes(*(a.shape for a in arrays)) if arrays else ()
    axes: list[tuple[str, int]] = []
    for place, item in enumerate(items):
        if isinstance(item, list):
            axes.append(("list", place))
        elif isinstance(item, np.ndarray) and ("array", 0) not in axes:
            axes += [("array", axis) for axis in range(len(common))]
            if not common:
                continue
    shape = []
    for kind, number in axes:
        shape.append(len(items[number]) if kind == "list" else common[number])
    result = np.empty(shape)
    for index in np.ndindex(*shape):
        at = dict(zip(axes, index))
        shared = tuple(at[("array", axis)] for axis in range(len(common)))
        source = []
        for place, item in enumerate(items):
            if isinstance(item, int):
                source.append(item)
            elif isinstance(item, list):
                source.append(item[at[("list", place)]])
            else:
                source.append(int(np.broadcast_to(item, common)[shared]))
        result[index] = x[tuple(source)]
    return result


def ints(size: int) -> st.SearchStrategy[Item]:
    return st.integers(-size, size - 1).map(lambda i: (str(i), i))


def slices(size: int) -> st.SearchStrategy[Item]:
    bound = st.one_of(st.just(""), st.integers(-size - 1, size + 1).map(str))
    step = st.sampled_from(["", ":", ":1", ":2", ":-1", ":-2", ":-3"])

    def made(parts: tuple[str, str, str]) -> Item:
        start, stop, by = parts
        numbers = [int(p) if p else None for p in (start, stop, by[1:])]
        return f"{start}:{stop}{by}", list(range(size))[slice(*numbers)]

    return st.tuples(bound, bound, step).map(made)


def arrays(size: int) -> st.SearchStrategy[Item]:
    """Lists of whole numbers, some of them of two axes."""
    place = st.integers(-size, size - 1)
    row = st.lists(place, min_size=2, max_size=2)
    return st.one_of(row, st.lists(row, min_size=3, max_size=3)).map(lambda a: (str(a), A(a)))


def item(size: int) -> st.SearchStrategy[Item]:
    return st.one_of(ints(size), slices(size), arrays(size))


@st.composite
def indices(draw: Any) -> list[Item]:
    count = draw(st.integers(1, 3))
    return [draw(item(size)) for size in X.shape[:count]]


@settings(max_examples=200, deadline=None)
@given(chosen=indices())
def test_random_indices(chosen: list[Item], bench: Any) -> None:
    """The value, the gradient (a place that is taken twice counts twice), and scatter itself."""
    text = f"x[{', '.join(written for written, _ in chosen)}]"
    places = [place for _, place in chosen]
    want = looked_up(X, places)
    case = bench.program(text, x=X)
    (got,) = case.run(case.output)
    assert np.shape(got) == want.shape
    assert np.array_equal(got, want)
    total = case.weigh(case.output, "g")
    g = np.arange(1.0, 1 + want.size).reshape(want.shape) if want.shape else 3.0
    case.values["g"] = g
    (gradient,) = case.differentiate(total, ["x"])
    counted = np.zeros(X.size)
    for place, weight in zip(np.ravel(looked_up(X, places)), np.ravel(g)):
        counted[int(place)] += weight  # the entries of X are their places
    assert np.array_equal(case.run(gradient)[0], counted.reshape(X.shape))
    scattered = bench.program(f"scatter(g, {text})", x=X, g=g)
    assert np.array_equal(scattered.run(scattered.output)[0], counted.reshape(X.shape))
    back = bench.grad(f"sum(w*scatter(g, {text}))", x=X, g=g, w=X)
    assert np.array_equal(back["g"], want)


@settings(max_examples=60, deadline=None)
@given(chosen=indices())
def test_random_indices_are_read_back(chosen: list[Item], bench: Any) -> None:
    case = bench.program(f"x[{', '.join(written for written, _ in chosen)}]", x=X)
    first = case.differentiate(case.squared(case.output), ["x"])
    bench.read_back(case, [case.output, *first])


AS_NUMPY = [
    "0",
    "-1",
    "1, 2",
    ":, 1",
    "0, :, 1",
    "[1, 0, 1]",
    "[[0, 1], [1, 1]]",
    "[0, 1], [2, 0]",
    ":, [2, 0]",
    ":, :, [3, 3, 0]",
    "[1, 0], :, 2:",
    "::-1",
    "::-1, ::2, ::-3",
    "1:1",
    "5:, 0",
    "-1:0:-1",
]


@pytest.mark.parametrize("index", AS_NUMPY)
def test_as_numpy(index: str, bench: Any) -> None:
    """Where NumPy leaves the axes in their places, the result is NumPy's."""
    want = eval(f"X[{index}]", {"X": X})
    assert np.array_equal(bench.value(f"x[{index}]", x=X), want)


def test_computed_indices(bench: Any) -> None:
    x = A([1.0, 4.0, 9.0])
    assert bench.value("x[i]", x=x, i=2.0) == 9.0
    assert bench.value("x[i + 1]", x=x, i=-2.0) == 9.0
    assert bench.value("x[argmax(x)]", x=x) == 9.0
    assert bench.value("x[1:2]", x=x).tolist() == [4.0]
    assert bench.grad("x[argmax(x)]^2", x=x)["x"].tolist() == [0, 0, 18]
    assert bench.grad("sum(x[i]^2)", x=x, i=A([0.0, 0.0, 2.0]))["x"].tolist() == [4, 0, 18]
    assert bench.value("E[ids]", E=X[0], ids=A([[2.0, 0], [1, 1]])).shape == (2, 2, 4)
    assert bench.grad("sum(E[ids, j])", E=X[0], ids=A([2.0, 0]), j=3.0)["E"].tolist() == [
        [0, 0, 0, 1], [0, 0, 0, 0], [0, 0, 0, 1]
    ]  # fmt: skip


WRONG = [
    ("x[5]", "x[5]: index 5 of an axis of 2 entries: x has shape (2, 3, 4)"),
    ("x[0, -4]", "x[0, -4]: index -4 of an axis of 3 entries: x has shape (2, 3, 4)"),
    ("x[0, 0, 0, 0]", "x[0, 0, 0, 0]: 4 indices for 3 axes: x has shape (2, 3, 4)"),
    ("x[::0]", "a slice with a step of 0"),
    ("x[0.5]", "an index must be a whole number, not 0.5"),
    ("x[1.5:]", "a slice must be a whole number, not 1.5"),
]


@pytest.mark.parametrize(("text", "what"), WRONG)
def test_refused_when_the_graph_is_built(text: str, what: str, bench: Any) -> None:
    with pytest.raises(GradError) as caught:
        bench.program(text, x=X)
    assert caught.value.what == what
    assert caught.value.span == (0, len(text))


MASK = "an index takes places, and this is a condition: 1 where it holds, else 0"


@pytest.mark.parametrize(
    "text",
    [
        "v[v > 1]",
        "v[(v > 1)*(v < 3)]",
        "v[step(v)]",
        "W[:, v != 2]",
        "W[W > 1]",
        "v[:2][v[1:] > 1]",
    ],
)
def test_a_mask_is_refused(text: str, bench: Any) -> None:
    with pytest.raises(GradError) as caught:
        bench.program(text, v=A([1.0, 2.0, 3.0]), W=A([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]))
    assert caught.value.what == MASK
    assert caught.value.span == (0, len(text))


def test_a_condition_may_choose_between_two(bench: Any) -> None:
    v = A([1.0, 2.0, 3.0])
    assert bench.value("E[v > 1]", v=v, E=A([5.0, 7.0])).tolist() == [5, 7, 7]
    assert bench.value("v[1*(v > 1)]", v=v).tolist() == [1, 2, 2]
    assert bench.value("v[2 > 1]", v=v) == 2
    rows = {"y": [0.0, 2.0]}  # as many as there are entries, by chance
    assert Model("sum([5, 7][y > 1])")(data=rows) == 12


RUN = [
    ("x[i]", 2.0, "there is no index 2 among 2"),
    ("x[i]", -3.0, "there is no index -3 among 2"),
    ("x[i]", 0.5, "the index 0.5 is no whole number"),
    ("x[i]", float("nan"), "the index nan is no whole number"),
    ("x[i]", float("inf"), "the index inf is no whole number"),
    ("x[[0, i]]", 7.0, "there is no index 7 among 2"),
    ("onehot(i, 3)", 3.0, "there is no class 3 among 3"),
    ("onehot(i, 3)", -1.0, "there is no class -1 among 3"),
    ("cross_entropy(x[0, 0], i)", 4.0, "there is no class 4 among 4"),
    ("nll(x[0, 0], i)", 0.5, "the class 0.5 is no whole number"),
]


@pytest.mark.parametrize(("text", "i", "what"), RUN)
def test_refused_by_the_run(text: str, i: float, what: str, bench: Any) -> None:
    with pytest.raises(StepError) as caught:
        bench.value(text, x=X, i=i)
    assert caught.value.error.what == what
