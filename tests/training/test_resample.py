"""--resample: a step's draws are those of the seed and the step, and of nothing else."""

from __future__ import annotations

import numpy as np
import pytest

from gradcli.errors import UsageError
from gradcli.graph.build import build
from gradcli.language import parse
from gradcli.learn.batches import Batches
from gradcli.learn.compiled_stepper import CompiledStepper
from gradcli.learn.loss import Loss
from gradcli.learn.optimizers import parse_optimizer
from gradcli.learn.steppers import PlainStepper
from gradcli.question.question import ask

NOISY = """
param W = [[0.5, -0.2, 0.1]]; param c = 0.3
h = tanh([x].T@W)*(uniform(3) > 0.4)/0.6
loss = mean((sum(h, axis=1) + c + 0.1*randn() - y)^2)
"""
START = {"W": np.array([[0.5, -0.2, 0.1]]), "c": 0.3}


class Rows:
    """Two columns of so many rows, as the data of a loss."""

    def __init__(self, rows):
        rng = np.random.default_rng(3)
        self.rows = rows
        self.columns = {"x": rng.uniform(-1, 1, rows), "y": rng.normal(size=rows)}

    def take(self, name, rows=None):
        whole = self.columns[name]
        return whole if rows is None else whole[rows]


def noisy(rows, seed=4):
    data = Rows(rows)
    program = parse(NOISY)

    def made(count):
        return build(program, START, {"x": (count,), "y": (count,)}, of="loss")

    return Loss(made, ["W", "c"], None, data, seed=seed, resample=True)


def drawn(seed, rank, step):
    """What the call of that rank in the text draws in a step, by NumPy alone."""
    return float(np.random.default_rng([seed, rank, step]).standard_normal())


def bits(point):
    return point.step, {name: np.asarray(v).tobytes() for name, v in point.params.items()}


def batches_of(rows, kind, count):
    if kind == "all rows":
        return [None] * count
    epochs = Batches(rows, 8, 1)
    return [epochs.at(step) for step in range(count)]


@pytest.mark.parametrize("rows", [0, 30, 70_000])
@pytest.mark.parametrize("kind", ["all rows", "mini-batches"])
@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_the_loop_ends_in_the_bits_of_plain_steps(rows, kind, optimizer):
    """With blocks of rows, of which 70,000 have several, and without data too."""
    if not rows:
        model = build(parse("param x = 1; param y = [1, 2]; sum((x*y - randn(2))^2) + x*randn()"))
        start = {"x": 1.0, "y": np.array([1.0, 2.0])}
        loss, kind = Loss(lambda _: model, ["x", "y"], seed=9, resample=True), "all rows"
    else:
        loss, start = noisy(rows), START
        assert loss.in_blocks(rows) == (rows > 1000)
    count = 6 if rows > 1000 else 40
    choice, batches = parse_optimizer(optimizer), batches_of(rows, kind, count)
    plain = PlainStepper(loss, choice)
    compiled = CompiledStepper(loss, choice)
    wanted = plain.advance(plain.start(start), [0.02] * count, batches, 0.0)
    point = plain.start(start)
    for part in (slice(0, 1), slice(1, count - 2), slice(count - 2, count)):
        some = batches[part]
        point = compiled.advance(point, [0.02] * len(some), some, 0.0)
    assert bits(point) == bits(wanted)
    assert point.step == count


@pytest.mark.parametrize("start", [900.0, 3.0])
def test_numbers_alone_with_and_without_an_overflow(start):
    """exp(900 + …) raises in the fast code: the careful one takes the same step, with its draw."""
    text = "param x = 1; (x - 1/(1 + stop_gradient(exp(x + randn()))))^2"
    model = build(parse(text), {"x": start})
    loss = Loss(lambda _: model, ["x"], seed=2, resample=True)
    choice = parse_optimizer("sgd")
    plain, compiled = PlainStepper(loss, choice), CompiledStepper(loss, choice)
    begin = plain.start({"x": start})
    ours, wanted = (each.advance(begin, [0.1] * 9, [None] * 9, 0.0) for each in (compiled, plain))
    assert bits(ours) == bits(wanted)


def test_every_step_is_the_one_by_hand(descended):
    """x ← x - 2·lr·(x - n), n the draw of the step; what is told is told with the first draw."""
    found = descended("(x - randn())^2", "x=5", lr="0.1", steps=20, resample=True, seed=3)
    x = 5.0
    for step in range(1, 21):
        x -= 0.2 * (x - drawn(3, 0, step))
    first = float(np.random.default_rng([3, 0]).standard_normal())
    assert found.summary["params"]["x"] == pytest.approx(x, rel=1e-14)
    assert found.summary["loss"] == pytest.approx((x - first) ** 2, rel=1e-13)
    assert found.summary["start_loss"] == pytest.approx((5 - first) ** 2, rel=1e-14)
    assert "anew" in found.summary["drawn"]
    still = descended("(x - randn())^2", "x=5", lr="0.1", steps=20, tol=0.0, seed=3)
    assert "drawn" not in still.summary


def test_it_finds_the_mean_where_one_draw_finds_itself(descended):
    options = {"seed": 1, "schedule": "inverse_time:steps=1,rate=1", "lr": "0.5"}
    anew = descended("(x - 3 - randn())^2", "x=0", resample=True, steps=20_000, **options)
    once = descended("(x - 3 - randn())^2", "x=0", tol=0.0, steps=20_000, **options)
    # a mean of 20,000 draws, with five of its deviations
    assert abs(anew.summary["params"]["x"] - 3) < 5 / np.sqrt(20_000)
    first = float(np.random.default_rng([1, 0]).standard_normal())
    assert once.summary["params"]["x"] == pytest.approx(3 + first, abs=1e-3)


@pytest.mark.parametrize("batch", [{}, {"batch_size": 8}])
@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_resumed_to_the_same_bits(descended, tmp_path, batch, optimizer):
    data, save = tmp_path / "d.csv", str(tmp_path / "m.json")
    rows = Rows(30).columns
    lines = (f"{x!r},{y!r}" for x, y in zip(rows["x"].tolist(), rows["y"].tolist()))
    data.write_text("x,y\n" + "\n".join(lines) + "\n")
    options = {"data": [str(data)], "lr": "0.05", "optimizer": optimizer, "resample": True, **batch}
    whole = descended(NOISY, **options, epochs=11)
    descended(NOISY, **options, epochs=4, save=save)
    again = descended(NOISY, **options, epochs=11, resume=save)
    for a, b in zip(whole.rows, again.rows, strict=True):
        assert np.asarray(a["final"]).tobytes() == np.asarray(b["final"]).tobytes()
    assert whole.summary["loss"] == again.summary["loss"]
    with pytest.raises(UsageError, match="was made with --resample"):
        descended(NOISY, **{**options, "resample": False}, epochs=11, resume=save)
    descended(NOISY, **{**options, "resample": False}, epochs=4, save=save)
    with pytest.raises(UsageError, match="was made without --resample"):
        descended(NOISY, **options, epochs=11, resume=save)


def test_everything_else_sees_the_first_draw(descended):
    found = descended("(x - randn())^2", "x=5", lr="0.1", steps=7, resample=True, seed=3)
    question = ask("(x - randn())^2", [f"x={found.summary['params']['x']!r}"], seed=3)
    assert question.run([question.model.output])[question.model.output] == found.summary["loss"]


@pytest.mark.parametrize(
    ("program", "options", "message"),
    [
        ("x^2", {}, "draws nothing at random"),
        ("param x = randn(); x^2", {}, "draws nothing at random"),
        ("(x - randn())^2", {"optimizer": "lbfgs"}, "resample does not go with"),
        ("(x - randn())^2", {"line_search": True}, "resample does not go with"),
        ("(x - randn())^2", {"errors": True}, "resample"),
    ],
)
def test_what_it_does_not_go_with(descended, program, options, message):
    values = [] if "param" in program else ["x=1"]
    with pytest.raises(UsageError, match=message):
        descended(program, *values, resample=True, **options)
