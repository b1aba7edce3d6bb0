"""Checkpoints: what was written comes back to the bit, and nothing else is taken for one."""

from __future__ import annotations

import json
import math
import os
import random
import string
import subprocess
import sys
import zipfile

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from gradcli.data.checkpoint import (
    Checkpoint,
    check_checkpoint,
    read_checkpoint,
    read_params,
    write_checkpoint,
)

BOTH = pytest.mark.parametrize("path", ["c.json", "c.npz"])
QUIET = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def bits(value):
    """Kind, shape and bytes of a number or an array, every nan counting as one."""
    array = np.array(value, dtype=np.float64)
    array[np.isnan(array)] = np.nan
    return type(value) is float, array.shape, array.tobytes()


def assert_same(got, expected):
    assert {name: bits(value) for name, value in got.params.items()} == {
        name: bits(value) for name, value in expected.params.items()
    }
    assert list(got.state) == list(expected.state)
    for group, values in expected.state.items():
        assert {name: bits(value) for name, value in got.state[group].items()} == {
            name: bits(value) for name, value in values.items()
        }
    assert repr(got.meta) == repr(expected.meta)


def example():
    generator = np.random.default_rng(7)
    generator.normal(size=3)
    return Checkpoint(
        params={
            "w": 0.1, "θ": -0.0, "far": math.inf, "lost": math.nan,
            "W": np.array([[1 / 3, -0.0], [math.nan, -math.inf]]), "b": np.array([5e-324]),
            "one": np.array([[2.0]]), "none": np.zeros((0, 3)), "nothing": np.zeros(0),
            "hollow": np.zeros((2, 0, 3)), "rows": np.zeros((2, 0)),
        },
        state={
            "adam": {"step": 3.0, "m/W": np.arange(4.0).reshape(2, 2)},
            "plateau": {"best": math.inf},
            "sgd": {},
        },
        meta={
            "program": 'param W = 0.1*randn(4, 3)  # "α"\n',
            "classes": {"kind": ["NaN", "a", "Infinity"]},
            "standardize": {"X": [5.843333333333334, 0.8253012917851409]},
            "random": generator.bit_generator.state,
            "epoch": 12, "rate": 0.1, "worst": -math.inf, "unknown": [math.nan, None, True],
        },
    )  # fmt: skip


@BOTH
def test_everything_comes_back(here, path):
    write_checkpoint(path, example())
    assert_same(read_checkpoint(path), example())
    assert_same(read_params(path), example())
    assert os.listdir() == [path]


@BOTH
def test_the_random_state_goes_on_where_it_was(here, path):
    generator = np.random.default_rng(3)
    generator.permutation(10)
    write_checkpoint(path, Checkpoint(meta={"random": generator.bit_generator.state}))
    again = np.random.default_rng(0)
    again.bit_generator.state = read_checkpoint(path).meta["random"]
    assert again.bit_generator.state["state"]["state"] > 2**64
    assert again.normal(size=20).tolist() == generator.normal(size=20).tolist()


@BOTH
def test_the_random_state_of_another_generator(here, path):
    generator = np.random.Generator(np.random.MT19937(3))
    write_checkpoint(path, Checkpoint(meta={"random": generator.bit_generator.state}))
    again = np.random.Generator(np.random.MT19937(0))
    again.bit_generator.state = read_checkpoint(path).meta["random"]
    assert again.normal(size=20).tolist() == generator.normal(size=20).tolist()


NAMES = st.text(string.ascii_letters + 'θŷ₁_/ ."\\\n', min_size=1, max_size=5)
SHAPES = arrays.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=3)
VALUES = st.floats() | arrays.arrays(np.float64, SHAPES).filter(lambda array: array.ndim)
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=8,
)


@QUIET
@given(
    path=st.sampled_from(["c.json", "c.npz"]),
    params=st.dictionaries(NAMES, VALUES, max_size=4),
    state=st.dictionaries(NAMES, st.dictionaries(NAMES, VALUES, max_size=3), max_size=3),
    meta=st.dictionaries(st.text(max_size=3), PLAIN, max_size=3),
)
def test_anything_comes_back(here, path, params, state, meta):
    checkpoint = Checkpoint(params, state, meta)
    write_checkpoint(path, checkpoint)
    assert_same(read_checkpoint(path), checkpoint)


@BOTH
def test_the_same_state_gives_the_same_bytes(here, path):
    write_checkpoint(path, example())
    one = (here / path).read_bytes()
    write_checkpoint(path, example())
    assert (here / path).read_bytes() == one
    if path == "c.npz":
        with zipfile.ZipFile(path) as archive:
            assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


@BOTH
def test_arrays_come_back_in_c_order(here, path):
    write_checkpoint(path, Checkpoint({"W": np.asfortranarray(np.arange(6.0).reshape(2, 3))}))
    got = read_checkpoint(path).params["W"]
    assert got.flags.c_contiguous
    assert got.flags.writeable
    assert got.tolist() == [[0, 1, 2], [3, 4, 5]]


@BOTH
def test_numpy_numbers_are_plain(here, path):
    meta = {"n": np.int64(3), "x": np.float32(0.5), "t": (1, 2), 4: [np.eye(1)]}
    meta["bad"] = np.float64("nan")
    write_checkpoint(path, Checkpoint({"x": np.float64(2), "z": np.array(3)}, meta=meta))
    got = read_checkpoint(path)
    assert got.params == {"x": 2.0, "z": 3.0}
    assert {type(value) for value in got.params.values()} == {float}
    assert math.isnan(got.meta.pop("bad"))
    assert got.meta == {"n": 3, "x": 0.5, "t": [1, 2], "4": [[[1.0]]]}


def test_json_for_people(here):
    checkpoint = Checkpoint(
        {"w": 3.0, "θ": np.array([[1.0, math.inf]]), "none": np.zeros((0, 3))},
        {"momentum": {"w": 0.5}},
        {"program": "param θ", "best": math.nan},
    )
    write_checkpoint("c.json", checkpoint)
    text = (here / "c.json").read_text(encoding="utf-8")
    assert (
        text
        == """\
{"format": "gradcli checkpoint",
"schema": 1,
"params": {
  "w": 3.0,
  "θ": [[1.0, "Infinity"]],
  "none": {"shape": [0, 3]}},
"meta": {
  "program": "param θ",
  "best": {"$number": "NaN"}},
"state": {
  "momentum": {"w": 0.5}}}
"""
    )
    assert json.loads(text)["params"]["w"] == 3


def test_bytes_in_a_program_that_were_no_utf8(here):
    meta = {"program": "# caf\udce9"}
    for path in ("c.json", "c.npz"):
        write_checkpoint(path, Checkpoint(meta=meta))
        assert read_checkpoint(path).meta == meta


def test_a_checkpoint_goes_to_a_pipe_or_a_device_as_json(here, capfd):
    write_checkpoint("/dev/stdout", Checkpoint({"x": 1.0}))
    assert json.loads(capfd.readouterr().out)["params"] == {"x": 1.0}
    check_checkpoint("/dev/null")


def test_names_and_places(here, write, refused):
    said = "c.txt: the name of a checkpoint ends in .json or .npz"
    assert refused(write_checkpoint, "c.txt", Checkpoint()) == said
    assert refused(check_checkpoint, "c.txt") == said
    said = f"cannot write no/such/p.json: there is no folder {here}/no/such"
    assert refused(check_checkpoint, "no/such/p.json") == said
    assert refused(write_checkpoint, "no/such/p.json", Checkpoint()) == said
    check_checkpoint("c.json")
    check_checkpoint("c.NPZ")
    assert os.listdir() == []


@BOTH
def test_a_failed_write_leaves_the_old_checkpoint(here, refused, monkeypatch, path):
    def full(_descriptor):
        raise OSError(28, os.strerror(28))

    write_checkpoint(path, Checkpoint({"x": 1.0}))
    monkeypatch.setattr("os.fsync", full)
    said = refused(write_checkpoint, path, Checkpoint({"x": 2.0}))
    assert said == f"cannot write {path}: no space left on device"
    assert read_checkpoint(path).params == {"x": 1.0}
    assert os.listdir() == [path]


MARK = '{"format": "gradcli checkpoint", "schema": 1'
BAD = {
    "": "c.json is empty",
    '{"x": 1}': "c.json is not a checkpoint\nhint: descend --save writes one",
    "[1]": "c.json is not a checkpoint\nhint: descend --save writes one",
    '{"schema": 1, "command": "descend", "summary": {"params": {"x": 1}}}': (
        "c.json is not a checkpoint\nhint: descend --save writes one"
    ),
    MARK: "c.json is cut off: it ends in the middle of its JSON",
    MARK + "}": "c.json is a damaged checkpoint",
    MARK + ', "params": {}, "state": {"a": 1}, "meta": {}}': "c.json is a damaged checkpoint",
    MARK + ', "params": [], "state": {}, "meta": {}}': "c.json is a damaged checkpoint",
    '{"format": "gradcli checkpoint"}': "c.json is a damaged checkpoint",
    '{"format": "gradcli checkpoint", "schema": true}': "c.json is a damaged checkpoint",
    '{"format": "gradcli checkpoint", "schema": 2}': (
        "c.json was written by a newer gradcli: its schema is 2, not 1\nhint: update gradcli"
    ),
    MARK + ', "params": {"x": null}, "state": {}, "meta": {}}': "c.json: x is null, not a number",
    MARK + ', "params": {"x": {"shape": [1]}}, "state": {}, "meta": {}}': (
        "c.json: x has a shape that no array without entries has"
    ),
    MARK + ', "params": {"x": {"shape": [0, -1]}}, "state": {}, "meta": {}}': (
        "c.json: x has a shape that no array without entries has"
    ),
    MARK + ', "params": {"x": {"shape": [0, 9999999999, 9999999999]}}, "state": {}, "meta": {}}': (
        "c.json: x has a shape that no array without entries has"
    ),
    MARK + ', "params": {}, "state": {"adam": {"m": [[1], [2, 3]]}}, "meta": {}}': (
        "c.json: adam: m[1] has length 2, the first beside it 1"
    ),
}


@pytest.mark.parametrize("text", BAD)
def test_files_that_are_no_checkpoints(write, refused, text):
    assert refused(read_checkpoint, write("c.json", text)) == BAD[text]


@BOTH
def test_a_checkpoint_cut_off_anywhere_is_refused(here, refused, path):
    write_checkpoint(path, example())
    whole = (here / path).read_bytes()
    for end in random.Random(0).sample(range(len(whole) - 2), 60):
        (here / path).write_bytes(whole[:end])
        assert refused(read_checkpoint, path).startswith(path)


def test_archives_that_are_no_checkpoints(here, refused):
    mark = {"format": "gradcli checkpoint", "schema": 1, "state": ["adam"], "meta": {}}

    def archive(**changes):
        text = json.dumps({**mark, **changes}).encode()
        np.savez("c.npz", checkpoint=np.frombuffer(text, np.uint8), **{"state/1/m": np.ones(1)})
        return refused(read_checkpoint, "c.npz")

    assert archive() == "c.npz is a damaged checkpoint"
    assert archive(meta=[]) == "c.npz is a damaged checkpoint"
    assert archive(state=3) == "c.npz is a damaged checkpoint"
    assert archive(schema=2).startswith("c.npz was written by a newer gradcli: its schema is 2")
    no_checkpoint = "c.npz is not a checkpoint\nhint: descend --save writes one"
    assert archive(format="x") == no_checkpoint
    np.savez("c.npz", checkpoint=np.ones(3))
    assert refused(read_checkpoint, "c.npz") == no_checkpoint
    assert read_params("c.npz").params["checkpoint"].tolist() == [1, 1, 1]
    np.savez("c.npz", checkpoint=np.frombuffer(b"{", np.uint8))
    assert refused(read_checkpoint, "c.npz") == (
        "c.npz is cut off: it ends in the middle of its JSON"
    )
    np.savez("c.npz", W=np.array([None]))
    assert refused(read_params, "c.npz") == (
        "c.npz['W'] holds Python objects, which are never loaded"
    )


def test_missing_files(here, refused):
    assert refused(read_checkpoint, "no.json") == "no.json: no such file\nhint: check the path"
    assert refused(read_params, "no.npz") == "no.npz: no such file\nhint: check the path"


def test_plain_parameters(write, here):
    plain = '{"x": 1, "W": [[1, "NaN"]], "θ": "-Infinity", "number": "NaN"}'
    got = read_params(write("p.json", plain))
    assert got.params["x"] == 1
    assert type(got.params["x"]) is float
    assert bits(got.params["W"]) == bits(np.array([[1, math.nan]]))
    assert got.params["θ"] == -math.inf
    assert math.isnan(got.params["number"])
    assert (got.state, got.meta) == ({}, {})
    np.savez("p.npz", x=1, W=np.eye(2, dtype=np.float32))
    got = read_params("p.npz")
    assert got.params["x"] == 1
    assert type(got.params["x"]) is float
    assert bits(got.params["W"]) == bits(np.eye(2))


def test_parameters_of_a_report(write):
    report = {
        "schema": 1, "command": "descend", "rows": [],
        "summary": {"loss": "NaN", "params": {"x": 0.1, "W": [[1], [2]]}},
    }  # fmt: skip
    got = read_params(write("r.json", json.dumps(report)))
    assert got.params["x"] == 0.1
    assert got.params["W"].tolist() == [[1], [2]]


PARAMS = {
    "[1, 2]": 'p.json is no object of parameters such as {"x": 1}',
    '{"x": null}': "p.json: x is null, not a number",
    '{"x": true}': "p.json: x is true, not a number",
    '{"x": "1"}': "p.json: x is the text '1', not a number",
    '{"x": {"y": 1}}': "p.json: x is an object, not a number",
    '{"W": [[1], [2, 3]]}': "p.json: W[1] has length 2, the first beside it 1",
    '{"x": 1, "x": 2}': "p.json has the key 'x' twice in one object",
    '{"schema": 1, "command": "grad", "summary": {"value": 3}}': (
        "p.json is a report of 'grad' without parameters\n"
        "hint: the reports of descend hold parameters"
    ),
    "x=1": "p.json is not JSON: line 1, column 1: expecting value",
}


@pytest.mark.parametrize("text", PARAMS)
def test_files_without_parameters(write, refused, text):
    assert refused(read_params, write("p.json", text)) == PARAMS[text]


def test_small_checkpoints_need_no_numpy(here):
    code = """
import sys
from gradcli.data.checkpoint import Checkpoint, read_params, write_checkpoint
params = {"x": 1.0, "y": float("inf")}
write_checkpoint("c.json", Checkpoint(params, {"adam": {"m": 0.0}}, {"a": 1}))
assert read_params("c.json").params == params
assert "numpy" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", code], check=True)


LINES = """
import numpy as np
from gradcli.data.checkpoint import Checkpoint, read_checkpoint, write_checkpoint

def write(count):
    whole = np.full(100, float(count))
    write_checkpoint({path!r}, Checkpoint({{"W": whole}}, meta={{"count": count}}))

def read():
    found = read_checkpoint({path!r})
    assert set(found.params["W"].tolist()) == {{found.meta["count"]}}
    return found.meta["count"]
"""


@BOTH
def test_a_kill_leaves_a_whole_checkpoint(here, path, states_after_kills):
    states = states_after_kills(LINES.format(path=path))
    assert states == sorted(states)
    assert states.count("1") > 40
    assert states[-1] == "2"
