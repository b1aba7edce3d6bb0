"""descend as a shell runs it: streams, exit codes, signals, files that are whole at any moment."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from gradcli.data.checkpoint import read_checkpoint

pytestmark = pytest.mark.usefixtures("default_signals")

COMMAND = [str(Path(sys.executable).parent / "gradcli")]
LINE = "param w = 0; param b = 0; mean((w*x + b - y)^2)"


@pytest.fixture
def line(tmp_path):
    rng = np.random.default_rng(11)
    x = rng.uniform(-1, 1, 200)
    return written(tmp_path / "line.csv", x=x, y=3 * x + 2 + rng.normal(0, 0.1, 200))


def written(path, **columns):
    rows = zip(*(np.asarray(column).tolist() for column in columns.values()))
    lines = [",".join(columns), *(",".join(map(str, row)) for row in rows)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def started(*args, **options):
    """A run under way, which hears SIGINT also where the tests are a job in the background."""
    return subprocess.Popen(
        [*COMMAND, "descend", *map(str, args)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        **options,
    )


def wait_for_the_first_step(run):
    """Returns when the run handles its signals itself."""
    status = Path(f"/proc/{run.pid}/status")

    def handles_them():
        caught = next(t for t in status.read_text().splitlines() if t.startswith("SigCgt"))
        return int(caught.split()[1], 16) >> (signal.SIGTERM - 1) & 1

    wait_for(handles_them)


def wait_for(event):
    """Returns when `event()` holds; fails where it never does."""
    for _ in range(60_000):
        if event():
            return
        time.sleep(0.005)
    pytest.fail("what the test waits for never happened")


# what is printed


def test_quiet_prints_names_and_values(answered):
    source = "param x = 0; param w = [0, 1]; (x - 1)^2 + sum((w - 2)^2)"
    got = answered("descend", source, "--lr", 0.5, "--steps", 1, "--tol", 0, "-q")  # fmt: skip
    assert got.out == "x\t1.0\nw\t[2.0,2.0]\n"
    assert got.err == ""


def test_a_table_in_a_pipe(answered):
    got = answered("descend", "x^2", "x=1", "--lr", 0.25, "--steps", 2, "--tol", 0)
    assert got.out == "parameter\tstart\tfinal\tgrad\nx\t1.0\t0.25\t0.5\n"
    assert got.err == ""


def test_formats_agree(answered):
    command = ("descend", "booth", "--lr", 0.01, "--steps", 50, "--tol", 0, "--trace",
               "--every", 10)  # fmt: skip
    json_rows = answered(*command, "--json").json["rows"]
    assert [row["step"] for row in json_rows] == [0, 10, 20, 30, 40, 50]
    lines = answered(*command, "--format", "jsonl").out.splitlines()
    assert [json.loads(text) for text in lines] == json_rows
    tsv = answered(*command).table("\t")
    for row, cells in zip(json_rows, tsv, strict=True):
        for name, value in row.items():
            assert cells[name] == ("" if value is None else repr(value))


def test_numpy_warns_of_no_overflow(answered, tmp_path):
    x = np.linspace(0, 2000, 300_000)  # so many that threads take blocks of them
    np.savez(tmp_path / "d.npz", x=x, y=x)
    options = ("--data", tmp_path / "d.npz", "--batch-size", 100, "--epochs", 1)
    got = answered("descend", LINE, *options, code=1)
    assert [line.partition(":")[0] for line in got.err.splitlines()] == ["warning", "hint"]


def test_the_same_bytes_twice(answered, line):
    command = ("descend", LINE, "--data", line, "--batch-size", 16, "--epochs", 5,
               "--holdout", 0.2, "--json")  # fmt: skip
    assert answered(*command).raw == answered(*command).raw


def test_the_parameters_of_a_report_are_values(answered, tmp_path):
    report = tmp_path / "r.json"
    answered("descend", "booth", "--lr", 0.05, "-o", report)
    summary = json.loads(report.read_text())["summary"]
    value = answered("eval", "booth", "--params", report, "--json").summary["value"]
    assert value == summary["loss"]


@pytest.mark.parametrize(
    ("args", "code", "told"),
    [
        (["x^2", "x=1", "--lr", "0.4"], 0, ""),
        (["x^2", "x=1", "--steps", "3"], 0,
         "warning: stopped after 3 steps: the largest gradient entry is 2, above 1e-06\n"),
        (["x^2", "x=1", "--steps", "3", "--tol", "1e-3"], 1,
         "warning: stopped after 3 steps: the largest gradient entry is 2, above 0.001\n"),
        (["x^2", "x=1", "--lr", "2", "--steps", "2"], 1,
         "warning: diverged: the loss ended at 81, above its start at 1\n"
         "hint: try --lr 0.2: in 2 steps it took the loss from 1 to 0.13\n"),
        (["rosenbrock", "--lr", "0.1,0.2", "--trace"], 2,
         "error: --trace does not go with a sweep of rates\nhint: --trace is of one descent\n"),
        (["rosenbrock", "--save", "m.txt"], 2,
         "error: m.txt: the name of a checkpoint ends in .json or .npz\n"),
        (["x^2", "x=1", "--lr", "0,1"], 2,
         "error: --lr must be a positive number, not '0'\n"
         "hint: write --lr 0.01, or --lr 0.1,0.01,0.001 to compare some\n"),
        (["x", "x=1", "--optimizer", "lbfgs"], 1,
         "warning: diverged after step 1: the loss falls on and on as the parameters run away\n"),
    ],
)  # fmt: skip
def test_codes_and_messages(gradcli, args, code, told):
    got = gradcli("descend", *args)
    assert (got.code, got.err) == (code, told)
    assert bool(got.out) == (code != 2)


def test_a_start_that_is_not_finite_is_reported_all_the_same(gradcli):
    got = gradcli("descend", "log(x) + x^2", "x=-1", "--json")
    assert got.code == 3
    assert got.summary["loss"] == "NaN"
    assert "log(x)" in got.err


# signals


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGHUP, 129), (signal.SIGINT, 130), (signal.SIGTERM, 143)]
)
def test_a_signal_ends_a_run_with_a_report(tmp_path, number, code):
    saved = tmp_path / "p.json"
    run = started("rosenbrock", "--lr", 1e-6, "--steps", 10**12, "--tol", 0, "--json",
                  "--save", saved)  # fmt: skip
    wait_for_the_first_step(run)
    run.send_signal(number)
    out, err = run.communicate(timeout=300)
    assert run.returncode == code, err
    report = json.loads(out)
    assert report["summary"]["reason"].startswith("interrupted at step")
    assert report["summary"]["params"] == json.loads(saved.read_text())["params"]
    assert f"--resume {saved}" in err.decode()


def test_nohup_keeps_a_run_going(tmp_path):
    saved = tmp_path / "p.json"
    command = [*COMMAND, "descend", "x^2", "x=1", "--lr", "1e-9", "--steps", str(10**12), "--tol"]
    run = subprocess.Popen(
        [*command, "0", "--save", saved],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN),
    )
    wait_for_the_first_step(run)
    run.send_signal(signal.SIGHUP)
    run.send_signal(signal.SIGTERM)
    run.communicate(timeout=20)
    assert run.returncode == 143


def test_what_is_read_is_not_replaced(gradcli, line):
    before = line.read_bytes()
    got = gradcli("descend", LINE, "--data", line, "-o", line)
    assert got.code == 2
    assert got.out == ""
    assert got.err.startswith(f"error: -o {line} would replace what --data reads\n")
    assert line.read_bytes() == before


def test_a_batch_of_all_rows_is_that_of_no_option(answered, line):
    command = ("descend", LINE, "--data", line, "--lr", 0.1, "--epochs", 5, "--tol", 0)
    assert answered(*command, "--batch-size", "all").raw == answered(*command).raw


@pytest.mark.parametrize(
    "options",
    [
        ["--optimizer", "adam", "--batch-size", 8],
        ["--optimizer", "momentum", "--schedule", "cosine"],
        ["--schedule", "plateau", "--batch-size", 16, "--holdout", 0.2],
    ],
)
@pytest.mark.parametrize("suffix", ["json", "npz"])
def test_interrupted_and_resumed_is_never_stopped(answered, line, tmp_path, options, suffix):
    saved = tmp_path / f"p.{suffix}"
    command = [LINE, "--data", line, "--lr", 1e-3, "--epochs", 1000, "--tol", 0, *options]
    # rows of the trace tell that it is under way
    run = started(*command, "--save", saved, "--trace", "--format", "jsonl")
    while json.loads(run.stdout.readline())["step"] < 100:
        pass
    run.send_signal(signal.SIGINT)
    run.communicate(timeout=300)
    assert run.returncode == 130
    whole = answered("descend", *command, "--json")
    resumed = answered("descend", *command, "--json", "--resume", saved)
    assert 100 <= read_checkpoint(str(saved)).meta["step"] < whole.summary["steps"]
    assert resumed.raw == whole.raw


def test_the_command_that_resumes_is_printed(tmp_path):
    saved = tmp_path / "a b.json"
    run = started("(x - 1)^2 + y^2", "x=0", "y=1", "--lr=1e-9", "--steps", 10**11, "--tol", 0,
                  "--save", saved)  # fmt: skip
    wait_for_the_first_step(run)
    run.send_signal(signal.SIGINT)
    _, err = run.communicate(timeout=300)
    (told,) = [text for text in err.decode().splitlines() if "--resume" in text]
    command = told[told.index("gradcli") :]
    assert f"'(x - 1)^2 + y^2' x=0 y=1 --lr=1e-9 --steps {10**11} --tol 0" in command
    assert command.endswith(f"--resume '{saved}'")


DRIVER = """
import sys
from gradcli.training import running
running.SAVED_EVERY, running.SAVING = 0.0, 1.0
from gradcli.cli import main
sys.argv = ["gradcli", *sys.argv[1:]]
main()
"""


@pytest.mark.parametrize("suffix", ["json", "npz"])
def test_a_kill_leaves_a_whole_checkpoint(tmp_path, suffix):
    """The run saves all the time, so that most kills hit a file that is being written."""
    saved = tmp_path / f"p.{suffix}"
    driver = tmp_path / "driver.py"
    driver.write_text(DRIVER)
    command = [sys.executable, driver, "descend", "sum((w - 1)^2)", "w=zeros(200, 200)", "--lr",
               "1e-6", "--steps", "1000000000", "--tol", "0", "--save", saved]  # fmt: skip
    last = -1
    for saves in (1, 2, 3, 4):
        resume = ["--resume", saved] if saved.exists() else []
        run = subprocess.Popen([*command, *resume], stdout=subprocess.DEVNULL)
        for _ in range(saves):
            wait_for_a_change(saved)
        wait_for(lambda: any(tmp_path.glob(".gradcli-*.tmp")))
        run.send_signal(signal.SIGKILL)
        run.wait(300)
        found = read_checkpoint(str(saved))
        assert found.params["w"].shape == (200, 200)
        assert found.meta["step"] >= last
        last = found.meta["step"]
    assert last > 0


def wait_for_a_change(path):
    def written_at():
        return path.stat().st_mtime_ns if path.exists() else None

    before = written_at()
    wait_for(lambda: written_at() != before)


# files


def test_an_unwritable_save_is_noticed_before_the_first_step(gradcli, tmp_path):
    (tmp_path / "folder.json").mkdir()
    for target in (tmp_path / "no" / "p.json", tmp_path / "folder.json"):
        got = gradcli("descend", "rosenbrock", "--lr", 1e-6, "--steps", 10**12, "--tol", 0,
                      "--save", target)  # fmt: skip
        assert got.code == 2
        assert got.err.startswith(f"error: cannot write {target}: ")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["folder.json"]


def test_predictions_with_class_names(answered, gradcli, tmp_path):
    rng = np.random.default_rng(1)
    centres = {"oak": (-3, 0), "ash": (3, 0), "elm": (0, 4)}
    rows = [(name, *rng.normal(at, 0.3)) for name, at in centres.items() for _ in range(15)]
    path = tmp_path / "trees.csv"
    path.write_text("u,v,kind\n" + "".join(f"{u},{v},{name}\n" for name, u, v in rows))
    program = tmp_path / "trees.grad"
    program.write_text(
        "data X = u, v\nparam W = zeros(2, 3)\nparam b = zeros(3)\nscores = X@W + b\n"
        "p = softmax(scores)\nkind_ = argmax(scores, axis=1)\n"
        "loss = mean(cross_entropy(scores, kind))\n"
    )
    model, new = tmp_path / "model.json", tmp_path / "new.csv"
    answered("descend", program, "--of", "loss", "--data", path, "--lr", 0.5, "--epochs", 200,
             "--standardize", "X", "--save", model)  # fmt: skip
    new.write_text("v,u\n0.1,2.8\n4.2,0\n0,-3.3\n")
    predict = ("eval", program, "--data", new, "--params", model, "--per-row", "--json")
    named = answered(*predict, "--of", "kind_").json["rows"]
    assert [row["kind_"] for row in named] == ["ash", "elm", "oak"]
    probabilities = answered(*predict, "--of", "p").json["rows"]
    assert [list(row) for row in probabilities] == [["row", "ash", "elm", "oak"]] * 3
    saved = json.loads(model.read_text())
    mean, deviation = map(np.array, saved["meta"]["scales"]["X"])
    cells = (np.array([[2.8, 0.1], [0, 4.2], [-3.3, 0]]) - mean) / deviation
    scores = cells @ np.array(saved["params"]["W"]) + saved["params"]["b"]
    expected = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    got = [[row[name] for name in ("ash", "elm", "oak")] for row in probabilities]
    assert np.array(got) == pytest.approx(expected, rel=1e-12)
    unknown = written(tmp_path / "u.csv", u=[1], v=[1], kind=["fir"])
    got = gradcli("eval", program, "--data", unknown, "--params", model, "--of", "loss")
    assert got.code == 2
    assert got.err == (
        f"error: {unknown}: line 2, column 'kind': 'fir' is not one of the classes\n"
        "hint: the classes are 'ash', 'elm', 'oak'\n"
    )


def test_arrays_larger_than_the_memory_are_read_in_part(tmp_path):
    """Memory that is not a file's is limited below the size of the file."""
    rows, columns = 1_500_000, 40
    for name, shape in (("x", (rows, columns)), ("y", (rows,))):
        array = np.lib.format.open_memmap(tmp_path / f"{name}.npy", "w+", np.float64, shape)
        array[::100_000] = 1
        array.flush()
        del array
    limit = 380 << 20
    assert limit < (tmp_path / "x.npy").stat().st_size

    def limited():
        resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))

    done = subprocess.run(
        [*COMMAND, "descend", f"param w = zeros({columns}); mean((x@w - y)^2)",
         "--data", "x=x.npy", "--data", "y=y.npy", "--batch-size", "64", "--steps", "20",
         "--lr", "0.1", "--json"],
        cwd=tmp_path, capture_output=True, preexec_fn=limited, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    summary = json.loads(done.stdout)["summary"]
    assert summary["samples_seen"] == 20 * 64
    assert summary["start_loss"] == pytest.approx(15 / rows)


def test_a_trace_streams(tmp_path):
    run = started("rosenbrock", "--lr", 1e-6, "--steps", 10**9, "--tol", 0, "--trace",
                  "--format", "jsonl")  # fmt: skip
    rows = [json.loads(run.stdout.readline()) for _ in range(2000)]
    assert [row["step"] for row in rows] == [*range(2000)]
    run.stdout.close()
    err = run.stderr.read()
    run.stderr.close()
    assert run.wait(300) in (0, 141, -signal.SIGPIPE, 1), err
    assert err == b""


def test_nothing_is_left_behind(answered, line, tmp_path):
    saved = tmp_path / "m.json"
    answered("descend", LINE, "--data", line, "--epochs", 2, "--save", saved)
    assert sorted(os.listdir(tmp_path)) == ["line.csv", "m.json"]


@pytest.mark.parametrize(
    "options",
    [
        ("--sweep", "lr=0.05,0.1,0.2,30", "--sweep", "batch_size=8,16"),
        ("--folds", "4", "--lr", "0.1,0.2", "--standardize", "x"),
        ("--lr", "0.1,0.2,0.3", "--save", "state.json"),
    ],
)
@pytest.mark.parametrize("output", ["out.json", "out.svg"])
def test_as_many_processes_as_there_are_give_the_same_bytes(options, output, gradcli, tmp_path):
    (tmp_path / "d.csv").write_text(
        "x,y\n" + "".join(f"{i / 10},{(i * 7919 % 31) / 31 + i / 20}\n" for i in range(40))
    )
    program = "param a = 0.1*randn(3); loss = mean((a[0] + a[1]*x + a[2]*x^2 - y)^2)"
    made = []
    for jobs in (1, 2, 3):
        place = tmp_path / str(jobs)
        place.mkdir()
        args = ("descend", program, "--data", "../d.csv", *options, "--epochs", 20)
        run = gradcli(*args, "--jobs", jobs, "-o", output, cwd=place)
        assert run.code in (0, 1)
        files = {path.name: path.read_bytes() for path in place.iterdir()}
        made.append((run.code, run.err, files))
    assert output in made[0][2]
    assert made[0] == made[1] == made[2]


@pytest.mark.parametrize("whole_group", [False, True])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_all_processes_and_reports_what_is_done(number, whole_group):
    process = subprocess.Popen(
        [*COMMAND, "descend", "rosenbrock", "--lr", "0.0001,0.0002,0.0003", "--tol", "0",
         "--steps", "2000000000", "--jobs", "2"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    others = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    while process.poll() is None and not others.read_text():
        time.sleep(0.05)
    other = int(others.read_text().split()[0])
    time.sleep(1)
    (os.killpg if whole_group else os.kill)(process.pid, number)
    out, err = process.communicate(timeout=100)
    assert process.returncode == 128 + number
    header, *rows = out.splitlines()
    assert header.split("\t") == ["lr", "loss", "steps", "verdict"]
    assert [row.split("\t")[0] for row in rows] == ["0.0001", "0.0002"]
    assert [row.split("\t")[-1] for row in rows] == ["interrupted"] * 2
    assert "interrupted at step" in err
    assert not Path(f"/proc/{other}").exists()
