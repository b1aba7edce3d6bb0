"""A long table on a terminal is read in a pager, and no pager loses a row."""

from __future__ import annotations

import re

import pytest

ROWS = 250


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    """The words that make a table of so many rows, each with a number of its own."""
    path = tmp_path_factory.mktemp("table") / "x.csv"
    path.write_text("x\n" + "".join(f"{n}.5\n" for n in range(1000, 1000 + ROWS)), "utf-8")
    return "eval", "2*x", "--data", path, "--per-row", "--color", "never"


def rows(text):
    """The numbers of the rows in a text."""
    return re.findall(r"\b2\d{3}$", text, re.MULTILINE)


WHOLE = [str(2 * n + 1) for n in range(1000, 1000 + ROWS)]


def test_a_long_table_goes_to_the_pager(on_a_terminal, table, tmp_path):
    read = tmp_path / "read"
    shown = on_a_terminal(*table, GRADCLI_PAGER=f"sh -c 'cat > {read}; echo $LESS'")
    assert shown == "FRX\n"
    assert rows(read.read_text("utf-8")) == WHOLE
    assert "more rows" not in read.read_text("utf-8")


def test_a_short_one_only_where_it_is_asked_for(on_a_terminal, tmp_path):
    read = tmp_path / "read"
    pager = f"sh -c 'cat > {read}'"
    shown = on_a_terminal("eval", "x + 1", "x=2", PAGER=pager)
    assert "value" in shown
    assert not read.exists()
    assert on_a_terminal("eval", "x + 1", "x=2", "--pager", "always", PAGER=pager) == ""
    assert "value" in read.read_text("utf-8")


@pytest.mark.parametrize(
    ("options", "settings"),
    [
        (["--pager", "never"], {}),
        ([], {"GRADCLI_PAGER": "cat"}),
        ([], {"GRADCLI_PAGER": ""}),
        ([], {"TERM": "dumb"}),
        ([], {"PAGER": "'unbalanced"}),
    ],
)
def test_without_a_pager_the_rest_is_counted(on_a_terminal, table, options, settings):
    shown = on_a_terminal(*table, *options, **{"PAGER": "false", **settings})
    assert rows(shown) == WHOLE[:200]
    assert f"… {ROWS - 200} more rows: add --format tsv\n" in shown


@pytest.mark.parametrize(
    "pager", ["/nowhere/pager", "false", "sh -c 'exit 3'", "sh -c 'head -c 100 >&-; kill $$'"]
)
def test_a_broken_pager_loses_nothing(on_a_terminal, table, pager):
    assert rows(on_a_terminal(*table, GRADCLI_PAGER=pager)) == WHOLE


def test_a_pager_that_is_left_early(on_a_terminal, table):
    shown = on_a_terminal(*table, GRADCLI_PAGER="head -n 4")
    assert rows(shown) == WHOLE[:2]
    assert len(shown.splitlines()) == 4


def test_never_in_a_pipe_or_a_file(answered, table, tmp_path):
    asked = ("--pager", "always", "--format", "table")
    run = answered(*table, *asked, env={"PAGER": "false", "GRADCLI_PAGER": "false"})
    assert rows(run.out) == WHOLE
    answered(*table, *asked, "-o", tmp_path / "x.txt", env={"PAGER": "false"})
    assert (tmp_path / "x.txt").read_text("utf-8") == run.out
