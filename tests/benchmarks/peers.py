"""The same work by others, in double precision, each as its own manual has it.

What is installed is measured; each function imports its library itself.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from by_hand import network

Job = Callable[[], Any]

RATE = 1e-4


def rosenbrock_micrograd(steps: int) -> Job:
    from micrograd.engine import Value

    def job() -> None:
        x, y = -1.2, 1.0
        for _ in range(steps):
            a, b = Value(x), Value(y)
            ((1 - a) ** 2 + 100 * (b - a**2) ** 2).backward()
            x, y = x - RATE * a.grad, y - RATE * b.grad

    return job


def rosenbrock_autograd(steps: int) -> Job:
    from autograd import grad

    slope = grad(lambda x, y: (1 - x) ** 2 + 100 * (y - x**2) ** 2, (0, 1))

    def job() -> None:
        x, y = -1.2, 1.0
        for _ in range(steps):
            gx, gy = slope(x, y)
            x, y = x - RATE * gx, y - RATE * gy

    return job


def rosenbrock_torch(steps: int) -> Job:
    import torch

    def job() -> None:
        x = torch.tensor(-1.2, dtype=torch.float64, requires_grad=True)
        y = torch.tensor(1.0, dtype=torch.float64, requires_grad=True)
        optimizer = torch.optim.SGD([x, y], lr=RATE)
        for _ in range(steps):
            optimizer.zero_grad()
            ((1 - x) ** 2 + 100 * (y - x**2) ** 2).backward()
            optimizer.step()

    return job


def rosenbrock_sympy(steps: int) -> Job:
    import sympy

    x, y = sympy.symbols("x y")
    loss = (1 - x) ** 2 + 100 * (y - x**2) ** 2
    slope = sympy.lambdify((x, y), [loss.diff(x), loss.diff(y)], "math", cse=True)

    def job() -> None:
        x, y = -1.2, 1.0
        for _ in range(steps):
            gx, gy = slope(x, y)
            x, y = x - RATE * gx, y - RATE * gy

    return job


def rosenbrock_casadi(steps: int) -> Job:
    import casadi

    v = casadi.SX.sym("v", 2)
    loss = (1 - v[0]) ** 2 + 100 * (v[1] - v[0] ** 2) ** 2
    step = casadi.Function("step", [v], [v - RATE * casadi.gradient(loss, v)])
    many = step.fold(steps)
    return lambda: (many([-1.2, 1.0]), None)[1]


def rosenbrock_jax(steps: int) -> Job:
    import jax

    jax.config.update("jax_enable_x64", True)
    slope = jax.grad(lambda v: (1 - v[0]) ** 2 + 100 * (v[1] - v[0] ** 2) ** 2)
    run = jax.jit(lambda v: jax.lax.fori_loop(0, steps, lambda _, u: u - RATE * slope(u), v))
    return lambda: run(jax.numpy.array([-1.2, 1.0])).tolist()


def network_torch(rows: int, sizes: list[int], steps: int) -> Job:
    import torch

    data, start = network(rows, sizes)
    x, y = torch.tensor(data["X"]), torch.tensor(data["y"])
    params = [torch.tensor(value, requires_grad=True) for value in start.values()]
    w1, b1, w2, b2 = params
    optimizer = torch.optim.SGD(params, lr=0.1)

    def job() -> None:
        for _ in range(steps):
            optimizer.zero_grad()
            z = torch.tanh(x @ w1 + b1) @ w2 + b2
            torch.nn.functional.cross_entropy(z, y).backward()
            optimizer.step()

    return job


def network_jax(rows: int, sizes: list[int], steps: int) -> Job:
    import jax
    from jax import numpy as jnp

    jax.config.update("jax_enable_x64", True)
    data, start = network(rows, sizes)
    x, y = jnp.array(data["X"]), jnp.array(data["y"])
    params = tuple(map(jnp.array, start.values()))

    def loss(params: Any, x: Any, y: Any) -> Any:
        w1, b1, w2, b2 = params
        z = jnp.tanh(x @ w1 + b1) @ w2 + b2
        return -jax.nn.log_softmax(z)[jnp.arange(rows), y].mean()

    @jax.jit
    def step(params: Any, x: Any, y: Any) -> Any:
        return jax.tree.map(lambda p, g: p - 0.1 * g, params, jax.grad(loss)(params, x, y))

    def job() -> None:
        now = params
        for _ in range(steps):
            now = step(now, x, y)
        jax.block_until_ready(now)

    return job


def network_scan(rows: int, sizes: list[int], steps: int, anew: bool = False) -> Job:
    """All steps as one loop of JAX; `anew` compiles it in each run."""
    import jax
    from jax import numpy as jnp

    jax.config.update("jax_enable_x64", True)
    data, start = network(rows, sizes)
    x, y = jnp.array(data["X"]), jnp.array(data["y"])
    params = tuple(map(jnp.array, start.values()))

    def loss(params: Any) -> Any:
        w1, b1, w2, b2 = params
        z = jnp.tanh(x @ w1 + b1) @ w2 + b2
        return -jax.nn.log_softmax(z)[jnp.arange(rows), y].mean()

    def step(params: Any, _: None) -> Any:
        return jax.tree.map(lambda p, g: p - 0.1 * g, params, jax.grad(loss)(params)), None

    @jax.jit
    def run(params: Any) -> Any:
        return jax.lax.scan(step, params, None, length=steps)[0]

    def job() -> float:
        if anew:
            jax.clear_caches()
        return float(abs(run(params)[0]).sum())

    return job


def network_autograd(rows: int, sizes: list[int], steps: int) -> Job:
    from autograd import grad
    from autograd import numpy as anp
    from autograd.scipy.special import logsumexp

    data, start = network(rows, sizes)
    x, y = data["X"], data["y"]

    def loss(params: Any) -> Any:
        w1, b1, w2, b2 = params
        z = anp.tanh(x @ w1 + b1) @ w2 + b2
        return anp.mean(logsumexp(z, axis=1) - z[anp.arange(rows), y])

    slope = grad(loss)

    def job() -> None:
        params = list(start.values())
        for _ in range(steps):
            params = [p - 0.1 * g for p, g in zip(params, slope(params))]

    return job


def _chained(x: Any, y: Any, statements: int) -> Any:
    v = x * y
    for i in range(statements):
        v = v * x + (y - (i + 0.5)) ** 2 / 1000
    return v


def chain_micrograd(statements: int) -> Job:
    from micrograd.engine import Value

    sys.setrecursionlimit(10**6)

    def job() -> list[float]:
        x, y = Value(0.5), Value(1.0)
        _chained(x, y, statements).backward()
        return [x.grad, y.grad]

    return job


def chain_autograd(statements: int) -> Job:
    from autograd import grad

    slope = grad(lambda x, y: _chained(x, y, statements), (0, 1))
    return lambda: [float(one) for one in slope(0.5, 1.0)]


def chain_torch(statements: int) -> Job:
    import torch

    def job() -> list[float]:
        x = torch.tensor(0.5, dtype=torch.float64, requires_grad=True)
        y = torch.tensor(1.0, dtype=torch.float64, requires_grad=True)
        _chained(x, y, statements).backward()
        return [float(x.grad), float(y.grad)]

    return job


def chain_casadi(statements: int) -> Job:
    import casadi

    def job() -> list[float]:
        v = casadi.SX.sym("v", 2)
        loss = _chained(v[0], v[1], statements)
        found = casadi.Function("g", [v], [casadi.gradient(loss, v)])([0.5, 1.0])
        return [float(found[0]), float(found[1])]

    return job


def chain_jax(statements: int) -> Job:
    import jax

    jax.config.update("jax_enable_x64", True)
    slope = jax.grad(lambda x, y: _chained(x, y, statements), (0, 1))
    return lambda: [float(one) for one in slope(0.5, 1.0)]


STARTS = {
    "micrograd": "from micrograd.engine import Value as V; a = V(2.0); b = V(1.0);"
    " ((a+b)*(b+1)).backward(); print(a.grad, b.grad)",
    "autograd": "from autograd import grad;"
    " print(grad(lambda a, b: (a+b)*(b+1), (0, 1))(2.0, 1.0))",
    "CasADi": "import casadi as c; a = c.SX.sym('a'); b = c.SX.sym('b');"
    " print(c.Function('g', [a, b], [c.gradient((a+b)*(b+1), c.vertcat(a, b))])(2, 1))",
    "SymPy": "import sympy as s; a, b = s.symbols('a b'); e = (a+b)*(b+1);"
    " print([e.diff(v).subs({a: 2, b: 1}) for v in (a, b)])",
    "JAX": "import jax; print(jax.grad(lambda a, b: (a+b)*(b+1), (0, 1))(2.0, 1.0))",
    "PyTorch": "import torch; a = torch.tensor(2.0, requires_grad=True);"
    " b = torch.tensor(1.0, requires_grad=True); ((a+b)*(b+1)).backward(); print(a.grad, b.grad)",
}
"""Scripts that print the gradient of (a+b)·(b+1)."""
