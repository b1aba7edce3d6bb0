"""The collection of samples: listed, described, readable, and right in their gradients."""

from __future__ import annotations

import importlib.util
import json
import random
import re
import subprocess
import sys
from itertools import groupby
from pathlib import Path

import pytest

from gradcli.errors import UsageError
from gradcli.language import parse
from gradcli.language.sources import sample_names, sample_text
from gradcli.question.question import ask
from gradcli.verbs.jacobian import jacobian
from gradcli.verbs.samples import FUNCTIONS, samples

SAMPLES = Path(__file__).parents[2] / "samples"
BENCHMARKS = {
    "rosenbrock", "himmelblau", "beale", "booth", "matyas", "ackley", "rastrigin", "griewank",
    "styblinski_tang", "sphere", "three_hump_camel", "mccormick", "goldstein_price", "levy",
    "easom",
}  # fmt: skip


def statements(name):
    return parse(sample_text(name), name).statements


def test_all_are_listed_by_the_installed_command():
    done = subprocess.run(
        [str(Path(sys.executable).parent / "gradcli"), "samples", "--json"],
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=300,
    )
    rows = json.loads(done.stdout)["rows"]
    names = [row["name"] for row in rows]
    assert sorted(names) == sorted(path.stem for path in SAMPLES.glob("*.grad"))
    lectures = [lecture for lecture, _ in groupby(row["lecture"] for row in rows)]
    assert len(lectures) == len(set(lectures)) == 6
    assert {row["name"] for row in rows if row["lecture"] == FUNCTIONS} == BENCHMARKS
    assert all(row["next"].startswith("gradcli ") and row["name"] in row["next"] for row in rows)
    assert set(names) >= BENCHMARKS
    assert all(0 < len(row["about"]) <= 70 for row in rows)
    assert len({row["about"] for row in rows}) == len(rows)
    assert all(row["formula"] for row in rows)


@pytest.mark.parametrize(
    ("search", "first", "others"),
    [
        ("XOR", "xor", {"perceptron_xor"}),
        ("chain rule", "chain_rule", {"two_variable_chain_rule"}),
        ("fisher", "iris", set()),
        ("cross_entropy(", "iris", {"moons", "tagger"}),
    ],
)
def test_a_search_looks_at_names_then_first_lines_then_texts(search, first, others):
    found = [row["name"] for row in samples(search=search).rows]
    assert found[0] == first
    assert others <= set(found) < set(sample_names())


@pytest.mark.parametrize(
    ("search", "hint"), [("entrpoy", "entropy"), ("zzzzzz", "gradcli samples"), (" ", "gradcli")]
)
def test_a_search_that_finds_nothing_is_an_error(search, hint):
    with pytest.raises(UsageError) as error:
        samples(search=search)
    assert hint in error.value.hint


@pytest.mark.parametrize("name", sample_names())
def test_the_story_comes_first_and_ends_with_a_command(name):
    lines = sample_text(name).splitlines()
    assert max(map(len, lines)) <= 100
    story = lines[: lines.index("")]
    assert all(line.startswith("#") for line in story)
    assert story[1] == "#"
    shown = re.fullmatch(r"#     gradcli (eval|grad|trace|check|descend) (\w+)( .+)?", story[-1])
    assert shown
    assert shown[2] == name
    words = {line[2:].split()[0] for line in story[2:] if re.match(r"# \w+  ", line)}
    assert words & {"source", "from", "data"}
    if name in BENCHMARKS:
        assert words >= {"start", "source"}
        assert words & {"minimum", "minima"}


@pytest.mark.parametrize("name", sample_names())
def test_commands_in_the_story_name_samples(name):
    commands = re.findall(r"gradcli (?:eval|grad|trace|check|descend) (\w+)", sample_text(name))
    assert set(commands) <= set(sample_names())


@pytest.mark.parametrize("name", sample_names())
def test_data_files_lie_beside_the_samples(name):
    for statement in statements(name):
        if statement.kind == "data_from":
            assert re.fullmatch(r"data/\w+\.(csv|txt)", statement.path)
            assert (SAMPLES / statement.path).is_file()


def test_rosenbrock_is_printed_as_the_lecture_writes_it(command):
    text = command("samples", "rosenbrock")
    assert "f = (a - x)^2 + b*(y - x^2)^2" in text
    assert text == sample_text("rosenbrock")


def entries(value):
    return [value] if isinstance(value, float) else value.ravel().tolist()


@pytest.mark.parametrize("name", sample_names())
def test_gradient_along_a_direction(name):
    """The slope along a random direction, against differences at two steps, extrapolated."""
    question = ask(name)
    output = question.model.output
    variables = question.variables(question.cone())
    assert variables
    draw = random.Random(name)
    weights = [draw.uniform(-1, 1) for _ in entries(question.run([output])[output])]
    direction = {v: [draw.uniform(-1, 1) for _ in entries(question.inputs[v])] for v in variables}

    def value(step):
        moved = {}
        for v in variables:
            start = question.inputs[v]
            if isinstance(start, float):
                moved[v] = start + step * direction[v][0]
            else:
                along = start * 0
                along.flat = direction[v]
                moved[v] = start + step * along
        found = entries(question.run([output], moved)[output])
        return sum(w * entry for w, entry in zip(weights, found))

    def slope(step):
        return (value(step) - value(-step)) / (2 * step)

    numeric = (4 * slope(5e-5) - slope(1e-4)) / 3
    blocks = jacobian(question, output, variables)
    analytic = 0.0
    for v, block in blocks.items():
        cells = entries(block)
        size = len(direction[v])
        for i, weight in enumerate(weights):
            row = cells[i * size : (i + 1) * size]
            analytic += weight * sum(d * g for d, g in zip(direction[v], row))
    assert analytic == pytest.approx(numeric, rel=1e-8, abs=1e-8 * max(1, abs(value(0))))


def test_data_files_are_what_the_script_makes():
    path = Path(__file__).parent / "make_data.py"
    spec = importlib.util.spec_from_file_location("make_data", path)
    assert spec
    assert spec.loader
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    names = {f"{name}.csv" for name in made.FILES} | {f"{name}.txt" for name in made.TEXTS}
    for name in names:
        text = made.text_of(name.partition(".")[0])
        assert text == (SAMPLES / "data" / name).read_text("utf-8"), name
    others = {path.stem for path in (SAMPLES / "data").iterdir() if path.name not in names}
    assert others == {"iris"}


def test_iris_is_the_published_table():
    lines = (SAMPLES / "data" / "iris.csv").read_text("utf-8").split()
    rows = [line.split(",") for line in lines[1:]]
    assert len(rows) == 150
    # the means that Fisher's paper prints in its table 2, by species
    means = {
        "setosa": [5.006, 3.428, 1.462, 0.246],
        "versicolor": [5.936, 2.770, 4.260, 1.326],
        "virginica": [6.588, 2.974, 5.552, 2.026],
    }
    for species, want in means.items():
        ours = [[float(c) for c in row[:4]] for row in rows if row[4] == species]
        assert len(ours) == 50
        assert [sum(column) / 50 for column in zip(*ours)] == pytest.approx(want, abs=1e-9)
