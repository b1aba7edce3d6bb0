"""Probabilities, losses and backward passes of one example, by the slides' closed forms."""

from __future__ import annotations

import numpy as np
import pytest


def sigma(z):
    return 1 / (1 + np.exp(-z))


SOFTMAX = [0.05482541, 0.09039182, 0.00671372, 0.09989841, 0.73815494, 0.01001570]
PRINTED = ["0.055", "0.090", "0.0067", "0.10", "0.74", "0.010"]


def test_softmax(gradcli, exactly, slide):
    value = gradcli("eval", "softmax").summary["value"]
    for got, printed, digits in zip(value, PRINTED, SOFTMAX, strict=True):
        slide(got, printed)
        assert abs(got - digits) < 0.5e-8
    scores = np.exp([0.6, 1.1, -1.5, 1.2, 3.2, -1.1])
    exactly(value, scores / scores.sum())
    exactly(sum(value), 1)


def test_softmax_with_the_lost_signs_is_another(gradcli):
    value = gradcli("eval", "softmax", "z=[0.6,1.1,1.5,1.2,3.2,1.1]").summary["value"]
    far = [
        abs(got - float(printed)) > 0.5 * 10.0 ** -len(printed.partition(".")[2])
        for got, printed in zip(value, PRINTED)
    ]
    assert all(far)


def test_cross_entropy_with_one_hot(gradcli, exactly):
    summary = gradcli("grad", "cross_entropy").summary
    exactly(summary["value"], np.log(2))
    exactly(summary["gradient"]["q"], [0, -2, 0])


def test_cross_entropy_with_a_distribution(gradcli, exactly):
    summary = gradcli("grad", "cross_entropy", "p=[0.5,0.25,0.25]").summary
    p, q = np.array([0.5, 0.25, 0.25]), np.array([0.2, 0.5, 0.3])
    exactly(summary["value"], -(p * np.log(q)).sum())
    exactly(summary["gradient"]["q"], -p / q)


def test_class_probabilities(gradcli, exactly):
    answer = gradcli("eval", "class_probabilities")
    scores = np.array([2 * 1.2 - 0.6 + 0.9, -2 * 0.3 + 0.2 - 0.2 + 0.1, -1 + 1.4 + 0.3 - 0.1])
    exactly(answer.value("scores"), scores)
    exactly(answer.summary["value"], np.exp(scores) / np.exp(scores).sum())
    exactly(sum(answer.summary["value"]), 1)
    assert min(answer.summary["value"]) > 0


def test_jacobian_of_an_elementwise_function(gradcli, exactly):
    z = np.array([-1, 0, 2])
    jacobian = gradcli("grad", "jacobian_elementwise", "--jacobian").summary["jacobian"]["z"]
    exactly(jacobian, np.diag(sigma(z) * sigma(-z)))


def test_jacobian_of_a_linear_map(gradcli, exactly):
    jacobian = gradcli("grad", "jacobian_linear", "--jacobian").summary["jacobian"]
    x = [0.5, -1, 2]
    exactly(jacobian["x"], [[1, 2, 3], [4, 5, 6]])
    exactly(jacobian["b"], [[1, 0], [0, 1]])
    exactly(jacobian["W"], [[x, [0, 0, 0]], [[0, 0, 0], x]])
    touched = [jacobian["W"][i][1][2] for i in range(2)]
    assert touched == [0, 2]  # W_23 touches z_2 alone, by x_3


def test_jacobian_of_a_dot_product(gradcli, exactly):
    gradient = gradcli("grad", "jacobian_dot").summary["gradient"]
    exactly(gradient["u"], [0.3, 0.6, -0.9])
    exactly(gradient["h"], [1, -2, 0.5])
    jacobian = gradcli("grad", "jacobian_dot", "--jacobian").summary["jacobian"]
    exactly(jacobian["u"], [0.3, 0.6, -0.9])


@pytest.mark.parametrize("y", [1, 0])
def test_logistic_regression_of_one_example(gradcli, exactly, y):
    summary = gradcli("grad", "logistic_example", f"y={y}").summary
    x, w, b = np.array([1.3, -0.6]), np.array([0.5, 0.8]), 0.4
    z = w @ x + b
    exactly(summary["value"], -np.log(sigma(z) if y else sigma(-z)))
    exactly(summary["gradient"]["w"], (sigma(z) - y) * x)
    exactly(summary["gradient"]["b"], sigma(z) - y)


def test_the_printed_logistic_loss_is_another(gradcli, exactly, slide):
    gradient = gradcli("grad", "logistic_slip").summary["gradient"]["w"]
    slide(gradient, "0.7308")
    exactly(gradient, sigma(0.65 - 0.4) * 1.3)
    closed_form = (sigma(0.5 * 1.3 + 0.4) - 0) * 1.3
    slide(closed_form, "0.9630")
    meant = gradcli("grad", "logistic_example", "x=[1.3]", "w=[0.5]", "y=0").summary
    exactly(meant["gradient"]["w"], [closed_form])


def test_two_layer_network(gradcli, exactly):
    answer = gradcli("grad", "two_layer_backward")
    x, y = np.array([1.0, -2.0]), 1
    w1, w2 = np.array([[0.5, -0.25], [0.3, 0.6], [-0.4, -0.7]]), np.array([0.8, -0.5, 0.6])
    z = w1 @ x
    h = np.maximum(z, 0)
    guess = sigma(w2 @ h)
    exactly(answer.value("ŷ"), guess)
    exactly(answer.summary["value"], -np.log(guess))
    exactly(answer.grad("w2"), (guess - y) * h)
    exactly(answer.grad("W1"), np.outer((guess - y) * w2 * (z > 0), x))
    inner = next(row for row in answer.rows if row["expression"] == "w2 @ h")
    exactly(inner["grad"], guess - y)
    exactly(answer.grad("ŷ") * sigma(w2 @ h) * sigma(-(w2 @ h)), guess - y)


def test_word2vec_closed_forms_and_update(gradcli, exactly):
    summary = gradcli("grad", "word2vec").summary
    w, pos = np.array([0.4, -0.3, 0.8]), np.array([0.5, 0.1, 0.2])
    neg = np.array([[-0.3, 0.7, 0.1], [0.6, 0.2, -0.9]])
    exactly(summary["value"], -np.log(sigma(w @ pos)) - np.log(sigma(-neg @ w)).sum())
    by_w = (sigma(w @ pos) - 1) * pos + (sigma(neg @ w)[:, None] * neg).sum(axis=0)
    exactly(summary["gradient"]["c_pos"], (sigma(w @ pos) - 1) * w)
    exactly(summary["gradient"]["C_neg"], sigma(neg @ w)[:, None] * w)
    exactly(summary["gradient"]["w"], by_w)
    new = gradcli("eval", "word2vec", "--of", "new_w").summary["value"]
    exactly(new, w - 0.1 * by_w)


@pytest.mark.parametrize("word", [0, 2, 3])
def test_embedding_lookup(gradcli, exactly, word):
    table = np.array([[0.1, 0.4, -0.2, 0.3], [0.5, -0.6, 0.7, 0.2], [-0.8, 0.9, 0.6, -0.1]])
    answer = gradcli("grad", "embedding_lookup", f"word={word}")
    exactly(answer.value("x"), table[:, word])
    want = np.zeros_like(table)
    want[:, word] = 2 * table[:, word]
    exactly(answer.summary["gradient"]["L"], want)


def test_embedding_lookup_both_ways(gradcli):
    value = gradcli("eval", "embedding_lookup", "--of", "difference").summary["value"]
    assert value == [0, 0, 0]


def window():
    words = np.array([[0.2, -0.1], [0, 0.3], [0.9, 0.4], [-0.2, 0.1], [0.5, -0.6]])
    weights = np.array(
        [
            [0.1, -0.2, 0.3, 0, 0.5, -0.4, 0.2, 0.1, -0.3, 0.6],
            [-0.5, 0.4, 0.2, -0.1, 0.7, 0.3, 0, -0.2, 0.1, 0.2],
            [0.3, 0.1, -0.6, 0.5, -0.2, 0.8, 0.4, 0, 0.2, -0.1],
        ]
    )
    return words, weights, np.array([0.1, -0.1, 0.2]), np.array([0.7, -0.4, 0.5])


def test_ner_window_gradients_of_the_score(gradcli, exactly):
    words, weights, b, u = window()
    x = words.ravel()
    h = np.tanh(weights @ x + b)
    delta = u * (1 - h**2)
    answer = gradcli("grad", "ner_window", "--of", "s")
    exactly(answer.value("x"), x)
    exactly(answer.summary["value"], u @ h)
    exactly(answer.grad("b"), delta)
    exactly(answer.grad("W"), np.outer(delta, x))
    exactly(answer.grad("u"), h)
    exactly(answer.grad("x"), weights.T @ delta)
    exactly(answer.grad("L"), (weights.T @ delta).reshape(5, 2).T)


def test_ner_window_gradients_of_the_probability(gradcli, exactly):
    words, weights, b, u = window()
    h = np.tanh(weights @ words.ravel() + b)
    j = sigma(u @ h)
    answer = gradcli("grad", "ner_window")
    exactly(answer.summary["value"], j)
    exactly(answer.grad("s"), j * (1 - j))
    exactly(answer.grad("b"), j * (1 - j) * u * (1 - h**2))


def test_word_analogies(gradcli):
    # words by number: 0 man, 1 woman, 2 king, 3 queen, 4 apple, 5 empress
    assert gradcli("eval", "analogies", "--of", "answer").summary["value"] == 3
    assert gradcli("eval", "analogies", "--of", "both").summary["value"] == [3, 5]


def test_word_analogies_cosines(gradcli, exactly):
    table = np.array(
        [[0.3, 0.4, 0], [0.3, -0.4, 0], [2, 0.4, 0], [1.5, -0.6, 0.9], [-0.2, 0.1, 2], [4, -0.5, 3]]
    )
    query = table[2] - table[0] + table[1]
    cosine = [row @ query / np.sqrt((row @ row) * (query @ query)) for row in table]
    answer = gradcli("eval", "analogies")
    exactly(answer.value("cosine"), cosine)
    assert int(np.argmax(cosine)) == 2  # with the input words, king itself would win


def test_the_slides_analogy_is_right_for_normalised_vectors(gradcli):
    table = np.array(
        [[0.3, 0.4, 0], [0.3, -0.4, 0], [2, 0.4, 0], [1.5, -0.6, 0.9], [-0.2, 0.1, 2], [4, -0.5, 3]]
    )
    table[3:] /= np.linalg.norm(table[3:], axis=1)[:, None]
    text = str(table.tolist()).replace(" ", "")
    assert gradcli("eval", "analogies", "--of", "both", f"E={text}").summary["value"] == [3, 3]
