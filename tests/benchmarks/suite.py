"""Every promise on speed, a row each; the limits are ratios."""

from __future__ import annotations

import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from typing import Any

from by_hand import rosenbrock_in_c
from harness import Bench, Command, MissingError, Row, Worker, environment, row_of
from peers import STARTS

ROOT = Path(__file__).parents[2]
SMALL = [4, 16, 3]
LARGE = [20, 64, 10]
PACKED = [
    "gradcli", "grammar", "samples", "tests/sdist.py", "pyproject.toml", "README.md", "LICENSE",
]  # fmt: skip
TOKENS = 17
"""Of a statement of the chain."""
BY_HAND = 30
"""From a text to every gradient takes at most so many times what a plain loop over its tokens
takes."""


COMPILED = ["rosenbrock", "iris", "moons"]
"""Samples that XLA compiles: numbers, a softmax, a network with a hidden layer."""
COMPILING = 2.5
"""To compile them takes at most so many times what a loop of a network by hand takes, about 0.6 s
on a processor at rest: 1.5 s."""


def start(bench: Bench) -> Iterator[Row]:
    """Starts of the command, against an empty Python of the same environment."""
    with tempfile.TemporaryDirectory() as folder:
        python, command = installed(Path(folder))
        formula = ("(a+b)*(b+1)", "a=2", "b=1")
        others = [
            (Command(name, sys.executable, "-c", script), 1) for name, script in STARTS.items()
        ]
        cases: list[tuple[str, list[str], float, bool]] = [
            ("`gradcli eval 1 --json`", ["eval", "1", "--json"], 10, False),
            ('`gradcli grad "(a+b)*(b+1)" a=2 b=1`, a table', ["grad", *formula], 13, True),
            ("`gradcli --help`", ["--help"], 15, True),
            ("`gradcli --version`", ["--version"], 7, False),
        ]
        for name, words, limit, terminal in cases:
            yield bench.race(
                name,
                Command("gradcli", command, *words, terminal=terminal),
                Command("`python -c pass`", python, "-c", "pass"),
                limit,
                clock="cpu",
                repeats=31,
                peers=others if words[0] == "grad" and not bench.short else (),
            )


def installed(folder: Path) -> tuple[str, str]:
    """The Python and the command to start: those that run this, unless they are editable.

    An editable install looks for its sources at every start. A wheel of the same sources, in an
    environment that sees the same libraries, starts as it does for a user.
    """
    import gradcli

    own = Path(sys.executable).parent / "gradcli"
    if Path(gradcli.__file__).parents[1] != ROOT and own.exists():
        return sys.executable, str(own)
    quiet: dict[str, Any] = {"check": True, "env": environment(), "capture_output": True}
    there = folder / "bin" / "python"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], **quiet)
    where = subprocess.run(
        [str(there), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
        check=True, capture_output=True, text=True,
    ).stdout.strip()  # fmt: skip
    libraries = sysconfig.get_path("purelib")
    (Path(where) / "libraries.pth").write_text(f"{libraries}\n", encoding="utf-8")
    sources, wheels = folder / "sources", folder / "wheels"
    for name in PACKED:  # a build leaves files behind, and takes those that it finds
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, sources / name)
        else:
            (sources / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, sources / name)
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--outdir", str(wheels), str(sources)], **quiet
    )
    (wheel,) = wheels.iterdir()
    install = ["-m", "pip", f"--python={there}", "install", "-q", "--no-deps", str(wheel)]
    subprocess.run([sys.executable, *install], **quiet)
    return str(there), str(folder / "bin" / "gradcli")


def rosenbrock(bench: Bench) -> Iterator[Row]:
    """Descent of a small function."""
    steps = 100_000
    makers = {
        "CasADi": ("casadi", 10), "SymPy": ("sympy", 10), "micrograd": ("micrograd", 100),
        "autograd": ("autograd", 1000), "PyTorch": ("torch", 1000), "JAX": ("jax", 1),
    }  # fmt: skip
    peers = [
        (Worker(name, "peers", f"rosenbrock_{function}", steps=steps // part), steps // part)
        for name, (function, part) in makers.items()
    ]
    for name, tolerance in (("", 0.0), (", watching a tolerance", 1e-9)):
        yield bench.race(
            f"descent on Rosenbrock{name}, a step",
            Worker("gradcli", "ours", "rosenbrock", steps=steps, tolerance=tolerance),
            Worker("Python by hand", "by_hand", "rosenbrock", steps=steps, tolerance=tolerance),
            1.3,
            units=steps,
            clock="cpu",
            peers=() if tolerance or bench.short else peers,
        )


def exported(bench: Bench) -> Iterator[Row]:
    """Descent of the same function in exported C, against the one in the middle of three loops that
    people would write, all compiled alike."""
    steps = bench.choose(50_000_000, 5_000_000)
    compiler = shutil.which("gcc")
    if compiler is None:
        return  # as for a peer that is not installed
    with tempfile.TemporaryDirectory() as folder:
        sources = {name: Path(folder, name) for name in ("gradcli", *rosenbrock_in_c(steps))}
        export = ["export", "rosenbrock", "x=-1.2", "y=1", "--lr", "1e-4", "--steps", str(steps)]
        text = subprocess.run(
            [sys.executable, "-m", "gradcli", *export, "--to", "c"],
            check=True, capture_output=True, text=True,
        ).stdout  # fmt: skip
        for name, code in {"gradcli": text, **rosenbrock_in_c(steps)}.items():
            source = sources[name].with_suffix(".c")
            source.write_text(code, "utf-8")
            flags = ["-std=c99", "-O2", "-o", str(sources[name]), str(source), "-lm"]
            subprocess.run([compiler, *flags], check=True)
        ours, *by_hand = (
            Command(name, str(path), "train") for name, path in sources.items()
        )  # fmt: skip
        middle = sorted(by_hand, key=lambda side: min(side.sample()["cpu"] for _ in range(3)))[1]
        yield bench.race(
            f"descent on Rosenbrock in exported C, {steps:,} steps, a step",
            ours,
            Command("C by hand, of three the one in the middle", *middle.words),
            1.1,
            units=steps,
            clock="cpu",
        )


def network_peers(rows: int, sizes: list[int], steps: int) -> list[tuple[Worker, int]]:
    """The same network by others."""
    return [
        (Worker(name, "peers", f"network_{name.lower()}".replace("pytorch", "torch"), rows=rows,
                sizes=sizes, steps=steps), steps)
        for name in ("autograd", "PyTorch", "JAX")
    ]  # fmt: skip


def training(bench: Bench) -> Iterator[Row]:
    """Steps of a small network, on all of 32 rows and on batches of 32 of 3,200."""
    steps = bench.choose(10_000, 1_000)
    for name, rows in (("32 rows", 32), ("batches of 32 of 3,200 rows", 3200)):
        yield bench.race(
            f"training a network 4-16-3, {name}, a step",
            Worker("gradcli", "ours", "train", rows=rows, sizes=SMALL, steps=steps, batch=32),
            Worker(
                "NumPy by hand", "by_hand", "train", rows=rows, sizes=SMALL, steps=steps, batch=32
            ),
            1.15,
            units=steps,
            clock="cpu",
            repeats=9,
            same=1e-6,
            peers=network_peers(32, SMALL, 500) if rows == 32 and not bench.short else (),
        )


def by_jax(bench: Bench) -> Iterator[Row]:
    """`--engine jax` against loops that are written in JAX by hand, and what compiling takes."""
    steps = bench.choose(10_000_000, 1_000_000)
    yield bench.race(
        "descent on Rosenbrock by JAX, with its records, a step",
        Worker("gradcli", "ours", "rosenbrock", steps=steps, tolerance=0.0, engine="jax"),
        Worker("JAX's `fori_loop`", "peers", "rosenbrock_jax", steps=steps),
        1.1,
        units=steps,
        clock="cpu",
        repeats=9,
    )
    steps = bench.choose(300_000, 50_000)  # some 300 records, whose work is no step's
    work: dict[str, Any] = {"rows": 32, "sizes": SMALL}
    yield bench.race(
        "training a network 4-16-3 by JAX, 32 rows, a step",
        Worker("gradcli", "ours", "train", **work, steps=steps, batch=32, engine="jax"),
        Worker("JAX's `scan`", "peers", "network_scan", **work, steps=steps),
        1.1,
        units=steps,
        clock="cpu",
        repeats=7,
        same=1e-6,
    )
    for sample in COMPILED:
        yield bench.race(
            f"the first step of `{sample}` by JAX",
            Worker("gradcli", "ours", "compile_sample", sample=sample),
            Worker("a network 4-16-3 by hand", "peers", "network_scan", **work, steps=1, anew=True),
            COMPILING,
            clock="cpu",
            repeats=5,
        )


def calls(bench: Bench) -> Iterator[Row]:
    """Calls of a compiled function, which checks what it is given, unlike NumPy by hand."""
    count = bench.choose(5_000, 500)
    work: dict[str, Any] = {"rows": 32, "sizes": SMALL, "count": count}
    for name, vector in (("values by name", False), ("a vector", True)):
        yield bench.race(
            f"a compiled network 4-16-3, 32 rows, a call with {name}",
            Worker("gradcli", "ours", "calls", **work, vector=vector),
            Worker("NumPy by hand", "by_hand", "calls", **work),
            1.6,
            units=count,
            clock="cpu",
            repeats=9,
        )


def many_rows(bench: Bench) -> Iterator[Row]:
    """A gradient of many rows, and the memory that it takes."""
    rows = 100_000
    name = f"a gradient of a network 20-64-10, {rows:,} rows"
    ours = Worker("gradcli", "ours", "full_gradient", rows=rows, sizes=LARGE)
    by_threads = Worker("gradcli", "ours", "full_gradient", rows=rows, sizes=LARGE, forks=False)
    # The processor's time says more on a busy machine; NumPy's is least with one thread. That of
    # other processes is not counted.
    for threads, limit, clock in ((0, 0.35, "wall"), (1, None, "cpu")):
        by_hand = Worker(
            "NumPy in one piece", "by_hand", "full_gradient", rows=rows, sizes=LARGE,
            threads=threads,
        )  # fmt: skip
        time = "" if clock == "wall" else ", processor time of all threads"
        one = ours if clock == "wall" else by_threads
        yield bench.race(f"{name}{time}", one, by_hand, limit, clock=clock, settle=True)
    if not bench.short:
        for peer, _ in network_peers(rows, LARGE, 1):
            try:
                yield bench.race(name, ours, peer, 1.0, settle=True)
            except MissingError:
                continue
    memory = Worker("gradcli", "ours", "memory", rows=rows, sizes=LARGE)
    with memory:
        above, data = memory.sample()["found"]
    yield row_of("the memory of that, above the data", "the data", [(above, data)], 2.0, "B")


def large(bench: Bench) -> Iterator[Row]:
    """Long texts to every gradient."""
    tokens = [bench.choose(1_000_000, 100_000)]
    tokens += [tokens[0] // 10**k for k in (1, 2)]
    whole, tenth, _ = (f"{count:,} tokens" for count in tokens)
    found = stages("chain", [count // TOKENS for count in tokens])
    last = found[0]
    for stage in ("parse", "build", "differentiate", "both passes"):
        share = [(one["found"][stage], one["found"]["total"]) for one in last]
        yield row_of(f"{whole}: {stage}", "all stages", share, None)
    yield from grows(found, f"{whole}, from the text to every gradient", tenth)
    beside = [(one["found"]["total"], one["by hand"]) for one in last]
    name = f"{whole}, from the text to every gradient"
    yield row_of(name, "a plain loop over the tokens", beside, BY_HAND)
    if not bench.short:
        peak = [(one["peak"], 1.5e9) for one in last]
        yield row_of(f"{whole}, memory of the process", "a budget of", peak, 1.0, "B")
        with Worker("gradcli", "ours", "pipeline", text="product", size=2_500_000) as long:
            peak = [(long.sample()["peak"], 2e9)]
        name = "x*x*… of 5,000,000 characters to every gradient, memory of the process"
        yield row_of(name, "a budget of", peak, 1.0, "B")
    depths = [bench.choose(100_000, 20_000), bench.choose(10_000, 2_000)]
    found = stages("nest", depths)
    yield from grows(found, f"{depths[0]:,} nested calls to every gradient", f"{depths[1]:,}")


def stages(text: str, sizes: list[int]) -> list[list[dict[str, Any]]]:
    """Samples of the pipeline for each size, in processes of their own, in turns; beside each, the
    seconds of a plain loop over its tokens: what it takes on this machine, at this moment."""
    found: list[list[dict[str, Any]]] = [[] for _ in sizes]
    for _ in range(3):
        for samples, size in zip(found, sizes):
            with Worker("gradcli", "ours", "pipeline", text="nest", size=10) as warm:
                warm.sample()
            with Worker("gradcli", "ours", "pipeline", text=text, size=size) as worker:
                sample = worker.sample()
            with Worker("by hand", "by_hand", "tokens", text=text, size=size) as loop:
                samples.append({**sample, "by hand": loop.sample()["cpu"]})
    return found


def grows(found: list[list[dict[str, Any]]], name: str, tenth: str) -> Iterator[Row]:
    """Ten times the text takes little more than ten times as long, and at every size the backward
    pass little more than the forward pass."""
    pairs = [
        (a["found"]["total"], b["found"]["total"]) for a, b in zip(found[0], found[1])
    ]  # fmt: skip
    yield row_of(name, tenth, pairs, 13.0)
    worst = max(found, key=lambda samples: median(map(_backward, samples)))
    pairs = [(_backward(one) * one["found"]["forward"], one["found"]["forward"]) for one in worst]
    name = f"{name}: the backward pass, at the worst of {len(found)} sizes"
    yield row_of(name, "the forward pass", pairs, 5.0)


def _backward(sample: dict[str, Any]) -> float:
    times = sample["found"]
    return float(times["both passes"] / times["forward"] - 1)


def chain(bench: Bench) -> Iterator[Row]:
    """A program of 10,000 operations, from text to its gradient, against others without a text."""
    statements = 2_000
    peers = [
        Worker(name, "peers", f"chain_{function}", statements=statements)
        for name, function in (
            ("micrograd", "micrograd"), ("PyTorch", "torch"), ("autograd", "autograd"),
            ("CasADi", "casadi"), ("JAX", "jax"),
        )
    ]  # fmt: skip
    ours = Worker("gradcli", "ours", "chain", statements=statements)
    name = f"{statements:,} statements, from the text to the gradient"
    for peer in peers if not bench.short else []:
        try:
            yield bench.race(name, ours, peer, None, clock="cpu", repeats=5, same=1e-6)
        except MissingError:
            continue


def check(bench: Bench) -> Iterator[Row]:
    """`check` of every parameter of a network."""
    sizes = [20, 43, 3]
    count = sizes[0] * sizes[1] + sizes[1] + sizes[1] * sizes[2] + sizes[2]
    yield bench.race(
        f"`check` of {count:,} parameters, 8 rows",
        Worker("gradcli", "ours", "check", rows=8, sizes=sizes, together=True),
        Worker("one by one", "ours", "check", rows=8, sizes=sizes, together=False),
        0.2,
        repeats=5,
    )


def formats(bench: Bench) -> Iterator[Row]:
    """Rows written, against the same rows only made."""
    rows = bench.choose(100_000, 10_000)
    for verb in ("trace", "descend"):
        command = "trace" if verb == "trace" else "descend --trace"
        for format in ("tsv", "jsonl"):
            yield bench.race(
                f"{rows:,} rows of `{command}`, made and written as {format}",
                Worker("gradcli", "ours", "trace", rows=rows, format=format, verb=verb),
                Worker("made", "ours", "trace", rows=rows, format="", verb=verb),
                2.0,
                clock="cpu",
                repeats=5,
            )


def tables(bench: Bench) -> Iterator[Row]:
    """A CSV read, and its predictions written."""
    rows = bench.choose(2_000_000, 100_000)
    yield bench.race(
        f"a CSV of {rows:,} rows and 3 columns, read",
        Worker("gradcli", "ours", "read_table", rows=rows),
        Worker("`numpy.loadtxt`", "by_hand", "read_table", rows=rows),
        1.5,
        clock="cpu",
        repeats=5,
    )
    rows = bench.choose(200_000, 20_000)
    for format in ("tsv", "csv"):
        yield bench.race(
            f"{rows:,} rows of `eval --per-row`, made and written as {format}",
            Worker("gradcli", "ours", "write_rows", rows=rows, format=format),
            Worker("`numpy.savetxt`", "by_hand", "write_rows", rows=rows),
            2.0,
            clock="cpu",
            repeats=5,
        )


SUITE: dict[str, Callable[[Bench], Iterator[Row]]] = {
    "start": start,
    "rosenbrock": rosenbrock,
    "exported": exported,
    "training": training,
    "jax": by_jax,
    "calls": calls,
    "rows": many_rows,
    "large": large,
    "chain": chain,
    "check": check,
    "formats": formats,
    "tables": tables,
}
