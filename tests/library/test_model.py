"""The library answers what derivatives by hand say, and leaves its caller's process alone."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
import warnings
from dataclasses import FrozenInstanceError

import numpy as np
import pytest

import gradcli
from gradcli import GradError, Model

RNG = np.random.default_rng(0)
W, X = RNG.normal(size=(3, 4)), RNG.normal(size=4)


def test_importing_costs_next_to_nothing():
    code = "import sys, gradcli; print([m for m in ('numpy', 'scipy', 'rich', 'typer', 'lark', "
    code += "'gradcli.errors') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_every_public_name_is_there():
    assert sorted(gradcli.__all__) == gradcli.__all__
    for name in gradcli.__all__:
        assert getattr(gradcli, name) is not None
    with pytest.raises(AttributeError):
        gradcli.nothing  # noqa: B018


def test_gradients_of_arrays():
    found = Model("sum(tanh(W@x)^2)").grad(W=W, x=X)
    h = np.tanh(W @ X)
    assert found.value == pytest.approx(float((h * h).sum()), rel=1e-14)
    np.testing.assert_allclose(found.gradient["W"], np.outer(2 * h * (1 - h * h), X), rtol=1e-12)
    assert isinstance(found.gradient["W"], np.ndarray)
    assert isinstance(Model("x^2").grad(x=3).gradient["x"], float)


def test_values_of_all_kinds():
    m = Model("sum(x)")
    for value in ([1, 2], (1.0, 2.0), np.array([1, 2], np.int8), np.array([True, 1]), [1, 2.0]):
        assert m(x=value) == sum(value)
    assert Model("x")(x=np.float32(0.5)) == 0.5
    assert Model("x")(x=True) == 1.0
    assert Model("of + data")({"of": 2, "data": 3}) == 5.0


def test_names_are_what_takes_values():
    m = Model("h = W@x + b; param b = 0; const c = 2; sum(h)*c*pi; unused = z")
    assert sorted(Model("(a+b)*(b+1)").names) == ["a", "b"]
    assert sorted(m.names) == ["z"]
    assert sorted(Model(m.program.text, of="h").names) == ["W", "b", "x"]


def test_sources(tmp_path):
    file = tmp_path / "square.grad"
    file.write_text("x^2\n")
    plain = tmp_path / "square.txt"
    plain.write_text("x^3\n")
    assert Model(file)(x=3) == Model(str(file))(x=3) == 9
    assert Model(plain)(x=2) == 8
    assert Model("rosenbrock").grad(x=1, y=1).gradient == {"x": 0.0, "y": 0.0}
    assert Model("a*b; c = a + b", of="c")(a=2, b=3) == 5


def test_jacobian_and_hessian():
    h = np.tanh(W @ X)
    jacobian = Model("tanh(W@x)").jacobian(W=W, x=X, wrt="x")
    np.testing.assert_allclose(jacobian["x"], (1 - h * h)[:, None] * W, rtol=1e-12)
    assert list(jacobian) == ["x"]
    hessian = Model("x^3*y").hessian(x=2.0, y=3.0)
    assert hessian["x"]["x"] == 36.0
    assert hessian["x"]["y"] == hessian["y"]["x"] == 12.0


def test_check_and_claims():
    m = Model("(a+b)*(b+1)")
    assert m.check().passed
    assert m.check(claims={"a": "b + 1", "b": "a + 2*b + 1"}).passed
    wrong = m.check(claims=["b = a + b"])
    assert not wrong.passed
    assert wrong.rows[0]["verdict"] == "wrong"
    assert any("is wrong" in note for note in wrong.notes)
    assert Model("x@A@x").check(shapes={"A": (3, 3)}, claims={"x": "(A + A.T)@x"}).passed
    assert Model("sqrt(x)").check(range=(1, 2), points=50).points >= 50


def test_symbolic_needs_no_values():
    found = Model("(a+b)*(b+1)").symbolic()
    assert Model(found["b"])(a=2, b=1) == 5
    assert "value" not in found.report.columns
    shaped = Model("sum(tanh(W@x))").symbolic(shapes={"W": (2, 3)})
    claim = {"x": shaped["x"]}
    assert Model("sum(tanh(W@x))").check(claims=claim, shapes={"W": (2, 3)}).passed


def test_symbolic_of_every_kind():
    h = Model("h = tanh(k*q); h^2")
    assert h.symbolic(expand=True)["k"] == "2 * tanh(k * q) * (1 - tanh(k * q)^2) * q"
    assert Model("W@x").symbolic(kind="jacobian", wrt="x", shapes={"W": (2, 3)})["x"] == "W"
    assert Model("x^3*y").symbolic(kind="hessian")["x"] == {"x": "6 * y * x", "y": "3 * x^2"}
    with pytest.raises(GradError, match="there is no kind 'third' of derivative"):
        h.symbolic(kind="third")


def test_trace():
    found = Model("e = r*s; r = a+b; s = b+1").trace(a=2, b=1)
    assert found.value == 6
    backward = [row for row in found.steps if row["phase"] == "backward"]
    assert [row["grad"] for row in backward if row["node"] == "b"][-1] == 5


def test_results_are_frozen_and_plain():
    found = Model("sum(x^2)").grad(x=[1.0, 2.0])
    with pytest.raises(FrozenInstanceError):
        found.value = 3
    plain = json.loads(json.dumps(found.to_dict()))
    assert plain["summary"]["gradient"] == {"x": [2.0, 4.0]}
    assert plain["rows"][0]["node"] == "x"
    assert repr(found) == "Gradient(output='e', value=5.0, gradient={'x': [2.0, 4.0]})"


def test_a_notebook_shows_an_escaped_table():
    html = Model("where(x < 1, x^2, 0)").eval(x=0.5)._repr_html_()
    assert html.startswith("<table>")
    assert "x &lt; 1" in html
    assert "<1" not in html
    assert "[2, 4]" in Model("sum(x^2)").grad(x=[1.0, 2.0])._repr_html_()
    assert "several" in Model("a*b; a + b").eval(a=1, b=2).notes[0]
    assert Model("x^2").grad(x=3)._repr_latex_().startswith("\\begin{tabular}")


@pytest.mark.parametrize(
    ("text", "values", "said"),
    [
        ("2x", {}, "2*x"),
        ("x^2", {}, "'x' has no value"),
        ("x^2", {"x": 1, "z": 2}, "no variable 'z'"),
        ("W@x", {"W": [[1, 2]], "x": [1, 2, 3]}, "shape"),
        ("x^2", {"x": "three"}, "x is 'three': a value is a number"),
        ("x^2", {"x": [[1], [1, 2]]}, "not of one length"),
        ("x^2", {"x": 1j}, "a value is a number"),
        ("x^2", {"x": None}, "a value is a number"),
        ("x^2", {"x": 10**400}, "too large"),
        ("zeros(1e9, 1e9)*x", {"x": 1}, "GB of memory"),
        ('__import__("os").system("x")', {}, ""),
    ],
)
def test_what_is_wrong_is_a_grad_error(text, values, said):
    with pytest.raises(GradError) as caught:
        Model(text)(**values)
    assert said in str(caught.value)
    assert caught.value.exit_code == 2


def test_nothing_of_the_process_changes(capfd):
    before = np.geterr(), signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = Model("sum(log(x)/x)").grad(x=[0.0, 1.0])
        Model("rosenbrock").descend(lr=0.001, steps=50, tol=0)
        Model("param w = 0; mean((w*x - y)^2)").descend(data={"x": [1, 2], "y": [2, 4]}, lr=0.1)
        Model("f = (x-3)^2").descend(x=0, lr=3, steps=500)
    assert found.report.exit_code == 3
    assert any("not finite" in note for note in found.notes)
    after = np.geterr(), signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    assert after == before
    assert capfd.readouterr() == ("", "")


def test_models_in_threads_of_their_own():
    found: dict[int, float] = {}

    def work(number: int) -> None:
        m = Model("sum(tanh(W@x)^2)*k")
        f = m.compile()
        for _ in range(20):
            value, _ = f(W=W, x=X, k=float(number))
            assert value == pytest.approx(m.grad(W=W, x=X, k=number).value, rel=1e-13)
        ended = Model("(x-k)^2").descend(x=0.0, k=number, wrt="x", lr=0.1)
        found[number] = ended.params["x"]

    threads = [threading.Thread(target=work, args=(n,)) for n in range(1, 5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == pytest.approx({n: n for n in range(1, 5)}, abs=1e-5)
