"""The loss of a program: on all rows, on some, in blocks, and steps on batches of rows."""

import numpy as np
import pytest

from gradcli.graph.build import build
from gradcli.language import parse
from gradcli.learn.batches import Batches
from gradcli.learn.compiled_stepper import CompiledStepper
from gradcli.learn.loss import Loss
from gradcli.learn.optimizers import OPTIMIZERS, parse_optimizer
from gradcli.learn.steppers import PlainStepper
from gradcli.run.interpret import StepError

NETWORK = "mean(cross_entropy(tanh(X@W + b)@V, k)) + s*sum(W^2)"
RELU = "h = relu(X@W + b); sum((h@V[:, 0] - y)^2)"


class Columns:
    """Data in memory; counts how many rows were asked for at once."""

    def __init__(self, **arrays):
        self.arrays = arrays
        self.rows = len(next(iter(arrays.values())))
        self.most = 0

    def take(self, name, rows=None):
        found = self.arrays[name] if rows is None else self.arrays[name][rows]
        self.most = max(self.most, len(found))
        return found


def data_of(rows):
    numbers = np.random.default_rng(rows)
    return Columns(
        X=numbers.normal(size=(rows, 3)),
        y=numbers.normal(size=rows),
        k=numbers.integers(0, 2, rows).astype(float),
    )


PARAMS = {
    "W": np.random.default_rng(1).normal(size=(3, 5)),
    "b": np.zeros(5),
    "V": np.random.default_rng(2).normal(size=(5, 2)),
}


def loss_of(text, data, params=PARAMS, fixed=None, **options):
    program = parse(text)
    fixed = {"s": 0.01} if fixed is None else fixed

    def made(rows):
        shapes = {name: (rows, *array.shape[1:]) for name, array in data.arrays.items()}
        return build(program, {**params, **fixed}, shapes)

    return Loss(made, list(params), fixed, data, **options)


def close(a, b):
    return all(np.allclose(a[name], b[name], rtol=1e-12, atol=1e-13) for name in b)


def equal(a, b):
    return all(np.array_equal(a[name], b[name]) for name in b)


def in_one_piece(text, data, params=PARAMS):
    """The loss and gradient by one compiled call, which the tests of `run` hold to be right."""
    loss = loss_of(text, data, params)
    measure = loss.measure(data.rows)
    values = [*params.values(), *loss.others(measure, None)]
    value, *gradients = measure.compiled(True)(values)
    return value, dict(zip(params, gradients))


@pytest.mark.parametrize("text", [NETWORK, RELU])
@pytest.mark.parametrize("rows", [499, 90_000, 200_001])
def test_all_rows_in_blocks(text, rows):
    data = data_of(rows)
    value, gradient = in_one_piece(text, data)
    found = []
    for workers in (1, 3):
        data.most = 0
        loss = loss_of(text, data, workers=workers)
        found.append(loss.value_and_gradient(PARAMS))
        assert found[-1][0] == pytest.approx(value, rel=1e-12)
        assert close(found[-1][1], gradient)
        assert loss.value(PARAMS) == pytest.approx(value, rel=1e-12)
        assert loss.in_blocks(rows) == (rows > 65_536)
        assert data.most <= 32_768
    assert found[0][0] == found[1][0]
    assert equal(found[0][1], found[1][1])


def test_some_rows():
    data = data_of(90_000)
    loss = loss_of(NETWORK, data)
    for rows in (slice(3, 20), slice(100, 89_000), np.array([5, 2, 5]), np.arange(1, 90_000, 2)):
        part = Columns(**{name: array[rows] for name, array in data.arrays.items()})
        value, gradient = in_one_piece(NETWORK, part)
        found = loss.value_and_gradient(PARAMS, rows)
        assert found[0] == pytest.approx(value, rel=1e-12)
        assert close(found[1], gradient)


def test_what_needs_all_rows_gets_them():
    data = data_of(90_000)
    for text in ("mean(((X@W - mean(X@W))@V)^2)", "std(X@W@V)", "sqrt(mean((X@W@V)^2))"):
        params = {"W": PARAMS["W"], "V": PARAMS["V"]}
        loss = loss_of(text, data, params)
        assert not loss.in_blocks(90_000)
        data.most = 0
        value, gradient = in_one_piece(text, data, params)
        assert data.most == 90_000
        assert loss.value_and_gradient(params)[0] == value
        assert equal(loss.value_and_gradient(params)[1], gradient)


@pytest.mark.parametrize(
    ("text", "in_blocks"),
    [
        ("u = tanh(X@W)@V[:, 0]; mean((diff(sum(u), X)@b[:3] - y)^2) + b@b", True),
        ("diff(mean((X@W@V[:, 0] - y)^2), V)[1, 0] + b@b", True),
        ("s = diff(mean((X@W@V[:, 0] - y)^2), V); sum(s^2) + b@b", False),
    ],
)
def test_a_derivative_in_the_loss(text, in_blocks):
    """In blocks as in one piece, and the gradient as differences say."""
    data = data_of(90_000)
    loss = loss_of(text, data)
    value, gradient = in_one_piece(text, data)
    found = loss.value_and_gradient(PARAMS)
    assert loss.in_blocks(90_000) == in_blocks
    assert found[0] == pytest.approx(value, rel=1e-12)
    assert all(np.allclose(found[1][n], gradient[n], rtol=1e-9, atol=1e-12) for n in PARAMS)
    step = np.zeros((3, 5))
    step[1, 2] = 1e-4
    ahead, behind = (loss.value({**PARAMS, "W": PARAMS["W"] + s}) for s in (step, -step))
    assert found[1]["W"][1, 2] == pytest.approx((ahead - behind) / 2e-4, rel=1e-6)


def test_batches_of_a_derivative_in_the_loss():
    """u' of u = w·x² is 2·w·x: the same steps as on that."""
    data, start = data_of(37), {"w": 0.5}
    batches = [Batches(37, 8, 1).at(step) for step in range(10)]
    ends = []
    for text in ("u = w*X[:, 0]^2; g = diff(sum(u), X); mean((g[:, 0] - y)^2)",
                 "mean((2*w*X[:, 0] - y)^2)"):  # fmt: skip
        loss = loss_of(text, data, start, {})
        stepper = CompiledStepper(loss, parse_optimizer("adam"))
        point = PlainStepper(loss, parse_optimizer("adam")).start(start)
        ends.append(stepper.advance(point, [0.1] * 10, batches, 0.0).params["w"])
    assert ends[0] == pytest.approx(ends[1], rel=1e-12)
    assert ends[0] != 0.5


def test_a_program_that_counts_its_rows_itself():
    data = data_of(90_000)
    loss = loss_of("mean(reshape(X@W@V, 180000)^2)", data, {"W": PARAMS["W"], "V": PARAMS["V"]})
    assert not loss.in_blocks(90_000)
    assert loss.value(PARAMS) > 0


def test_without_data():
    program = parse("(1 - x)^2 + c*(y - x^2)^2")
    values = {"x": -1.0, "y": 2.0, "c": 100.0}
    loss = Loss(lambda rows: build(program, values), ["x", "y"], {"c": 100.0})
    assert loss.value({"x": -1.0, "y": 2.0}) == 104
    assert loss.value_and_gradient({"x": -1.0, "y": 2.0}) == (104, {"x": 396.0, "y": 200.0})
    assert not loss.in_blocks(0)


def test_a_class_out_of_range_is_told_with_its_node():
    data = data_of(60_000)
    data.arrays["k"][59_990] = 7
    for rows in (None, np.array([3, 59_990])):
        loss = loss_of(NETWORK, data)
        with pytest.raises(StepError) as raised:
            loss.value_and_gradient(PARAMS, rows)
        assert str(raised.value.error) == "there is no class 7 among 2\nhint: the first class is 0"


def bits(point):
    return [
        point.step, point.rate, *(np.asarray(v).tobytes() for v in point.params.values()),
        *(np.asarray(v).tobytes() for slot in point.slots.values() for v in slot.values()),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "choice", [*OPTIMIZERS, "nesterov:weight_decay=0.1", "adamw:weight_decay=0"]
)
@pytest.mark.parametrize("text", [NETWORK, RELU, "mean((X@W@V[:, 0] - mean(y))^2) + b@b"])
def test_steps_on_batches(choice, text):
    """Batches of 8, a last short one of 5, and a second epoch; the start is left as it was."""
    data = data_of(37)
    loss = loss_of(text, data)
    optimizer = parse_optimizer(choice)
    plain, ours = PlainStepper(loss, optimizer), CompiledStepper(loss, optimizer)
    batches = [Batches(37, 8, 1).at(step) for step in range(10)]
    point = plain.start(PARAMS)
    before = bits(point)
    rates = [0.01 / (1 + k) for k in range(10)]
    expected = plain.advance(point, rates, batches, 0.0)
    assert bits(ours.advance(point, rates, batches, 0.0)) == bits(expected)
    half = ours.advance(point, rates[:4], batches[:4], 0.0)
    kept = bits(half)
    assert bits(ours.advance(half, rates[4:], batches[4:], 0.0)) == bits(expected)
    assert bits(point) == before
    assert bits(half) == kept


def test_steps_on_all_rows():
    data = data_of(37)
    for choice in OPTIMIZERS:
        loss = loss_of(NETWORK, data)
        optimizer = parse_optimizer(choice)
        plain, ours = PlainStepper(loss, optimizer), CompiledStepper(loss, optimizer)
        point = plain.start(PARAMS)
        for tol in (0.0, 0.05, 1e-9):
            expected = plain.advance(point, [0.05] * 60, None, tol)
            assert bits(ours.advance(point, [0.05] * 60, None, tol)) == bits(expected)


def test_steps_over_many_rows_in_blocks():
    data = data_of(120_000)
    loss = loss_of(NETWORK, data)
    optimizer = parse_optimizer("momentum")
    plain, ours = PlainStepper(loss, optimizer), CompiledStepper(loss, optimizer)
    point = plain.start(PARAMS)
    batches = [Batches(120_000, 60_000, 1).at(step) for step in range(2)]
    for some in (None, batches):
        expected = plain.advance(point, [0.1] * 2, some, 0.0)
        assert bits(ours.advance(point, [0.1] * 2, some, 0.0)) == bits(expected)


def test_data_too_large_to_be_at_hand(monkeypatch):
    """Rows are then taken batch by batch."""
    monkeypatch.setattr("gradcli.learn.compiled_stepper._AT_HAND", 1000)
    data = data_of(100)
    loss = loss_of(NETWORK, data)
    optimizer = parse_optimizer("adam")
    point = PlainStepper(loss, optimizer).start(PARAMS)
    batches = [Batches(100, 8, 1).at(step) for step in range(5)]
    data.most = 0
    ours = CompiledStepper(loss, optimizer).advance(point, [0.1] * 5, batches, 0.0)
    assert data.most == 8
    expected = PlainStepper(loss, optimizer).advance(point, [0.1] * 5, batches, 0.0)
    assert bits(ours) == bits(expected)


def test_a_step_that_is_not_finite_without_guards_is_repeated_with_them():
    """relu and sqrt at 0: 0·inf where a gate would give 0."""
    data = data_of(40)
    data.arrays["X"][5] = 0
    text = "mean(sqrt(relu(X@W))@V[:, 0] - y) + sum(V^2) + sum(where(W > 9, log(W - 9), W)^2)"
    loss = loss_of(text, data, {"W": PARAMS["W"], "V": PARAMS["V"]})
    optimizer = parse_optimizer("sgd")
    plain, ours = PlainStepper(loss, optimizer), CompiledStepper(loss, optimizer)
    point = plain.start({"W": PARAMS["W"], "V": PARAMS["V"]})
    for batches in (None, [Batches(40, 8, 1).at(step) for step in range(10)]):
        expected = plain.advance(point, [0.01] * 10, batches, 0.0)
        assert expected.finite
        found = ours.advance(point, [0.01] * 10, batches, 0.0)
        assert all(np.array_equal(found.params[n], expected.params[n]) for n in expected.params)


def test_a_descent_on_batches_by_compiled_steps_is_the_same(descend):
    data = data_of(50)
    loss = loss_of(NETWORK, data)
    options = {"rows": 50, "batch_size": 16, "epochs": 7, "lr": 0.1, "seed": 3}
    stepper = CompiledStepper(loss, parse_optimizer("momentum"))
    records, run = descend(
        loss, PARAMS, optimizer="momentum", given={"stepper": stepper}, **options
    )
    expected, plain = descend(loss, PARAMS, optimizer="momentum", **options)
    assert [(r.step, r.loss, r.grad_norm) for r in records] == [
        (r.step, r.loss, r.grad_norm) for r in expected
    ]
    assert equal(run.outcome.params, plain.outcome.params)
