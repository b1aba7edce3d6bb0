"""What a person writes in Python or NumPy for exactly one model: the references."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

Job = Callable[[], Any]


def rosenbrock(steps: int, tolerance: float) -> Job:
    """A loop for (1-x)² + 100(y-x²)² and its gradient, from (-1.2, 1)."""

    def plain() -> list[float]:
        x, y, lr = -1.2, 1.0, 1e-4
        for _ in range(steps):
            t = y - x * x
            x, y = x + lr * (2 * (1 - x) + 400 * x * t), y - lr * 200 * t
        return [x, y]

    def watched() -> list[float]:
        x, y, lr = -1.2, 1.0, 1e-4
        for _ in range(steps):
            t = y - x * x
            gx = -2 * (1 - x) - 400 * x * t
            gy = 200 * t
            if abs(gx) < tolerance and abs(gy) < tolerance:
                break
            x -= lr * gx
            y -= lr * gy
        return [x, y]

    return watched if tolerance else plain


def rosenbrock_in_c(steps: int) -> dict[str, str]:
    """The same loop in C99, as three people would spell it, by what is special about each."""
    updates = {
        "as the lecture has it": "double gx = -400*x*y + 400*x*x*x + 2*x - 2, gy = 200*y - 200*x*x;"
        " x -= lr*gx; y -= lr*gy;",
        "shared": "double t = y - x*x; x += lr*(2*(1 - x) + 400*x*t); y -= lr*200*t;",
        "by the chain rule": "double t = y - x*x, dt = 200*t, dx = -2*(1 - x) - 2*x*dt;"
        " x -= lr*dx; y -= lr*dt;",
    }
    return {
        name: (
            "#include <stdio.h>\nint main(void) {\n"
            "  double x = -1.2, y = 1.0; const double lr = 1e-4;\n"
            f"  for (long i = 0; i < {steps}; i++) {{ {update} }}\n"
            '  printf("%.17g %.17g\\n", x, y);\n  return 0;\n}\n'
        )
        for name, update in updates.items()
    }


def text_of(kind: str, size: int) -> str:
    """A long program: a `chain` has 17 tokens a statement, five operations, one of them on the one
    before; a `nest` is sin(sin(…(x*y)…)); a `product` is x*x*…"""
    if kind == "nest":
        return "sin(" * size + "x*y" + ")" * size
    if kind == "product":
        return "*".join(["x"] * size)
    lines = [f"v{i + 1} = v{i}*x + (y - {i}.5)^2/1000\n" for i in range(size)]
    return "v0 = x*y\n" + "".join(lines)


def tokens(text: str, size: int) -> Job:
    """Every token of a long program in a list, with its place and a number by its spelling."""
    import gc
    import re

    gc.disable()  # as the other side does
    source = text_of(text, size)
    pattern = re.compile(r"[^\W\d]\w*|\d+(?:\.\d*)?|\S")

    def job() -> None:
        numbers: dict[str, int] = {}
        found = []
        for match in pattern.finditer(source):
            spelled = match.group()
            found.append((numbers.setdefault(spelled, len(numbers)), match.start()))

    return job


def network(rows: int, sizes: list[int]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Data `x`, `y` and start values of a network with one hidden layer, the same for all sides."""
    import numpy as np

    inputs, hidden, classes = sizes
    random = np.random.default_rng(0)
    x = random.normal(size=(rows, inputs))
    data = {"X": x, "y": np.argmax(x[:, :classes] + 0.1 * random.normal(), axis=1)}
    params = {
        "W1": random.normal(size=(inputs, hidden)) / 4,
        "b1": np.zeros(hidden),
        "W2": random.normal(size=(hidden, classes)) / 4,
        "b2": np.zeros(classes),
    }
    return data, params


def backward(x: Any, y: Any, w1: Any, b1: Any, w2: Any, b2: Any, np: Any) -> tuple[Any, ...]:
    """The gradient of the mean cross-entropy of tanh(x@w1 + b1)@w2 + b2, and its probabilities."""
    n = len(x)
    h = np.tanh(x @ w1 + b1)
    z = h @ w2 + b2
    e = np.exp(z - z.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    dz = p.copy()
    dz[np.arange(n), y] -= 1
    dz /= n
    da = (dz @ w2.T) * (1 - h * h)
    return x.T @ da, da.sum(axis=0), h.T @ dz, dz.sum(axis=0), p


def train(rows: int, sizes: list[int], steps: int, batch: int) -> Job:
    """Steps of gradient descent of all rows; or of batches of them, in a random order."""
    import numpy as np

    data, start = network(rows, sizes)
    x, y = data["X"], data["y"]

    def job() -> float | None:
        w1, b1, w2, b2 = (value.copy() for value in start.values())
        lr = 0.1
        random = np.random.default_rng(0)
        order = random.permutation(rows)
        at = 0
        for _ in range(steps):
            xb, yb = x, y
            if batch < rows:
                if at + batch > rows:
                    order, at = random.permutation(rows), 0
                chosen = order[at : at + batch]
                xb, yb = x[chosen], y[chosen]
                at += batch
            dw1, db1, dw2, db2, _ = backward(xb, yb, w1, b1, w2, b2, np)
            w1 -= lr * dw1
            b1 -= lr * db1
            w2 -= lr * dw2
            b2 -= lr * db2
        return None if batch < rows else float(abs(w1).sum())  # every side shuffles its own way

    return job


def calls(rows: int, sizes: list[int], count: int) -> Job:
    """The loss and the gradient of all rows, so many times."""
    import numpy as np

    data, start = network(rows, sizes)
    x, y = data["X"], data["y"]

    def job() -> list[float]:
        for _ in range(count):
            *found, p = backward(x, y, *start.values(), np)
            loss = -np.log(p[np.arange(rows), y]).mean()
        return [float(loss), *(float(abs(one).sum()) for one in found)]

    return job


def full_gradient(rows: int, sizes: list[int], threads: int = 0) -> Job:
    """The loss and the gradient of all rows in one piece.

    OpenBLAS takes as many threads as there are processors, unless it is told how many. With
    matrices as narrow as these they wait for each other longer than they work.
    """
    if threads:
        os.environ["OPENBLAS_NUM_THREADS"] = str(threads)  # before NumPy loads
    import numpy as np

    data, start = network(rows, sizes)
    x, y = data["X"], data["y"]

    def job() -> list[float]:
        *found, p = backward(x, y, *start.values(), np)
        loss = -np.log(p[np.arange(rows), y]).mean()
        return [float(loss), *(float(abs(one).sum()) for one in found)]

    return job


def table(rows: int) -> str:
    """A CSV of three columns of full precision, the same for all sides, made once a process."""
    import atexit
    import tempfile

    import numpy as np

    values = np.random.default_rng(0).normal(size=(rows, 3))
    folder = tempfile.TemporaryDirectory()
    atexit.register(folder.cleanup)
    path = os.path.join(folder.name, "table.csv")
    with open(path, "w", encoding="utf-8") as stream:
        stream.write("a,b,c\n")
        stream.writelines(f"{a!r},{b!r},{c!r}\n" for a, b, c in values.tolist())
    return path


def read_table(rows: int) -> Job:
    """The table by numpy.loadtxt."""
    import numpy as np

    path = table(rows)
    return lambda: float(np.loadtxt(path, delimiter=",", skiprows=1)[-1].sum())


def write_rows(rows: int) -> Job:
    """The predictions as NumPy's savetxt writes them, so that they read back as the same bits."""
    import numpy as np

    a, b, c = np.loadtxt(table(rows), delimiter=",", skiprows=1, unpack=True)

    def job() -> None:
        found = np.column_stack([np.arange(rows), 2 * a + b * c])
        np.savetxt(os.devnull, found, fmt=["%d", "%.17g"], delimiter="\t")

    return job
