"""A value by the name of a class, as the parameters of a training know the classes."""

from __future__ import annotations

import json

import numpy as np
import pytest

from gradcli import Model
from gradcli.errors import GradError
from gradcli.question.question import ask

CITIES = ["1", "10:30", "Graz", "Linz", "New York", "pi"]
HEIGHTS = [10.0, 20.0, 30.0, 40.0, 50.0, 60.0]
PROGRAM = "param E = zeros(6); E[city]*size"


@pytest.fixture
def params(tmp_path):
    path = tmp_path / "city.json"
    meta = {"classes": {"city": CITIES, "town": CITIES}, "columns": {"both": ["city", "town"]}}
    made = {"format": "gradcli checkpoint", "schema": 1, "params": {"E": HEIGHTS}}
    path.write_text(json.dumps({**made, "meta": meta, "state": {}}))
    return str(path)


def asked(params, *bindings, program=PROGRAM):
    question = ask(program, ["size=2", *bindings], params=params)
    output = question.model.output
    return np.asarray(question.run([output])[output]).tolist()


@pytest.mark.parametrize(
    ("city", "value"),
    [
        ("3", 80),
        ("Linz", 80),
        (" Linz ", 80),
        ('"Linz"', 80),
        ("'Linz'", 80),
        ("New York", 100),
        ('"New York"', 100),
        ('"10:30"', 40),
        ('"pi"', 120),
        ('"1"', 20),
        ('[Linz, Graz, "New York", 0]', [80, 60, 100, 20]),
        ("[[Linz], [Graz]]", [[80], [60]]),
    ],
)
def test_a_class_by_its_name(params, city, value):
    assert asked(params, f"city={city}") == value


def test_a_name_of_the_data_has_the_classes_of_its_columns(params):
    program = "param E = zeros(6); data both = city, town; E[both]*size"
    assert asked(params, "both=[Linz, Graz]", program=program) == [80, 60]


@pytest.mark.parametrize(
    ("city", "message"),
    [
        (
            "Lintz",
            "city: there is no class 'Lintz' in 'city'\n"
            "  city=Lintz\n       ^^^^^\nhint: did you mean 'Linz'?",
        ),
        (
            '[Linz, "Gras"]',
            "city: there is no class 'Gras' in 'city'\n"
            "  city=[Linz, \"Gras\"]\n              ^^^^^^\nhint: did you mean 'Graz'?",
        ),
        (
            "Paris + 1",
            "city: there is no class 'Paris + 1' in 'city'\n"
            "  city=Paris + 1\n       ^^^^^^^^^\n"
            "hint: the classes are 1, 10:30, Graz, Linz, New York, pi",
        ),
        ("", "city has no value\n  city=\n       ^\nhint: write city=1"),
        (
            "1",
            "city may be class '1', or the class with the number 1\n  city=1\n       ^\n"
            "hint: write city=\"1\", or city=0 which is the number of '1'",
        ),
    ],
)
def test_what_is_no_class(params, city, message):
    with pytest.raises(GradError) as caught:
        asked(params, f"city={city}")
    assert str(caught.value) == message


def test_what_has_no_classes_takes_none(params):
    for name in ("size", "E"):
        with pytest.raises(GradError, match="and Linz has no value in it"):
            ask(PROGRAM, ["city=3", f"{name}=Linz"], params=params)
    with pytest.raises(GradError, match="and Linz has no value in it"):
        ask(PROGRAM, ["size=2", "city=Linz"])


def test_in_python(params):
    m = Model(PROGRAM)
    assert m(size=2, city="Linz", params=params) == 80
    assert m(size=2, city=["Linz", "1"], params=params).tolist() == [80, 20]
    assert m(size=2, city=np.array(["Linz"]), params=params).tolist() == [80]
    assert m(size=2, city=1, params=params) == 40
    assert m.eval(size=2, city="Linz", params=params).value == 80
    assert m.grad(size=2, city="Linz", params=params).gradient["size"] == 40
    with pytest.raises(GradError) as caught:
        m(size=2, city="Lintz", params=params)
    assert str(caught.value) == (
        "city: there is no class 'Lintz' in 'city'\nhint: did you mean 'Linz'?"
    )
    for bad in ({"size": "Linz", "params": params}, {"size": "Linz"}):
        with pytest.raises(GradError, match="size is 'Linz': a value is a number"):
            m(city=1, **bad)
