"""The examples of the docstrings hold, in every module that has one."""

from __future__ import annotations

import doctest
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

import gradcli

ROOT = Path(gradcli.__file__).parent
KNOWN = {"np": np, "Model": gradcli.Model}
"""What an example need not import."""

FILES = [path for path in sorted(ROOT.rglob("*.py")) if ">>> " in path.read_text(encoding="utf-8")]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_the_examples_of_a_module_hold(path):
    parts = path.relative_to(ROOT.parent).with_suffix("").parts
    module = import_module(".".join(parts).removesuffix(".__init__"))
    failed, tried = doctest.testmod(module, extraglobs=KNOWN)
    assert tried
    assert not failed


def test_the_library_has_examples():
    assert {
        ROOT / "__init__.py",
        *(ROOT / "library" / f"{name}.py" for name in ("model", "given")),
    } <= set(FILES)
