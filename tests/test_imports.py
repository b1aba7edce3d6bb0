"""Imports point one way through the house, and each library lives in its own room."""

from __future__ import annotations

import ast
from collections import Counter
from pathlib import Path

import pytest

from gradcli.graph.ops.table import ALIASES, TABLE

ROOT = Path(__file__).parents[1] / "gradcli"
WAY = [
    "words", "memory", "errors", "hosts", "language", "graph", "run", "learn", "question", "check",
    "training", "export", "verbs", "practice", "library", "completion", "commands", "cli",
]  # fmt: skip
ROOMS: dict[str, set[str]] = {
    **{room: set(WAY[: place + 1]) | {""} for place, room in enumerate(WAY)},
    "data": {"", "memory", "words", "errors", "hosts", "data"},
    "figures": {"figures"},
    "rounded": {"rounded"},
    "latex": {"errors", "latex"},
    "report": {"", "words", "errors", "rounded", "latex", "figures", "pictures", "report"},
    "pictures": {"", "words", "errors", "rounded", "latex", "figures", "pictures"},
    "clicking": {"clicking"},
    "welcome": {"welcome"},
    "arguments": {"", "words", "errors", "clicking", "welcome", "arguments"},
    "options": {"words", "report", "arguments", "options"},
    "": {"", "errors", "library", "completion", "cli"},
}
"""What each room may import of gradcli; "" is the package itself, its version and its door."""
for _room in WAY[WAY.index("graph") :]:
    ROOMS[_room].add("latex")
ROOMS["training"].remove("check")  # they lie side by side
for _room in WAY[WAY.index("run") :]:
    ROOMS[_room].add("data")
for _room in WAY[WAY.index("question") :]:
    ROOMS[_room] |= {"report", "rounded", "figures"}
ROOMS["practice"].add("welcome")
ROOMS["verbs"].add("welcome")  # how a command is written
ROOMS["commands"] |= {"clicking", "arguments", "options"}
ROOMS["cli"] |= {"arguments", "options"}

ONLY_IN = {
    "typer": {"cli", "commands", "options", "arguments", "clicking"},
    "rich": {"report"},
    "matplotlib": {"pictures"},
    "pygraphviz": {"pictures"},
    "lark": {"language"},
    "scipy": {"graph", "run", "learn"},
    "marshal": {"language"},
    "contourpy": {"pictures"},
    "pyarrow": {"data"},
    "sympy": {"graph"},
    "jax": {"run"},
}
"""Libraries, and the rooms that may name them."""

NEVER = {"pickle", "shelve", "dill"}


def _room(path: Path) -> str:
    name = path.relative_to(ROOT).parts[0].removesuffix(".py")
    return "" if name in ("__init__", "__main__") else name


def _imports() -> list[tuple[str, str, str]]:
    """The place, its room, and what it imports, for every import statement of gradcli."""
    found = []
    for path in sorted(ROOT.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                assert node.level == 0, f"{path}: a relative import"
                module = node.module or ""
                names = [module]
                if module == "gradcli":
                    names = [f"gradcli.{a.name}" for a in node.names if a.name[0] != "_"]
            place = f"{path.relative_to(ROOT)}:{getattr(node, 'lineno', 0)}"
            found += [(place, _room(path), name) for name in names]
    return found


IMPORTS = _imports()


def test_every_room_is_known():
    assert {room for _, room, _ in IMPORTS} == set(ROOMS)


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_imports_only_what_lies_before_it(room):
    for place, where, name in IMPORTS:
        if where == room and name.partition(".")[0] == "gradcli":
            target = [*name.split("."), ""][1]
            assert target in ROOMS[room], f"{place} imports {name}"


@pytest.mark.parametrize("library", ONLY_IN)
def test_a_library_lives_in_its_room(library):
    used = {room for _, room, name in IMPORTS if name.partition(".")[0] == library}
    assert used
    assert used <= ONLY_IN[library]


def test_no_private_module_is_imported():
    """What a library keeps to itself moves without notice."""
    for place, _, name in IMPORTS:
        private = [part for part in name.split(".") if part[:1] == "_" and part[:2] != "__"]
        assert not private, f"{place} imports {name}"


def test_nothing_unpickles():
    assert not {name for _, _, name in IMPORTS if name.partition(".")[0] in NEVER}
    for path in ROOT.rglob("*.py"):
        assert "allow_pickle=True" not in path.read_text("utf-8")


def test_no_table_of_ops_stands_outside_the_op_table():
    """Facts about an op stand in its entry; the language has operators, an engine a namespace."""
    names = set(TABLE) | set(ALIASES)
    for path in sorted(ROOT.rglob("*.py")):
        place = path.relative_to(ROOT)
        if place.parts[:2] == ("graph", "ops") or place.parts[0] == "language":
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Dict | ast.Set):
                keys = node.keys if isinstance(node, ast.Dict) else node.elts
                texts = [key.value for key in keys if isinstance(key, ast.Constant)]
                known = [text for text in texts if text in names]
                assert len(known) < 3 or len(known) < len(texts) / 2, f"{place}: {known}"


def test_no_two_modules_or_classes_have_one_name():
    modules = [path.stem for path in ROOT.rglob("*.py") if path.stem != "__init__"]
    assert len(modules) == len(set(modules)), Counter(modules).most_common(3)
    trees = [ast.parse(path.read_text("utf-8")) for path in ROOT.rglob("*.py")]
    names = [n.name for tree in trees for n in ast.walk(tree) if isinstance(n, ast.ClassDef)]
    classes = Counter(name for name in names if name[0] != "_")
    assert max(classes.values()) == 1, classes.most_common(3)
