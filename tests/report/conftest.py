"""A small report, and a way to see what it is written as."""

from __future__ import annotations

from io import BytesIO, StringIO, TextIOWrapper

import pytest

from gradcli.report import Report, emit


class Terminal(StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch):
    for name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")


@pytest.fixture
def grad_report():
    columns = ["node", "kind", "expression", "inputs", "shape", "value", "grad"]
    rows = [
        ("a", "variable", "a", [], [], 2.0, 2.0),
        ("b", "variable", "b", [], [], 1.0, 5.0),
        ("v1", "operation", "a + b", ["a", "b"], [], 3.0, 2.0),
        ("1", "literal", "1", [], [], 1.0, None),
        ("v2", "operation", "b + 1", ["b", "1"], [], 2.0, 3.0),
        ("e", "operation", "v1 * v2", ["v1", "v2"], [], 6.0, 1.0),
    ]
    return Report(
        "grad",
        columns,
        [dict(zip(columns, row, strict=True)) for row in rows],
        {"output": "e", "value": 6.0, "gradient": {"a": 2.0, "b": 5.0}},
        [("a", 2.0), ("b", 5.0)],
        {"grad": "∂e/∂node"},
    )


@pytest.fixture
def terminal():
    return Terminal


@pytest.fixture
def written():
    def write(report, **options):
        stream = StringIO()
        emit(report, stream=stream, **options)
        return stream.getvalue()

    return write


@pytest.fixture
def shown(monkeypatch):
    """What a terminal of that many columns is sent."""

    def show(report, columns=80, **options):
        monkeypatch.setenv("COLUMNS", str(columns))
        stream = Terminal()
        emit(report, stream=stream, **{"color": "never", **options})
        return stream.getvalue()

    return show


@pytest.fixture
def encoded():
    """What goes out on a stream of that encoding."""

    def write(report, encoding, **options):
        raw = BytesIO()
        stream = TextIOWrapper(raw, encoding=encoding, newline="\n")
        emit(report, stream=stream, **options)
        return raw.getvalue().decode(encoding)

    return write
