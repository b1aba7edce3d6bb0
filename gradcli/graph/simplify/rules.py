"""The table of rewrite rules: pattern → replacement, in the language itself.

Names stand for any formula, the same one wherever they occur. A pattern that is a product is found
among the factors of one, a sum of two terms among the terms of one, with any common factor. Each
holds wherever its left side has a value; the conditions are:

vector    the names stand for vectors, all of one size, capitals for square matrices of that size
array     the names stand for arrays of one axis or more
"""

from __future__ import annotations

from typing import NamedTuple


class Rewriting(NamedTuple):
    """One rule."""

    pattern: str
    replacement: str
    condition: str = ""


RULES = [
    Rewriting(*(part.strip() for part in line.split("|")))
    for line in """
    log(exp(x))                      | x
    log(sqrt(x))                     | log(x) / 2
    log(x^(1 / 3))                   | log(x) / 3
    log(1 / x)                       | -log(x)
    exp(log_sigmoid(x))              | sigmoid(x)
    log(sigmoid(x))                  | log_sigmoid(x)
    log(1 - sigmoid(x))              | log_sigmoid(-x)
    log(1 + exp(x))                  | softplus(x)
    exp(softplus(x))                 | 1 + exp(x)
    exp(-softplus(x))                | 1 - sigmoid(x)
    sigmoid(log(x))                  | x / (1 + x)
    exp(log_softmax(x))              | softmax(x) | array
    log(softmax(x))                  | log_softmax(x) | array
    log(sum(exp(x)))                 | logsumexp(x) | vector
    exp(logsumexp(x))                | sum(exp(x)) | vector
    exp2(log2(x))                    | x
    log2(exp2(x))                    | x
    log1p(expm1(x))                  | x
    expm1(log1p(x))                  | x
    exp(log1p(x))                    | 1 + x
    sin(asin(x))                     | x
    cos(acos(x))                     | x
    tan(atan(x))                     | x
    sinh(asinh(x))                   | x
    cosh(acosh(x))                   | x
    tanh(atanh(x))                   | x
    atanh(tanh(x))                   | x
    asinh(sinh(x))                   | x
    cos(asin(x))                     | sqrt(1 - x^2)
    sin(acos(x))                     | sqrt(1 - x^2)
    cos(atan(x))                     | 1 / sqrt(1 + x^2)
    sin(atan(x))                     | x / sqrt(1 + x^2)
    cosh(log(x))                     | x / 2 + 1 / (2 * x)
    sinh(log(x))                     | x / 2 - 1 / (2 * x)
    sqrt(x^2)                        | abs(x)
    cbrt(x^3)                        | x
    cbrt(x)^3                        | x
    abs(x)^2                         | x^2
    abs(abs(x))                      | abs(x)
    hypot(x, 0)                      | abs(x)
    hypot(0, x)                      | abs(x)
    sin(-x)                          | -sin(x)
    cos(-x)                          | cos(x)
    tan(-x)                          | -tan(x)
    sinh(-x)                         | -sinh(x)
    cosh(-x)                         | cosh(x)
    tanh(-x)                         | -tanh(x)
    asin(-x)                         | -asin(x)
    atan(-x)                         | -atan(x)
    asinh(-x)                        | -asinh(x)
    atanh(-x)                        | -atanh(x)
    erf(-x)                          | -erf(x)
    cbrt(-x)                         | -cbrt(x)
    abs(-x)                          | abs(x)
    sign(-x)                         | -sign(x)
    sigmoid(-x)                      | 1 - sigmoid(x)
    sin(x) / cos(x)                  | tan(x)
    cos(x) * tan(x)                  | sin(x)
    sin(x) / tan(x)                  | cos(x)
    sinh(x) / cosh(x)                | tanh(x)
    cosh(x) * tanh(x)                | sinh(x)
    sinh(x) / tanh(x)                | cosh(x)
    sin(x) * cos(x)                  | sin(2 * x) / 2
    sinh(x) * cosh(x)                | sinh(2 * x) / 2
    1 / (sin(x) * cos(x))            | 2 / sin(2 * x)
    1 / (cos(x) * tan(x))            | 1 / sin(x)
    cos(x) / sin(x)                  | 1 / tan(x)
    tan(x) / sin(x)                  | 1 / cos(x)
    1 / (sinh(x) * cosh(x))          | 2 / sinh(2 * x)
    1 / (cosh(x) * tanh(x))          | 1 / sinh(x)
    cosh(x) / sinh(x)                | 1 / tanh(x)
    tanh(x) / sinh(x)                | 1 / cosh(x)
    (1 - tanh(x)^2) / (1 + tanh(x)^2) | 1 / cosh(2 * x)
    sin(2 * x) / cos(x)              | 2 * sin(x)
    sin(2 * x) / sin(x)              | 2 * cos(x)
    sinh(2 * x) / cosh(x)            | 2 * sinh(x)
    sinh(2 * x) / sinh(x)            | 2 * cosh(x)
    sign(x) * abs(x)                 | x
    x / abs(x)                       | sign(x)
    1 / (1 + exp(-x))                | sigmoid(x)
    1 / (1 + exp(x))                 | 1 - sigmoid(x)
    exp(-x) * sigmoid(x)             | 1 - sigmoid(x)
    exp(x) * (1 - sigmoid(x))        | sigmoid(x)
    (1 - sigmoid(x)) / sigmoid(x)    | exp(-x)
    sigmoid(x) / (1 - sigmoid(x))    | exp(x)
    (exp(x) - 1) * (1 - sigmoid(x))  | tanh(x / 2)
    x * (x > 0)                      | relu(x)
    x * (x != 0)                     | x
    relu(x) * (x > 0)                | relu(x)
    relu(relu(x))                    | relu(x)
    max(x, 0)                        | relu(x)
    max(0, x)                        | relu(x)
    relu(x) - relu(-x)               | x
    relu(x) + relu(-x)               | abs(x)
    exp(x) / sum(exp(x))             | softmax(x) | vector
    sin(x)^2 + cos(x)^2              | 1
    1 - sin(x)^2                     | cos(x)^2
    1 - cos(x)^2                     | sin(x)^2
    cos(x)^2 - sin(x)^2              | cos(2 * x)
    1 - 2 * sin(x)^2                 | cos(2 * x)
    2 * cos(x)^2 - 1                 | cos(2 * x)
    cosh(x)^2 - sinh(x)^2            | 1
    1 + sinh(x)^2                    | cosh(x)^2
    cosh(x)^2 - 1                    | sinh(x)^2
    cosh(x)^2 + sinh(x)^2            | cosh(2 * x)
    1 + tan(x)^2                     | 1 / cos(x)^2
    exp(x) + exp(-x)                 | 2 * cosh(x)
    exp(x) - exp(-x)                 | 2 * sinh(x)
    cosh(x) + sinh(x)                | exp(x)
    cosh(x) - sinh(x)                | exp(-x)
    2 * sigmoid(x) - 1               | tanh(x / 2)
    1 + tanh(x / 2)                  | 2 * sigmoid(x)
    sigmoid(x)^2 - tanh(x / 2)       | (1 - sigmoid(x))^2
    sigmoid(x) - sigmoid(x)^2        | sigmoid(x) * (1 - sigmoid(x))
    softplus(x) - softplus(-x)       | x
    softplus(x) - x                  | softplus(-x)
    log_sigmoid(x) - log_sigmoid(-x) | x
    x - logsumexp(x)                 | log_softmax(x) | vector
    expm1(x) + 1                     | exp(x)
    erf(x) + erfc(x)                 | 1
    1 - erf(x)                       | erfc(x)
    1 - erfc(x)                      | erf(x)
    log(x) + log(y)                  | log(x * y)
    log(x) - log(y)                  | log(x / y)
    abs(x) + x                       | 2 * relu(x)
    diag(x) @ eye(3)                 | diag(x) | vector
    sqrt(sum(x^2))                   | norm(x) | vector
    sqrt(x @ x)                      | norm(x) | vector
    1 / sqrt(sum(x^2))               | 1 / norm(x) | vector
    1 / sqrt(x @ x)                  | 1 / norm(x) | vector
    trace(outer(x, y))               | x @ y | vector
    sum(outer(x, y))                 | sum(x) * sum(y) | vector
    trace(A.T)                       | trace(A) | vector
    trace(A @ B) - trace(B @ A)      | 0 | vector
    inv(inv(A))                      | A | vector
    inv(A.T)                         | inv(A).T | vector
    det(A.T)                         | det(A) | vector
    det(inv(A))                      | 1 / det(A) | vector
    logdet(A.T)                      | logdet(A) | vector
    logdet(inv(A))                   | -logdet(A) | vector
    cofactor(A) / det(A)             | inv(A).T | vector
    inv(A) @ (A @ x)                 | x | vector
    A @ (inv(A) @ x)                 | x | vector
    solve(A, A @ x)                  | x | vector
    A @ solve(A, x)                  | x | vector
    A @ x + x @ A                    | (A + A.T) @ x | vector
    """.strip().splitlines()
]
