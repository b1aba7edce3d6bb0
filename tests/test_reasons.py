"""Every place of the package that could run code, read an attribute by a name or open a file.

Each stands in REASONS with the reason why no program, value or data file can misuse it. A new one
fails the test until its reason is given; one that is gone fails it too.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

NAMES = {"exec", "eval", "compile", "open", "__import__", "breakpoint", "input"}
"""Builtins that run code or open something."""

BY_VARIABLE = {"getattr", "setattr", "delattr", "attrgetter", "methodcaller"}
"""What reaches an attribute, where its name is no text in the source."""

MODULES = {
    "subprocess", "pickle", "marshal", "shelve", "dill", "joblib", "ctypes", "multiprocessing",
    "runpy", "pty", "code", "codeop", "socket", "tempfile", "shutil", "urllib", "http",
    "webbrowser",
}  # fmt: skip
"""Modules of which each import counts."""

OF_OS = {"open", "fdopen", "popen", "system", "startfile", "fork", "forkpty", "kill", "truncate"}

READERS = {
    "load", "loads", "memmap", "fromfile", "loadtxt", "genfromtxt", "read_array", "import_module",
    "open_file", "open_stream", "ParquetFile", "ZipFile", "GzipFile", "sympify", "parse_expr",
    "lambdify", "literal_eval",
}  # fmt: skip
"""Methods and functions of libraries that read a file, or a text as code."""


def found(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """The function and the kind of each call that needs a reason."""
    stack: list[tuple[ast.AST, str]] = [(tree, "")]
    while stack:
        node, where = stack.pop()
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            where = f"{where}.{node.name}" if where else node.name
        if isinstance(node, ast.Call) and (kind := kind_of(node)):
            yield where or "(module)", kind
        for name in imported(node):
            if name in MODULES:
                yield where or "(module)", f"import {name}"
        stack += ((child, where) for child in ast.iter_child_nodes(node))


def imported(node: ast.AST) -> list[str]:
    """The modules that a statement imports, without what is in them."""
    if isinstance(node, ast.Import):
        return [alias.name.partition(".")[0] for alias in node.names]
    if isinstance(node, ast.ImportFrom) and not node.level:
        return [(node.module or "").partition(".")[0]]
    return []


def kind_of(call: ast.Call) -> str:
    """What a call is, empty where it needs no reason."""
    function = call.func
    if isinstance(function, ast.Name):
        if function.id in BY_VARIABLE:
            constant = len(call.args) > 1 and isinstance(call.args[1], ast.Constant)
            return "" if constant else function.id
        return function.id if function.id in NAMES | READERS else ""
    if not isinstance(function, ast.Attribute):
        return ""
    base = function.value.id if isinstance(function.value, ast.Name) else ""
    name = function.attr
    if base == "os":
        starts = name.startswith(("exec", "spawn", "posix_spawn"))
        return f"os.{name}" if starts or name in OF_OS else ""
    if base == "json":
        return ""
    return name if name in READERS or name in {"exec", "eval", "open"} else ""


OURS = "a name out of a table of this package"
TYPED = "the file that the user named"
INSTALLED = "a file of the package itself"

REASONS: dict[str, str] = {
    # Python made of text
    "gradcli.graph.ops.spell:function eval": "the text is an op's value in the table",
    "gradcli.check.sides:_test eval": "the text is a condition of an op in the table",
    "gradcli.run.compiled.lines:made compile": "lines of names t1, t2, … and of numbers",
    "gradcli.run.compiled.lines:made exec": "the same",
    # Attributes by a name that is no text in the source
    "gradcli.__init__:__getattr__ getattr": f"{OURS}: _HOME",
    "gradcli.check.derivatives:_Varied._by_target getattr": f"{OURS}: FIELDS",
    "gradcli.check.differences:_keep_better getattr ×3": f"{OURS}: FIELDS",
    "gradcli.graph.node:derived getattr": "local, vjp or mask",
    "gradcli.graph.ops.arrays.pointwise:_special.special getattr": OURS,
    "gradcli.graph.ops.scalars:_special.special getattr": OURS,
    "gradcli.graph.ops.simpler:along getattr": "sum or the like, as the calls of it say",
    "gradcli.graph.simplify.with_sympy:_translated getattr ×2": f"{OURS}: OPERATOR and SYMPY",
    "gradcli.language.automaton:_bound getattr": "a rule of the grammar",
    "gradcli.library.results:Verdict._shown getattr": f"{OURS}: the fields of Verdict",
    "gradcli.pictures.panels:_axes getattr ×3": "x or y",
    "gradcli.report.emit:_has getattr": f"{OURS}: FORMATS",
    "gradcli.run.compiled.spelling:_fast_namespace getattr": "functions of math, named there",
    "gradcli.run.interpret:draw getattr": "the name of a random op of the table",
    "gradcli.run.jax.standin:StandIn.__array_function__ getattr": "the name of a NumPy function",
    "gradcli.run.jax.standin:_named getattr ×2": f"{OURS}, of the namespace of arrays",
    # Modules by name
    "gradcli.__init__:__getattr__ import_module": f"{OURS}: _HOME",
    "gradcli.clicking:(module) import_module": "the module of Typer's own error",
    "gradcli.language.lalr:tables import_module": "gradcli.grammar",
    "gradcli.language.sources:_samples import_module": "gradcli.samples",
    # The cache: marshal holds plain data, and the folder is closed to everyone else
    "gradcli.language.cache:(module) import marshal": "of the cache",
    "gradcli.language.cache:read open": "a descriptor that is open already",
    "gradcli.language.cache:read os.open": "in the private folder, no link, no waiting",
    "gradcli.language.cache:read loads": "our own file, in a folder that only this user can write",
    "gradcli.language.cache:write open": "a descriptor that is open already",
    "gradcli.language.cache:write os.open": "a new file in the private folder",
    # Programs and the package's own files
    "gradcli.language.lalr:tables open": INSTALLED,
    "gradcli.language.sources:sample_text open": f"{INSTALLED}: only names of samples get there",
    "gradcli.language.sources:_file open": TYPED,
    # Data; `data from` is held to the program's folder before
    "gradcli.data.files:reading open": TYPED,
    "gradcli.data.files:_unpacked GzipFile": "of an open stream",
    "gradcli.data.column_sources:TextSource._separator open": "files.reading",
    "gradcli.data.delimited:Delimited._explained open ×2": "files.reading",
    "gradcli.data.delimited:Delimited._hint open": "files.reading",
    "gradcli.data.delimited:Delimited.chunks open": "files.reading",
    "gradcli.data.delimited:Delimited.first_rows open": "files.reading",
    "gradcli.completion.answer:script open": INSTALLED,
    "gradcli.completion.declared:declared open": INSTALLED,
    "gradcli.data.arrow_files:_Arrow.__init__ open_file": "of an open stream",
    "gradcli.data.arrow_files:_Arrow.__init__ open_stream": "of an open stream",
    "gradcli.data.arrow_files:_Parquet.__init__ ParquetFile": "of an open stream",
    "gradcli.data.checkpoint:_loaded load": "Npz.load",
    "gradcli.data.checkpoint:_read_npz load": "Npz.load",
    "gradcli.data.column_sources:NpzSource.read load": "Npz.load",
    "gradcli.data.values:_from_array load": "Npz.load",
    "gradcli.data.numpy_files:Npz._member open": "a member of the open archive, never unpacked",
    "gradcli.data.numpy_files:Npz._opened ZipFile": "of an open stream",
    "gradcli.data.numpy_files:Npz.load read_array": "without pickles, the header was checked",
    "gradcli.data.numpy_files:load_npy load": "without pickles, the header was checked",
    # Other processes: forks, whose pickles go over pipes that nobody else has
    "gradcli.report.pager:(module) import shutil": "is there a pager? how wide?",
    "gradcli.report.pager:read import subprocess": "the pager of $PAGER, as git has it",
    "gradcli.run.jax.joining:(module) import socket": "whether a port is free",
    "gradcli.run.team:(module) import multiprocessing": "types alone",
    "gradcli.run.team:Team.__init__ import multiprocessing": "forks, and pipes between them",
    "gradcli.training.crew:(module) import multiprocessing ×2": "types alone",
    "gradcli.training.crew:Crew._fork import multiprocessing": "forks, and pipes between them",
    "gradcli.training.crew:Crew._serve import multiprocessing": "waits for these pipes",
    "gradcli.report.conversation:Dialogue.ask input": "a line from the terminal, kept as text",
    # Writing
    "gradcli.data.atomic:_private os.open": "the temporary file beside the one that is written",
    "gradcli.data.atomic:_replacement open": "the same, which must be new",
    "gradcli.data.atomic:atomic_write open": f"{TYPED}, where it is no regular file",
    "gradcli.data.atomic:check_writable open": "a probe beside it, which must be new",
    "gradcli.data.atomic:_runs os.kill": "signal 0, which does nothing",
    "gradcli.clicking:(module) import shutil": "the width of the terminal",
    "gradcli.verbs.descend:descend getattr": "the fields of our own options",
    "gradcli.commands:_joined open ×2": "/dev/null, and a copy of standard output",
    "gradcli.report.output:_point_nowhere os.open": "/dev/null",
}
"""Module, function and kind, with how often it stands there where that is not once: why."""


def places() -> dict[str, str]:
    """Every place, with its first file."""
    every: Counter[str] = Counter()
    for folder in ("gradcli", "grammar", "samples"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
            tree = ast.parse(path.read_text(encoding="utf-8"))
            every.update(f"{module}:{where} {kind}" for where, kind in found(tree))
    return {f"{place} ×{count}" if count > 1 else place: place for place, count in every.items()}


def test_each_place_has_its_reason() -> None:
    there = set(places())
    assert sorted(there - set(REASONS)) == [], "give the reason why it is safe, in REASONS"
    assert sorted(set(REASONS) - there) == [], "it is gone: take it out of REASONS"


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("exec(x)", "exec"),
        ("eval('1')", "eval"),
        ("compile(x, y, z)", "compile"),
        ("getattr(x, name)", "getattr"),
        ("setattr(x, name, 1)", "setattr"),
        ("open(path)", "open"),
        ("os.open(path, 0)", "os.open"),
        ("os.execv(path, x)", "os.execv"),
        ("os.system(x)", "os.system"),
        ("from subprocess import run", "import subprocess"),
        ("import pickle as p", "import pickle"),
        ("import urllib.request", "import urllib"),
        ("marshal.loads(x)", "loads"),
        ("np.load(path)", "load"),
        ("import_module(x)", "import_module"),
        ("path.open()", "open"),
        ("sympy.sympify(x)", "sympify"),
    ],
)
def test_what_needs_a_reason(code: str, kind: str) -> None:
    assert list(found(ast.parse(f"def f():\n    {code}"))) == [("f", kind)]


@pytest.mark.parametrize("code", ["getattr(x, 'shape', ())", "re.compile(x)", "json.loads(x)"])
def test_what_needs_none(code: str) -> None:
    assert list(found(ast.parse(code))) == []


def test_whatever_is_run_as_python_is_spelled_by_us() -> None:
    """The three functions that make Python of a text; nothing else may."""
    runs = {p.split(" ")[0] for p in places() if p.split(" ")[1] in ("exec", "eval", "compile")}
    assert runs == {
        "gradcli.graph.ops.spell:function",
        "gradcli.run.compiled.lines:made",
        "gradcli.check.sides:_test",
    }
