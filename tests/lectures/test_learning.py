"""Learning from data: losses, gradients and descents against NumPy, and what each model reaches."""

from __future__ import annotations

import csv
import functools
import json
from pathlib import Path

import numpy as np
import pytest

DATA = Path(__file__).parents[2] / "samples" / "data"


@functools.cache
def table(name):
    """The columns of a data file: numbers, or the words themselves."""
    with (DATA / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        header, *rows = list(csv.reader(file))
    columns = {}
    for title, *cells in zip(header, *rows):
        try:
            columns[title] = np.array([float(cell) for cell in cells])
        except ValueError:
            columns[title] = np.array(cells)
    return columns


def numbered(*columns):
    """Columns of words side by side as class numbers, by one sorted list."""
    words = sorted({word for column in columns for word in column.tolist()})
    found = np.array([[words.index(word) for word in column.tolist()] for column in columns]).T
    return found if len(columns) > 1 else found[:, 0]


def softplus(z):
    # stable, and analytic where the real part is not 0
    return np.where(z.real > 0, z, 0) + np.log1p(np.exp(np.where(z.real > 0, -z, z)))


def log_sum(scores):
    top = scores.real.max(axis=1, keepdims=True)
    return top[:, 0] + np.log(np.exp(scores - top).sum(axis=1))


def negative_log_likelihood(scores, y):
    return (log_sum(scores) - scores[np.arange(len(y)), y]).mean()


def logistic(z, y):
    return (y * softplus(-z) + (1 - y) * softplus(z)).mean()


def nested_mess(p):
    d = table("nested_mess")
    z = p["w0"] + d["x1"] * p["w"][0] + d["x2"] * p["w"][1]
    return (d["y"] * softplus(z)).sum() / 6


def linear_regression(p):
    d = table("line")
    return ((p["w"] * d["x"] + p["b"] - d["y"]) ** 2).mean()


def logistic_regression(p):
    d = table("logistic")
    return logistic(d["x1"] * p["w"][0] + d["x2"] * p["w"][1] + p["b"], d["y"])


def logistic_regression_x0(p):
    d = table("logistic")
    return logistic(p["w"][0] + d["x1"] * p["w"][1] + d["x2"] * p["w"][2], d["y"])


def flowers():
    d = table("iris")
    x = np.stack([d[c] for c in list(d)[:4]], axis=1)
    return x, numbered(d["species"])


def iris(p):
    x, y = flowers()
    return negative_log_likelihood((x - np.array([6, 3, 4, 1])) @ p["W"] + p["b"], y)


def iris_l2(p):
    return iris(p) + 0.01 * (p["W"] ** 2).sum()


def iris_single_b(p):
    x, y = flowers()
    return negative_log_likelihood(x @ p["W"] + p["b"], y)


def xor(p):
    d = table("gates")
    h = np.tanh(np.stack([d["x1"], d["x2"]], 1) @ p["W1"] + p["b1"])
    return logistic(h @ p["w2"] + p["b2"], d["xor"])


def moons(p):
    d = table("moons")
    z = np.stack([d["x1"], d["x2"]], 1) @ p["W1"] + p["b1"]
    return negative_log_likelihood(z * (z.real > 0) @ p["W2"] + p["b2"], numbered(d["moon"]))


def perceptron(p, gate):
    d = table("gates")
    z = d["x1"] * p["w"][0] + d["x2"] * p["w"][1]
    return (((z.real >= 0.5) - d[gate]) * (z - 0.5)).mean()


def skipgram(p):
    d = table("skipgram")
    ids = numbered(*d.values())
    w, c = p["W"][ids[:, 0]], p["C"]
    scores = [(w * c[ids[:, k]]).sum(axis=1) for k in (1, 2, 3)]
    return (softplus(-scores[0]) + softplus(scores[1]) + softplus(scores[2])).mean()


def glove(p):
    d = table("counts")
    i, j, x = numbered(d["word"]), numbered(d["near"]), d["times"]
    fit = (p["w"][i] * p["v"][j]).sum(axis=1) + p["b"][i] + p["c"][j]
    return (np.minimum(1, (x / 100) ** 0.75) * (fit - np.log(x)) ** 2).sum()


def language_model(p):
    d = table("language")
    ids = numbered(d["w1"], d["w2"], d["w3"])
    x = np.concatenate([p["E"][ids[:, k]] for k in range(3)], axis=1)
    scores = np.tanh(x @ p["W"] + p["b"]) @ p["U"] + p["c"]
    return negative_log_likelihood(scores, numbered(d["next"]))


def ner(p):
    d = table("entities")
    ids = numbered(*(d[f"w{k}"] for k in range(1, 6)))
    x = np.concatenate([p["E"][ids[:, k]] for k in range(5)], axis=1)
    return logistic(np.tanh(x @ p["W"] + p["b"]) @ p["u"], d["place"])


LOSSES = {
    "nested_mess": nested_mess,
    "linear_regression": linear_regression,
    "logistic_regression": logistic_regression,
    "logistic_regression_x0": logistic_regression_x0,
    "iris": iris,
    "iris_l2": iris_l2,
    "iris_single_b": iris_single_b,
    "xor": xor,
    "moons": moons,
    "perceptron_and": lambda p: perceptron(p, "and"),
    "perceptron_xor": lambda p: perceptron(p, "xor"),
    "skipgram": skipgram,
    "glove": glove,
    "language_model": language_model,
    "ner": ner,
}


def slopes(loss, start):
    """Every partial derivative by a complex step, which loses no digit."""
    found = {}
    for name, value in start.items():
        slope = np.empty(np.shape(value))
        for place in np.ndindex(slope.shape):
            moved = np.array(value, dtype=complex)
            moved[place] += 1e-30j
            slope[place] = loss({**start, name: moved}).imag / 1e-30
        found[name] = slope
    return found


def arrays(params):
    return {name: np.array(value, dtype=float) for name, value in params.items()}


@pytest.mark.parametrize("name", LOSSES)
def test_loss_and_gradient_at_the_start(gradcli, name):
    answer = gradcli("grad", name)
    start = arrays({r["node"]: r["value"] for r in answer.rows if r["kind"] == "param"})
    loss = LOSSES[name]
    assert answer.summary["value"] == pytest.approx(float(loss(start).real), rel=1e-12)
    gradient = arrays(answer.summary["gradient"])
    want = slopes(loss, start)
    assert gradient.keys() == want.keys()
    for key, value in want.items():
        assert np.allclose(gradient[key], value, rtol=1e-10, atol=1e-13), key


def test_perceptron_rule(gradcli):
    # one pass in the file's order is not what a seeded epoch does, but a full batch is the sum
    answer = gradcli("grad", "perceptron_and", "w=[0.6,0.2]")
    x = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
    guess = (x @ [0.6, 0.2] >= 0.5) * 1.0
    want = -((np.array([0, 0, 0, 1]) - guess)[:, None] * x).mean(axis=0)
    assert answer.summary["gradient"]["w"] == pytest.approx(want.tolist(), abs=1e-15)


def test_glove_leaves_zero_counts_out(gradcli, tmp_path):
    more = tmp_path / "counts.csv"
    more.write_text((DATA / "counts.csv").read_text() + "ice,gas,0\n")
    same = gradcli("grad", "glove").summary
    assert gradcli("grad", "glove", "--data", str(more)).summary == same


def test_single_b_of_the_slide_has_no_gradient(gradcli):
    spread = "W=[[1,0,0],[0,1,0],[0,0,1],[1,0,1]]"
    shared = gradcli("grad", "iris_single_b", spread).summary["gradient"]["b"]
    assert abs(shared) < 1e-15
    separate = gradcli("grad", "iris", spread).summary["gradient"]["b"]
    assert max(map(abs, separate)) > 0.1
    assert sum(separate) == pytest.approx(0, abs=1e-15)


@pytest.mark.parametrize("name", [n for n in LOSSES if n not in ("nested_mess", "glove")])
def test_ten_steps_are_those_of_numpy(gradcli, name):
    options = ("--lr", "0.05", "--epochs", "10", "--tol", "0")
    answer = gradcli("descend", name, *options)
    at = arrays({row["parameter"]: row["start"] for row in answer.rows})
    for _ in range(10):
        slope = slopes(LOSSES[name], at)
        at = {key: value - 0.05 * slope[key] for key, value in at.items()}
    got = arrays(answer.summary["params"])
    for key, value in at.items():
        assert np.allclose(got[key], value, rtol=1e-9, atol=1e-11), key
    assert answer.summary["steps"] == answer.summary["epochs"] == 10


@pytest.fixture
def train(gradcli, tmp_path):
    """Runs the command of a story, and asks the trained model for some of its nodes."""

    def run(name, *options, code=0):
        saved = str(tmp_path / f"{name}.json")
        answer = gradcli("descend", name, *options, "--save", saved, code=code)

        def node(of):
            return gradcli("eval", name, "--params", saved, "--of", of).summary["value"]

        return answer.summary, node

    return run


def test_linear_regression(train):
    summary, _ = train("linear_regression", "--lr", "0.1", "--epochs", "200")
    d = table("line")
    design = np.stack([d["x"], np.ones(40)], 1)
    w, b = np.linalg.lstsq(design, d["y"], rcond=None)[0]
    assert summary["params"]["w"] == pytest.approx(w, abs=1e-6)
    assert summary["params"]["b"] == pytest.approx(b, abs=1e-6)
    assert (w, b) == (pytest.approx(3.0147322, abs=5e-8), pytest.approx(1.9282613, abs=5e-8))


def test_logistic_regression_by_sgd(train):
    summary, node = train(
        "logistic_regression", "--lr", "0.05", "--batch-size", "1", "--epochs", "20"
    )
    assert summary["samples_seen"] == 20 * 80
    assert summary["loss"] < 0.36  # the least possible is 0.3461
    assert node("accuracy") >= 0.8


def test_the_bias_as_x0_trains_to_the_same(train):
    options = ("--lr", "0.05", "--batch-size", "1", "--epochs", "20")
    one = train("logistic_regression", *options)[0]["params"]
    other = train("logistic_regression_x0", *options)[0]["params"]
    assert [one["b"], *one["w"]] == pytest.approx(other["w"], abs=1e-12)


def test_logistic_regression_has_one_minimum(gradcli):
    answer = gradcli("descend", "logistic_regression", "--optimizer", "newton", "--tol", "1e-10")
    params = answer.summary["params"]
    assert [params["b"], *params["w"]] == pytest.approx(
        [0.87048266, 1.69351538, -2.61943378], abs=1e-7
    )
    assert answer.summary["loss"] == pytest.approx(0.3460820070632458, abs=1e-12)


def test_iris_trains_saves_and_predicts(train, gradcli, tmp_path):
    summary, node = train("iris", "--lr", "0.05", "--batch-size", "16", "--epochs", "50")
    assert summary["epochs"] == 50
    assert summary["loss"] < 0.25
    assert node("accuracy") >= 0.93
    rows = "5.0,3.4,1.5,0.2\n6.7,3.1,5.6,2.4\n"  # no column species: only the loss needs it
    new = tmp_path / "new.csv"
    new.write_text("sepal_length,sepal_width,petal_length,petal_width\n" + rows)
    saved = json.loads((tmp_path / "iris.json").read_text())
    assert saved
    answer = gradcli(
        "eval", "iris", "--data", str(new), "--params", str(tmp_path / "iris.json"),
        "--of", "p", "--per-row",
    )  # fmt: skip
    assert len(answer.rows) == 2
    params = arrays(summary["params"])
    x = np.array([[5.0, 3.4, 1.5, 0.2], [6.7, 3.1, 5.6, 2.4]]) - [6, 3, 4, 1]
    p = np.exp(x @ params["W"] + params["b"])
    p /= p.sum(axis=1, keepdims=True)
    for row, want in zip(answer.rows, p):
        entries = [value for key, value in row.items() if key != "row"]
        flat = np.ravel(entries)
        assert np.allclose(flat.astype(float), want, rtol=1e-9)


def test_iris_learning_rates_are_compared_on_rows_held_out(gradcli):
    answer = gradcli(
        "descend", "iris", "--lr", "0.001,0.05,0.5", "--batch-size", "16", "--epochs", "50",
        "--holdout", "0.2",
    )  # fmt: skip
    assert [row["lr"] for row in answer.rows] == [0.001, 0.05, 0.5]
    losses = [row["loss"] for row in answer.rows]
    assert losses[0] > losses[1] > losses[2]


def test_iris_with_a_penalty_reaches_its_optimum(gradcli):
    for options, optimum in [((), 0.2884538843777113), (("l2=0.1",), 0.5743803587154653)]:
        answer = gradcli("descend", "iris_l2", *options, "--optimizer", "lbfgs")
        assert abs(answer.summary["loss"] - optimum) < 1e-8
        assert answer.summary["converged"] is True


def test_single_b_stays_where_it_is(gradcli):
    answer = gradcli("descend", "iris_single_b", "--lr", "0.01", "--epochs", "20")
    assert abs(answer.summary["params"]["b"]) < 1e-14


@pytest.mark.parametrize("seed", ["0", "1", "2"])
def test_xor_is_learned(train, seed):
    summary, node = train("xor", "--lr", "0.5", "--epochs", "3000", "--seed", seed)
    assert summary["loss"] < 0.01
    assert node("accuracy") == 1
    assert [round(p) for p in node("p")] == [0, 1, 1, 0]


def test_moons_are_separated(train):
    summary, node = train("moons", "--lr", "0.3", "--batch-size", "20", "--epochs", "300")
    assert node("accuracy") == 1
    assert summary["loss"] < 0.05


def test_perceptron_learns_and(train):
    summary, node = train("perceptron_and", "--lr", "0.1", "--batch-size", "1", "--epochs", "20")
    assert node("errors") == 0
    assert node("ŷ") == [0, 0, 0, 1]
    w1, w2 = summary["params"]["w"]
    assert w1 < 0.5
    assert w2 < 0.5
    assert w1 + w2 >= 0.5


def test_perceptron_cannot_learn_xor(train):
    for epochs in ("3", "20", "100"):
        _, node = train("perceptron_xor", "--lr", "0.1", "--batch-size", "1", "--epochs", epochs)
        assert node("errors") >= 1


def test_skipgram_finds_company(train):
    summary, node = train("skipgram", "--lr", "0.5", "--epochs", "500")
    assert summary["loss"] < 0.03
    words = sorted(set(table("skipgram")["word"].tolist()))
    cosine = np.array(node("cosine"))

    def alike(a, b):
        return cosine[words.index(a), words.index(b)]

    assert alike("cat", "dog") > 0.85 > alike("cat", "tea") + 0.3
    assert alike("tea", "coffee") > 0.85 > alike("dog", "coffee") + 0.3


def test_glove_finds_the_ratios_of_ice_and_steam(train):
    summary, node = train("glove", "--lr", "0.05", "--epochs", "2000")
    assert summary["loss"] < 1e-9
    fashion, gas, solid, water = node("ratio")
    assert gas < fashion < water < solid
    want = [17 / 18, 66 / 780, 190 / 22, 3000 / 2200]
    assert [fashion, gas, solid, water] == pytest.approx(want, rel=1e-3)


def test_language_model(train):
    summary, node = train("language_model", "--lr", "0.5", "--epochs", "1000")
    assert 2 * np.log(2) / 14 < summary["loss"] < 0.11
    assert node("accuracy") == pytest.approx(13 / 14)


def test_window_classifier(train):
    summary, node = train("ner", "--lr", "0.5", "--epochs", "500")
    assert node("accuracy") == 1
    assert summary["loss"] < 0.01


def test_word2vec_update(gradcli, exactly):
    options = ("--wrt", "w", "--lr", "0.1", "--steps", "1", "--tol", "0")
    params = gradcli("descend", "word2vec", *options).summary["params"]
    exactly(params["w"], gradcli("eval", "word2vec", "--of", "new_w").summary["value"])


def test_two_two_one_update(gradcli, exactly):
    options = ("--lr", "0.1", "--steps", "1", "--tol", "0")
    summary = gradcli("descend", "network_2_2_1", *options).summary
    want = {
        "w1": 0.7010550773020272,
        "w2": 0.3008874217300201,
        "w3": 0.4006330463812164,
        "w4": 0.6005324530380121,
        "w5": 0.5599752540315142,
        "w6": 0.4594302092132632,
    }
    for name, value in want.items():
        exactly(summary["params"][name], value)
    exactly(summary["loss"], 0.1236183246243174)
