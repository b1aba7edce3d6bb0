"""The page of a graph: its numbers are those of the trace, and its code computes them anew."""

from __future__ import annotations

import json
import math
import re
from typing import Any

import pytest
from py_mini_racer import MiniRacer

from gradcli.pictures import drawn
from gradcli.question.question import ask
from gradcli.verbs.evaluate import evaluate
from gradcli.verbs.grad import grad
from gradcli.verbs.trace import trace

E = "r = a+b; s = b+1; e = r*s"
NEURON = "z = w*x + b; h = sigmoid(z); L = -(y*log(h) + (1 - y)*log1p(-h))"

SCALARS: dict[str, Any] = {
    E: ({"a": 2, "b": 1}, [{"a": -3, "b": 0.25}, {"a": "inf", "b": 1}, {"a": "nan", "b": 0}]),
    NEURON: ({"w": 0.5, "x": -1, "b": 0.1, "y": 1}, [{"w": 40}, {"w": -800, "y": 0}]),
    "where(x > y, x^3, 1/y) + relu(x)*max(x, y)": ({"x": 1, "y": 2}, [{"x": 3}, {"y": 0}]),
    "x^y + sqrt(x)": ({"x": 2, "y": 3}, [{"x": 0, "y": 0}, {"x": -2, "y": 2}, {"y": 0.5}]),
    "gamma(x)*erf(y) + digamma(x)": ({"x": 2.5, "y": 0.3}, [{"x": 5}, {"x": -1.5, "y": 6}]),
    "sin(x*y)*exp(x)^2 - cosh(y)/x": ({"x": 0.4, "y": 2}, [{"x": -1.1}, {"x": 700, "y": 1}]),
    "param w = 2; const c = 3; w*c + c*x": ({"x": 1}, [{"w": -1}, {"c": 0.5, "x": 4}]),
    "x*randn() + softplus(x)": ({"x": 1}, [{"x": -20}, {"x": 800}]),
    "clip(x, 0, y)*log(0*x)": ({"x": 1, "y": 2}, [{"x": -1}, {"x": 3}]),
    "mean(x) + norm(y) + mse(x, y)": ({"x": 1, "y": 2}, [{"x": -3, "y": -4}]),
}
"""Programs of numbers: their values, and edits of these."""

every_program = pytest.mark.parametrize("text", SCALARS)


def asked(text: str, values: dict[str, Any]) -> Any:
    return ask(text, [f"{name}={value}" for name, value in values.items()])


def page_of(text: str, values: dict[str, Any], verb: Any = trace, theme: str = "auto") -> str:
    graph = verb(asked(text, values)).graph
    return drawn(graph, None, "html", theme).content


def data_of(text: str) -> Any:
    return json.loads(re.search(r'id="data">(.*?)</script>', text, re.DOTALL)[1])


def code_of(text: str) -> str:
    return re.search(r"<script>(const recompute = .*?)</script>", text, re.DOTALL)[1]


def numbers(data: Any) -> list[Any]:
    """The cells: floats, and the texts of arrays."""
    return [cell[0] if isinstance(cell, list) else float(cell) for cell in data["cells"]]


def same(a: float, b: float, tolerance: float) -> bool:
    return math.isclose(a, b, rel_tol=tolerance) or (math.isnan(a) and math.isnan(b))


def recomputed(text: str, changes: dict[str, Any]) -> list[float]:
    """The cells of a page after an edit, by V8."""
    data = data_of(text)
    cells = numbers(data)
    leaves = {data["nodes"][n]["name"]: data["nodes"][n]["value"] for n in data["leaves"]}
    for name, value in changes.items():
        cells[leaves[name]] = float(value)
    racer = MiniRacer()
    racer.eval(code_of(text))
    found = racer.eval(f"const v = {json.dumps(cells)}; recompute(v); v.map(String).join(' ')")
    return [float(value.replace("Infinity", "inf")) for value in found.split()]


@every_program
def test_the_steps_are_those_of_the_trace(text: str) -> None:
    values, _ = SCALARS[text]
    data = data_of(page_of(text, values))
    nodes, cells = data["nodes"], numbers(data)
    rows = list(trace(asked(text, values)).rows)
    forward = [row for row in rows if row["phase"] == "forward"]
    assert [nodes[n]["name"] for n in data["forward"]] == [row["node"] for row in forward]
    for node, row in zip(data["forward"], forward):
        assert same(cells[nodes[node]["value"]], row["value"], 0)
    backward = [row for row in rows if row["phase"] == "backward"][1:]
    assert [step["symbols"] for step in data["backward"]] == [row["expression"] for row in backward]
    for step, row in zip(data["backward"], backward):
        source, target = data["edges"][step["edge"]]
        assert (nodes[source]["name"], nodes[target]["name"]) == (row["node"], row["from"])
        for name in ("upstream", "local", "downstream"):
            assert same(cells[step[name]], row[name], 0), row
        assert same(cells[step["total"]], row["grad"], 0), row


@pytest.mark.parametrize(
    ("text", "changes"), [(text, edit) for text, (_, edits) in SCALARS.items() for edit in edits]
)
def test_an_edit_gives_the_numbers_of_gradcli(text: str, changes: dict[str, Any]) -> None:
    values, _ = SCALARS[text]
    made = page_of(text, values)
    data, cells = data_of(made), recomputed(made, changes)
    found = {node["name"]: node for node in data["nodes"]}
    rows = list(grad(asked(text, values | changes)).rows)
    assert len(rows) == len(data["nodes"])
    for row in rows:
        node = found[row["node"]]
        assert same(cells[node["value"]], row["value"], 1e-12), row
        if row["grad"] is not None:
            assert same(cells[node["grad"]], row["grad"], 1e-12), row


@every_program
def test_without_an_edit_nothing_changes(text: str) -> None:
    made = page_of(text, SCALARS[text][0])
    assert all(same(a, b, 1e-12) for a, b in zip(numbers(data_of(made)), recomputed(made, {})))


@every_program
def test_code_holds_indices_and_numbers_alone(text: str) -> None:
    body = code_of(page_of(text, SCALARS[text][0])).partition("return (v) => {\n")[2]
    lines = body.removesuffix("\n};\n})();").splitlines()
    word = r"v\[\d+\]|Math\.\w+|[a-z][a-z0-9_]*(?=\()|\d+(?:\.\d+)?(?:e[-+]?\d+)?|Infinity|NaN"
    assert lines
    for line in lines:
        assert re.fullmatch(rf"v\[\d+\] = (?:{word}|[-+*/(), ])+;", line), line


def test_eval_steps_forward_alone() -> None:
    data = data_of(page_of(E, {"a": 2, "b": 1}, evaluate))
    assert data["backward"] == []
    assert len(data["forward"]) == 5
    assert {node["grad"] for node in data["nodes"]} == {-1}
    assert len(data["leaves"]) == 2


def test_arrays_are_shown_in_brief_and_not_edited() -> None:
    data = data_of(page_of("sum(w*x)^2", {"w": "2", "x": "linspace(0, 1, 1000)"}))
    assert data["leaves"] == []
    assert data["fixed"]
    texts = [cell[0] for cell in data["cells"] if isinstance(cell, list)]
    assert texts
    assert max(map(len, texts)) < 100


def test_products_of_arrays_add_up_to_the_gradient() -> None:
    data = data_of(page_of("y = x*x; sum(y*x + sin(y))", {"x": "[1, 2]"}))
    cells = numbers(data)
    place = [node["name"] for node in data["nodes"]].index("x")
    paths = [json.loads(cells[cell]) for cell in data["products"][str(place)]]
    assert len(paths) == 5
    total = json.loads(cells[data["nodes"][place]["grad"]])
    for entry in range(2):
        assert sum(path[entry] for path in paths) == pytest.approx(total[entry], rel=1e-4)


def test_of_large_arrays_no_paths_are_multiplied_out() -> None:
    data = data_of(page_of("y = x*x; sum(y*x)", {"x": "ones(100000)"}))
    assert data["products"] == {}
    assert len(data["backward"]) == 5


def test_a_small_page_is_small_and_always_the_same() -> None:
    made = page_of(E, {"a": 2, "b": 1})
    assert len(made.encode()) < 100_000
    assert made == page_of(E, {"a": 2, "b": 1})


@pytest.mark.parametrize("theme", ["auto", "light", "dark"])
def test_nothing_is_loaded_and_nothing_styled_inline(theme: str) -> None:
    made = page_of(E, {"a": 2, "b": 1}, theme=theme)
    assert f'data-theme="{theme}"' in made
    assert not re.search(r"src\s*=|href=.[^#]|@import|url\(|fetch\(|eval\(|Function\(", made)
    markup = re.sub(r"<(script|style)\b.*?</\1>", "", made, flags=re.DOTALL)
    assert not re.search(r"\s(style|on\w+)=", markup)


def test_in_a_large_graph_every_node_has_its_box() -> None:
    """Of 400 nodes in 150 boxes at the most, a box shows the numbers of a node that is in it."""
    chain = "; ".join(["h0 = x", *(f"h{n + 1} = sin(h{n})*w + h{n}" for n in range(130))])
    made = page_of(chain, {"x": 0.5, "w": 0.1})
    data = data_of(made)
    drawn_boxes = set(map(int, re.findall(r'data-node="(\d+)"', made)))
    assert len(drawn_boxes) <= 150 < len(data["nodes"])
    assert set(data["boxes"]) - {-1} == drawn_boxes
    assert sum(face >= 0 for face in data["faces"]) > 100
    for box, face in enumerate(data["faces"]):
        if face >= 0:
            assert data["boxes"][face] == box
    drawn_arrows = set(map(int, re.findall(r'data-edge="(\d+)"', made)))
    for arrow, (source, target) in zip(data["arrows"], data["edges"]):
        inside = data["boxes"][source] == data["boxes"][target]
        assert (arrow in drawn_arrows) != (inside or data["boxes"][source] < 0)
    assert data["leaves"]
