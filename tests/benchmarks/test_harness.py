"""The harness: what it makes of measurements, and how it says that a limit is broken."""

import importlib.util
import json
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))  # as `python tests/benchmarks/run.py` finds its neighbours
import harness  # noqa: E402

spec = importlib.util.spec_from_file_location("benchmarks_run", HERE / "run.py")
run = importlib.util.module_from_spec(spec)
spec.loader.exec_module(run)
sys.path.remove(str(HERE))


class Fake:
    """A side that takes the seconds it is told to."""

    def __init__(self, name, *seconds, found=None):
        self.name, self.seconds, self.found, self.runs = name, seconds, found, 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def sample(self):
        seconds = self.seconds[min(self.runs, len(self.seconds) - 1)]
        self.runs += 1
        return {"wall": seconds, "cpu": seconds, "found": self.found}


def suite_of(ratio, limit):
    def one(bench):
        yield bench.race("a fake", Fake("gradcli", 0.002 * ratio), Fake("by hand", 0.002), limit)

    return {"fake": one}


def test_a_broken_limit_is_exit_code_1(capsys):
    assert run.main([], suite_of(3.0, 1.5)) == 1
    assert "over its limit of 1.5: a fake (3.00)" in capsys.readouterr().err


def test_a_kept_limit_is_exit_code_0(capsys):
    assert run.main([], suite_of(1.25, 1.5)) == 0
    assert run.main([], suite_of(1000.0, None)) == 0
    assert "over" not in capsys.readouterr().err


def test_an_unknown_benchmark_is_exit_code_2():
    with pytest.raises(SystemExit) as ending:
        run.main(["--only", "none"], suite_of(1.0, 1.0))
    assert ending.value.code == 2


def test_markdown_and_json_hold_the_same_row(tmp_path, capsys):
    file = tmp_path / "rows.json"
    run.main(["--markdown", "--json", str(file)], suite_of(0.5, 0.75))
    table = capsys.readouterr().out.splitlines()
    assert table[2] == "| a fake | 1 ms | by hand, 2 ms | 0.50 | 0.75 |  |"
    (row,) = json.loads(file.read_text())["rows"]
    assert (row["ours"], row["reference"], row["ratio"], row["kept"]) == (0.001, 0.002, 0.5, True)


def test_the_ratio_is_that_of_neighbours():
    """A load that doubles both sides for a while changes nothing."""
    load = [1, 1, 1, 2, 2, 2, 2, 2]
    bench = harness.Bench()
    ours = Fake("ours", *[0.3 * one for one in load])
    row = bench.race("loaded", ours, Fake("theirs", *load), 1.0, repeats=7)
    assert row.ratio == pytest.approx(0.3)
    assert row.steady


def test_a_ratio_above_the_limit_is_measured_again():
    ours = Fake("ours", *[9.0] * 8, *[1.0] * 14)
    row = harness.Bench().race("once slow", ours, Fake("theirs", 1.0), 1.5, repeats=7)
    assert ours.runs == 1 + 7 + 14
    assert row.ratio == 1.0
    assert row.kept


def test_unsteady_ratios_are_marked():
    pairs = [(1.0, 1.0), (2.0, 1.0), (3.0, 1.0), (1.0, 1.0), (3.0, 1.0)]
    row = harness.row_of("noisy", "that", pairs, 5.0)
    assert not row.steady
    table = harness.markdown([row], "A machine.")
    assert "| 2.00 ± |" in table
    assert table.endswith(
        "A machine. Ratios marked ± were unsteady: other work ran on the machine."
    )


def test_sides_that_find_different_numbers_are_no_race():
    sides = Fake("gradcli", 1.0, found=[1.0, 2.0]), Fake("by hand", 1.0, found=[1.0, 2.1])
    with pytest.raises(SystemExit, match="gradcli and by hand differ"):
        harness.Bench().race("different", *sides, 1.0)


def test_a_worker_runs_its_job_when_asked():
    options = {"rows": 40, "sizes": [4, 5, 3]}
    sides = [harness.Worker(name, name, "full_gradient", **options) for name in ("ours", "by_hand")]
    found = []
    for side in sides:
        with side:
            found.append(side.sample()["found"])
    assert found[0] == pytest.approx(found[1], rel=1e-12)


def test_a_library_that_is_missing_leaves_its_peer_out():
    row = harness.Bench().race(
        "alone", Fake("ours", 1.0), Fake("theirs", 1.0), None,
        peers=[(harness.Worker("nobody", "no_such_module", "job"), 1), (Fake("peer", 4.0), 2)],
    )  # fmt: skip
    assert row.peers == {"peer": 2.0}


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (1.234567, "s", "1.23 s"), (0.0999, "s", "99.9 ms"), (2.5e-7, "s", "250 ns"),
        (2.6e-5, "s", "26 µs"), (123.4, "s", "123 s"), (1.5e9, "B", "1.5 GB"), (2e7, "B", "20 MB"),
    ],
)  # fmt: skip
def test_values_are_shown_in_a_unit_that_fits(value, unit, text):
    assert harness.shown(value, unit) == text
