"""A table in a file or a pipe: nothing is cut, and one long cell does not widen every row."""

from __future__ import annotations

from gradcli.report import Report


def of_names(count):
    """As `grad` reports the sum of so many names."""
    names = [f"name{place}" for place in range(count)]
    rows = [{"node": name, "expression": name, "inputs": [], "value": 1.5} for name in names]
    long = {"node": "s", "expression": f"[{', '.join(names)}]", "inputs": names, "value": 0.25}
    return Report("grad", ["node", "expression", "inputs", "value"], [*rows, long])


def test_it_grows_with_its_cells(written):
    sizes = [len(written(of_names(count), format="table")) for count in (100, 200, 400)]
    assert sizes[1] < 2.2 * sizes[0]
    assert sizes[2] < 2.2 * sizes[1]


def test_a_long_cell_is_folded_and_whole(written):
    lines = written(of_names(400), format="table").splitlines()
    assert max(map(len, lines)) < 200
    last = next(place for place, line in enumerate(lines) if line.startswith("s "))
    start = lines[0].index("expression"), lines[0].index("inputs"), lines[0].index("value")
    expression = " ".join(line[start[0] : start[1]].strip() for line in lines[last:])
    inputs = " ".join(line[start[1] : start[2]].strip() for line in lines[last:])
    names = ", ".join(f"name{place}" for place in range(400))
    assert expression.strip() == f"[{names}]"
    assert inputs.strip() == names
    assert lines[last].endswith(" 0.25")


def test_no_number_is_broken(written):
    numbers = [-1.2345678901234567e-300 * place for place in range(1, 13)]
    report = Report("eval", ["node", "value"], [{"node": "x", "value": numbers}])
    table = written(report, format="table", digits=17)
    assert max(map(len, table.splitlines())) < 120
    assert [float(word.strip("[],")) for word in table.split()[4:]] == numbers


def test_a_word_without_blanks_is_whole(written):
    report = Report("eval", ["node", "expression"], [{"node": "x", "expression": "1" * 1000}])
    lines = written(report, format="table").splitlines()[2:]
    assert "".join(line.removeprefix("x").strip() for line in lines) == "1" * 1000
