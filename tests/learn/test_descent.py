"""The loop: what it yields, when it stops, and what it says then."""

import itertools
import math
import random

import numpy as np
import pytest

from gradcli.learn.descent import Descent
from gradcli.learn.settings import Settings


def test_rosenbrock_of_the_lecture(rosenbrock, descend):
    _, run = descend(rosenbrock, rosenbrock.start, lr=0.001, steps=20_000, tolerance=0.0)
    assert run.outcome.params["x"] == pytest.approx(0.9998495942328983, rel=1e-12)
    assert run.outcome.params["y"] == pytest.approx(0.9996986091698049, rel=1e-12)
    assert run.outcome.steps == 20_000
    assert run.outcome.reason == "stopped after 20,000 steps"
    assert rosenbrock.gradients == 20_001


def test_each_record_holds_the_values_after_its_step(rosenbrock, descend):
    records, _ = descend(rosenbrock, rosenbrock.start, lr=0.001, steps=1000, tolerance=0.0, every=1)
    assert [r.step for r in records] == list(range(1001))
    assert records[0].params == {"x": -1.8, "y": 1.5}
    assert records[0].loss == pytest.approx(310.6)
    assert records[0].lr is None
    assert {r.lr for r in records[1:]} == {0.001}
    assert records[1].params == {"x": pytest.approx(-0.5416), "y": pytest.approx(1.848)}
    assert records[1000].params["x"] == pytest.approx(0.06448875141614169, rel=1e-12)
    for record in records:
        loss, gradient = rosenbrock.value_and_gradient(record.params)
        assert record.loss == loss
        assert record.grad_norm == max(abs(g) for g in gradient.values())


def test_every_thins_and_keeps_the_start_and_the_end(rosenbrock, descend):
    records, _ = descend(rosenbrock, rosenbrock.start, steps=10, tolerance=0.0, every=4)
    assert [r.step for r in records] == [0, 4, 8, 10]
    records, _ = descend(rosenbrock, rosenbrock.start, steps=10, tolerance=0.0, every=99)
    assert [r.step for r in records] == [0, 10]
    records, _ = descend(rosenbrock, rosenbrock.start, steps=0, every=1)
    assert [r.step for r in records] == [0]


def test_without_every_there_are_some_dozens(rosenbrock, descend):
    records, _ = descend(rosenbrock, rosenbrock.start, steps=20_000, tolerance=0.0)
    steps = [r.step for r in records]
    assert steps[:33] == list(range(33))
    assert steps[33:35] == [34, 36]
    assert steps[-1] == 20_000
    assert len(steps) < 200


def test_records_come_as_they_happen(rosenbrock):
    run = Descent(
        rosenbrock, rosenbrock.start, Settings(steps=2_000_000_000, tolerance=0.0, every=1)
    )
    assert [r.step for r in itertools.islice(run, 3)] == [0, 1, 2]
    assert rosenbrock.gradients == 3


def test_converges_at_the_first_step_below_the_tolerance(rosenbrock, descend):
    records, run = descend(rosenbrock, rosenbrock.start, lr=0.001, every=1)
    assert run.outcome.converged
    assert run.outcome.reason == "converged: the largest gradient entry is 9.999e-07, below 1e-06"
    assert run.outcome.steps == 31993
    assert [r.step for r in records if r.grad_norm < 1e-6] == [31993]
    assert run.outcome.grad_norm == records[-1].grad_norm
    # thinning changes nothing
    _, other = descend(rosenbrock, rosenbrock.start, lr=0.001)
    assert other.outcome == run.outcome


def test_a_start_at_the_minimum_has_converged(power, descend):
    records, run = descend(power(), {"x": 0.0})
    assert run.outcome.reason == "converged: the largest gradient entry is 0, below 1e-06"
    assert (run.outcome.steps, len(records)) == (0, 1)


def test_a_missed_tolerance_is_told(rosenbrock, descend):
    _, run = descend(rosenbrock, rosenbrock.start, lr=1e-5, steps=10, tolerance=1e-9)
    assert not run.outcome.converged
    assert (
        run.outcome.reason
        == "stopped after 10 steps: the largest gradient entry is 9.1e+02, above 1e-09"
    )
    _, run = descend(rosenbrock, rosenbrock.start, steps=1, tolerance=0.0)
    assert run.outcome.reason == "stopped after 1 step"


def test_divergence_keeps_the_last_finite_parameters(power, descend):
    records, run = descend(power(), {"x": 1.0}, lr=1.5, every=1)
    outcome = run.outcome
    assert outcome.ending == "diverged"
    assert not outcome.converged
    # x doubles each step: 2^512 squared is the first square above the largest float
    assert outcome.reason == "diverged at step 512: the loss is inf"
    assert outcome.steps == 511
    assert outcome.params == {"x": -(2.0**511)}
    assert outcome.loss == 2.0**1022
    assert outcome.broken == {"x": 2.0**512}
    assert [r.step for r in records] == list(range(512))
    _, thin = descend(power(), {"x": 1.0}, lr=1.5)
    assert thin.outcome == outcome


def test_divergence_of_a_parameter_and_of_a_gradient(power, descend):
    class Flat:
        def value_and_gradient(self, params, rows=None, draw=0):
            return 1.0, {"x": -1e308}

    _, run = descend(Flat(), {"x": 0.0}, lr=1.0)
    assert run.outcome.reason == "diverged at step 2: x is inf"
    assert run.outcome.params == {"x": 1e308}

    class Edge:
        def value_and_gradient(self, params, rows=None, draw=0):
            bad = np.where(params["W"] > 1.5, np.nan, -1.0)
            return 1.0, {"W": bad}

    _, run = descend(Edge(), {"W": np.array([0.0, 1.0])}, lr=0.25)
    assert run.outcome.reason == "diverged at step 3: the gradient of W has an entry nan"
    assert run.outcome.params["W"].tolist() == [0.5, 1.5]


def test_a_loss_that_ends_above_its_start_diverged(power, descend):
    _, run = descend(power(), {"x": 1.0}, lr=1.5, steps=3)
    assert run.outcome.reason == "diverged: the loss ended at 64, above its start at 1"
    assert run.outcome.ending == "diverged"
    assert run.outcome.params == {"x": -8.0}


@pytest.mark.parametrize(
    ("start", "reason"),
    [
        (math.nan, "the start is not finite: x is nan"),
        (1e200, "the start is not finite: the loss is inf"),
    ],
)
def test_a_start_that_is_not_finite(start, reason, power, descend):
    records, run = descend(power(), {"x": start})
    assert run.outcome.ending == "start"
    assert run.outcome.reason == reason
    assert (len(records), run.outcome.steps) == (1, 0)


def test_an_interrupt_ends_between_two_steps(rosenbrock, descend):
    for calls in (0, 1, 2, 5, 9):
        answers = itertools.chain([False] * calls, itertools.repeat(True))
        given = {"stop": lambda answers=answers: next(answers)}
        records, run = descend(rosenbrock, rosenbrock.start, tolerance=0.0, given=given)
        outcome = run.outcome
        assert outcome.ending == "interrupted"
        assert outcome.reason == f"interrupted at step {outcome.steps:,}"
        assert records[-1].params == outcome.params
        assert not outcome.converged


def test_chunks_change_no_result(rosenbrock, monkeypatch, descend):
    outcomes = []
    for longest in (1, 3, 64, 1 << 16):
        monkeypatch.setattr("gradcli.learn.descent._LONGEST_CHUNK", longest)
        for lr in (0.001, 0.004):
            _, run = descend(rosenbrock, rosenbrock.start, lr=lr, steps=3000, optimizer="momentum")
            outcomes.append((lr, run.outcome))
    assert all(outcome == dict(outcomes)[lr] for lr, outcome in outcomes)


def test_a_stepper_may_notice_a_divergence_late(power, descend):
    from gradcli.learn.steppers import Point

    class Careless:
        """Goes on through inf and nan, as compiled code may."""

        def advance(self, point, rates, batches, tol):
            x = point.params["x"]
            for rate in rates:
                x -= rate * 2 * x
            return Point(point.step + len(rates), {"x": x}, point.slots, rates[-1])

    _, plain = descend(power(), {"x": 1.0}, lr=1.5)
    _, run = descend(power(), {"x": 1.0}, lr=1.5, given={"stepper": Careless()})
    assert run.outcome == plain.outcome


def test_clipping_bounds_the_norm_of_all_parameters_together(rosenbrock, mixed, descend):
    records, _ = descend(rosenbrock, rosenbrock.start, lr=1.0, steps=1, every=1, clip=0.5)
    moved = [records[1].params[n] - records[0].params[n] for n in ("x", "y")]
    assert math.hypot(*moved) == pytest.approx(0.5)
    _, gradient = rosenbrock.value_and_gradient(records[0].params)
    assert moved[0] / moved[1] == pytest.approx(gradient["x"] / gradient["y"])
    assert records[0].grad_norm == max(abs(g) for g in gradient.values())
    records, _ = descend(mixed, mixed.start, lr=1.0, steps=1, every=1, clip=0.01)
    step = [records[1].params["x"] - records[0].params["x"]]
    step += (records[1].params["W"] - records[0].params["W"]).ravel().tolist()
    assert math.hypot(*step) == pytest.approx(0.01)


def test_a_gradient_within_the_clip_is_left_alone(rosenbrock, descend):
    _, plain = descend(rosenbrock, rosenbrock.start, steps=50)
    _, clipped = descend(rosenbrock, rosenbrock.start, steps=50, clip=1e6)
    assert plain.outcome == clipped.outcome


def test_mini_batches_learn_the_line(line, descend):
    _, run = descend(line, line.start, lr=0.05, rows=37, batch_size=5, epochs=200)
    w, b = line.solution()
    assert run.outcome.params["W"][0] == pytest.approx(w, abs=0.02)
    assert run.outcome.params["b"] == pytest.approx(b, abs=0.02)
    assert (run.outcome.epochs, run.outcome.steps) == (200, 1600)
    assert run.outcome.samples_seen == 200 * 37
    assert run.outcome.reason == "stopped after 200 epochs"
    assert run.outcome.loss == line.value(run.outcome.params)


def test_mini_batches_cover_each_epoch(line, descend):
    descend(line, line.start, rows=37, batch_size=5, epochs=3)
    assert [len(rows) for rows in line.seen] == ([5] * 7 + [2]) * 3
    for epoch in range(3):
        assert sorted(np.concatenate(line.seen[8 * epoch : 8 * epoch + 8])) == list(range(37))


def test_records_of_mini_batches_are_of_all_rows_and_change_nothing(line, descend):
    records, run = descend(line, line.start, rows=37, batch_size=5, epochs=3, every=1)
    assert [r.step for r in records] == list(range(25))
    for record in records:
        loss, gradient = line.value_and_gradient(record.params)
        assert record.loss == loss
        assert record.grad_norm == max(abs(float(g)) for g in (gradient["W"][0], gradient["b"]))
    _, quiet = descend(line, line.start, rows=37, batch_size=5, epochs=3)
    assert quiet.outcome.params["W"] == run.outcome.params["W"]
    assert quiet.outcome.params["b"] == run.outcome.params["b"]


@pytest.mark.parametrize("every", [1, 5, None])
def test_records_of_mini_batches_say_which_rows_led_there(line, descend, every):
    options = {"lr": 0.05, "rows": 37, "batch_size": 5, "epochs": 3}
    _, plain = descend(line, line.start, **options)
    order = line.seen.copy()
    every_step, _ = descend(line, line.start, **options, every=1)
    records, run = descend(line, line.start, **options, every=every, batches=True)
    assert run.outcome.params["b"] == plain.outcome.params["b"]
    first, *others = records
    assert first.batch is None
    for record in others:
        before = every_step[record.step - 1].params
        assert list(record.batch.rows) == list(order[record.step - 1])
        assert record.batch.loss == line.value_and_gradient(before, record.batch.rows)[0]


def test_the_batch_before_a_divergence(line, descend):
    ends = []
    for every in (1, 1000):
        records, _ = descend(
            line, line.start, lr=1e9, rows=37, batch_size=5, epochs=100, every=every, batches=True
        )
        ends.append((records[-1].step, list(records[-1].batch.rows), records[-1].batch.loss))
    assert ends[0] == ends[1]
    assert ends[0][0] > 1


def test_samples_seen_in_the_middle_of_an_epoch(line, descend):
    _, run = descend(line, line.start, rows=37, batch_size=5, epochs=3, steps=11)
    assert run.outcome.reason == "stopped after 11 steps"
    assert (run.outcome.epochs, run.outcome.samples_seen) == (1, 37 + 15)
    _, run = descend(line, line.start, rows=37, epochs=3)
    assert (run.outcome.epochs, run.outcome.samples_seen) == (3, 3 * 37)


def test_seeds_give_the_order(line, descend):
    ends = [
        descend(line, line.start, rows=37, batch_size=5, epochs=2, seed=seed)[1].outcome.params["b"]
        for seed in (0, 0, 1)
    ]
    assert ends[0] == ends[1] != ends[2]


def test_a_batch_of_all_rows_is_no_mini_batch(line, descend):
    _, one = descend(line, line.start, lr=0.5, rows=37, epochs=50)
    _, two = descend(line, line.start, lr=0.5, rows=37, batch_size=37, epochs=50)
    assert one.outcome.reason == two.outcome.reason
    assert one.outcome.params["b"] == two.outcome.params["b"]
    assert line.seen == []


def test_the_tolerance_of_mini_batches_is_tested_after_an_epoch_on_all_rows(line, descend):
    line.y = 3 * line.x + 2
    records, run = descend(
        line, line.start, lr=0.1, rows=37, batch_size=5, epochs=1000, tolerance=1e-6, every=1
    )
    assert run.outcome.converged
    assert run.outcome.steps % 8 == 0
    whole = [r.step for r in records if r.grad_norm < 1e-6 and r.step % 8 == 0]
    assert whole == [run.outcome.steps]
    assert next(r.step for r in records if r.grad_norm < 1e-6) <= whole[0]


def test_divergence_of_a_mini_batch(line, descend):
    outcomes = []
    for every in (1, 3, None):
        _, run = descend(line, line.start, lr=1e9, rows=37, batch_size=5, epochs=100, every=every)
        outcomes.append(run.outcome)
        assert run.outcome.ending == "diverged"
        assert run.outcome.reason == f"diverged at step {run.outcome.steps:,}: the loss is inf"
        assert np.isfinite(run.outcome.params["W"]).all()
        with np.errstate(over="ignore"):
            assert not math.isfinite(line.value_and_gradient(run.outcome.broken)[0])
    assert len({o.reason for o in outcomes}) == 1


def test_patience_keeps_the_best_parameters(line, descend):
    """The held-out loss falls until b passes 1, then rises: a hand-made overfit."""
    validate = lambda params: abs(params["b"] - 1.0)  # noqa: E731
    records, run = descend(
        line, line.start, lr=0.05, rows=37, epochs=500, patience=3, every=1,
        given={"validate": validate},
    )  # fmt: skip
    best = min(range(len(records)), key=lambda k: validate(records[k].params))
    assert run.outcome.ending == "patience"
    assert run.outcome.steps == best + 3
    assert run.outcome.reason == (
        f"stopped after {best + 3} epochs: the validation loss has not fallen for 3; "
        f"the parameters are those of epoch {best}"
    )
    assert run.outcome.params == records[best].params
    assert run.outcome.validation_loss == validate(records[best].params)
    assert run.outcome.loss == records[best].loss


@pytest.mark.parametrize("patience", [3, 50])
@pytest.mark.parametrize("held", [True, False])
def test_a_patience_that_goes_back_to_the_start_hides_no_divergence(line, descend, patience, held):
    given = {"validate": line.value} if held else {}
    records, run = descend(
        line, line.start, lr=30, rows=37, epochs=9, patience=patience, every=1, given=given
    )
    assert records[-1].loss > records[0].loss
    assert run.outcome.ending == "diverged"
    assert run.outcome.params == line.start
    assert run.outcome.reason == (
        f"diverged: the loss ended at {records[-1].loss:.6g}, above its start at"
        f" {records[0].loss:.6g}; the parameters are those of epoch 0"
    )


def test_an_overfit_from_the_start_on_is_no_divergence(line, descend):
    validate = lambda params: abs(params["b"])  # noqa: E731
    _, run = descend(
        line, line.start, lr=0.05, rows=37, epochs=9, patience=2, given={"validate": validate}
    )
    assert run.outcome.ending == "patience"
    assert run.outcome.params == line.start


def test_patience_watches_the_loss_where_nothing_is_held_out(line, descend):
    _, run = descend(line, line.start, lr=0.3, rows=37, batch_size=5, epochs=500, patience=4)
    assert run.outcome.ending == "patience"
    epochs = run.outcome.epochs
    assert run.outcome.reason == (
        f"stopped after {epochs} epochs: the loss has not fallen for 4; "
        f"the parameters are those of epoch {epochs - 4}"
    )


def test_a_patience_that_is_not_met_still_keeps_the_best(line, descend):
    validate = lambda params: abs(params["b"] - 1.0)  # noqa: E731
    records, run = descend(
        line, line.start, lr=0.05, rows=37, epochs=20, patience=50, every=1,
        given={"validate": validate},
    )  # fmt: skip
    best = min(records, key=lambda r: validate(r.params))
    assert best.step < 20
    assert run.outcome.steps == 20
    assert run.outcome.params == best.params


def test_a_held_out_loss_without_patience_is_reported(line, descend):
    _, run = descend(line, line.start, rows=37, epochs=5, given={"validate": lambda p: 7.5})
    assert run.outcome.validation_loss == 7.5
    assert run.outcome.reason.startswith("stopped after 5 epochs")


def test_a_schedule_decays_over_the_whole_run(power, line, descend):
    records, _ = descend(
        power(), {"x": 5.0}, lr=0.1, schedule="cosine", steps=50, tolerance=0.0, every=1
    )
    assert records[1].lr == 0.1
    assert records[26].lr == pytest.approx(0.05)
    records, _ = descend(
        line, line.start, lr=0.1, schedule="linear", rows=37, batch_size=5, epochs=5, every=1
    )
    assert [r.lr for r in records[1:]] == pytest.approx([0.1 * (1 - k / 40) for k in range(40)])


def test_a_plateau_lowers_the_rate_by_steps_or_by_epochs(power, line, descend):
    """x jumps between 1 and -1 for ever at a rate of 1: no loss ever falls."""
    records, _ = descend(
        power(), {"x": 1.0}, lr=1.0, schedule="plateau:patience=3,factor=0.5", steps=12, every=1
    )
    assert [r.lr for r in records[1:]][:6] == [1, 1, 1, 1, 1, 0.5]
    spec = "plateau:patience=1,factor=0.5,threshold=1"
    records, _ = descend(
        line, line.start, lr=0.1, schedule=spec, rows=37, batch_size=5, epochs=6, every=1
    )
    rates = [r.lr for r in records[1:]]
    assert rates == [0.1] * 24 + [0.05] * 16 + [0.025] * 8


def test_a_random_walk_of_requests_ends_in_the_same_bits(line, descend):
    """Trace, thinning and interrupts are independent of the path."""
    source = random.Random(1)
    ends = set()
    for _ in range(10):
        every = source.choice([None, 1, 3, 7, 50])
        _, run = descend(
            line,
            line.start,
            optimizer="adam",
            lr=0.05,
            rows=37,
            batch_size=4,
            epochs=9,
            every=every,
        )
        ends.add((run.outcome.params["W"][0], run.outcome.params["b"]))
    assert len(ends) == 1
