"""What goes where: results to standard output, all else to standard error, and nothing to a reader
who has left."""

from __future__ import annotations

import subprocess

import pytest

E = ("(a+b)*(b+1)", "a=2", "b=1")


@pytest.fixture(scope="module")
def shell(gradcli):
    """A line of bash, where `$gradcli` is the command."""
    import inspect

    module = inspect.getmodule(gradcli)
    environment = module.environment(gradcli=module.COMMAND[0])

    def run_line(line, **settings):
        return subprocess.run(
            ["bash", "-c", "set -o pipefail; " + line],
            capture_output=True,
            env={**environment, **settings},
            timeout=300,
        )

    return run_line


def test_a_pipe_gets_tsv_and_silence(answered):
    run = answered("grad", *E)
    assert run.err == ""
    assert run.out.startswith("node\tkind\texpression\tinputs\tshape\tvalue\tgrad\na\tvariable\t")


def test_a_terminal_gets_a_table(on_a_terminal):
    shown = on_a_terminal("grad", *E, "--color", "never")
    assert shown == (
        "node  kind       expression  inputs  value  ∂e/∂node\n"
        "────────────────────────────────────────────────────\n"
        "a     variable   a                       2         2\n"
        "b     variable   b                       1         5\n"
        "v1    operation  a + b       a, b        3         2\n"
        "1     literal    1                       1\n"
        "v2    operation  b + 1       b, 1        2         3\n"
        "e     operation  v1 * v2     v1, v2      6         1\n"
        "\n"
        "output      e\n"
        "value       6\n"
        "gradient a  2\n"
        "gradient b  5\n"
    )


def test_a_narrow_terminal_gets_what_fits(on_a_terminal):
    shown = on_a_terminal("grad", *E, "--color", "never", columns=32)
    assert "e     v1 * v2         6      1\n" in shown
    assert max(map(len, shown.splitlines())) <= 32


def test_a_small_network_is_a_table_in_80_columns(on_a_terminal):
    program = "h = tanh(W@x); z = V@h; L = cross_entropy(z, 1)"
    values = ("W=0.1*randn(4, 3)", "V=0.1*randn(2, 4)", "x=[1, 2, 3]")
    shown = on_a_terminal("grad", program, *values, "--color", "never", columns=80)
    assert shown.splitlines()[0].split() == ["node", "expression", "value", "∂L/∂node"]
    assert max(map(len, shown.splitlines())) <= 80


def test_a_terminal_has_colour_unless_told_otherwise(on_a_terminal):
    assert "\x1b[" in on_a_terminal("eval", "1")
    assert "\x1b[" not in on_a_terminal("eval", "1", NO_COLOR="1")
    assert "\x1b[" not in on_a_terminal("eval", "1", "--color", "never")
    assert "\x1b[" in on_a_terminal("eval", "1", "--color", "always", NO_COLOR="1")


@pytest.mark.parametrize(
    ("settings", "options", "colour"),
    [
        ({}, (), False),
        ({"NO_COLOR": "1"}, (), False),
        ({"FORCE_COLOR": "1"}, (), True),
        ({"FORCE_COLOR": "0"}, (), False),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, (), False),
        ({"TERM": "dumb"}, (), False),
        ({}, ("--color", "always"), True),
        ({"FORCE_COLOR": "1"}, ("--color", "never"), False),
    ],
)
def test_colour_in_a_pipe(gradcli, settings, options, colour):
    good = gradcli("eval", "1", "--format", "table", *options, env=settings)
    bad = gradcli("eval", "1 +", *options, env=settings)
    assert ("\x1b" in good.out) is colour
    assert ("\x1b" in bad.err) is colour


@pytest.mark.parametrize("format", ["tsv", "csv", "json", "jsonl"])
def test_formats_for_programs_have_no_colour(answered, format):
    run = answered("eval", "1", "--format", format, "--color", "always")
    assert b"\x1b" not in run.raw


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "latin-1"])
def test_a_stream_with_few_letters(answered, encoding):
    settings = {"PYTHONIOENCODING": encoding}
    table = answered("grad", "√θ", "θ=4", "--format", "table", env=settings).raw.decode(encoding)
    assert "d e/d node" in table
    assert "gradient \\u03b8  0.25" in table
    run = answered("grad", "√θ", "θ=4", "--json", env=settings)
    assert run.summary["gradient"] == {"θ": 0.25}


def test_carets_on_an_ascii_stream(answered):
    run = answered("eval", "θ + * 3", code=2, env={"PYTHONIOENCODING": "ascii"})
    assert run.err.splitlines()[1:3] == ["  \\u03b8 + * 3", "           ^"]


def test_a_reader_who_leaves_early(shell):
    wide = "+".join(f"sin(x*{i})" for i in range(3000))
    for line in ('"$gradcli" grad "$wide" x=1 | head -1', '"$gradcli" samples iris | head -1'):
        done = shell(line, wide=wide)
        assert done.stderr == b""
        assert done.returncode == 0
        assert done.stdout.count(b"\n") == 1


def test_a_full_disk(shell):
    for format in ("tsv", "json", "table"):
        done = shell(f'"$gradcli" eval 1 --format {format} > /dev/full')
        assert done.returncode == 2
        assert done.stderr == b"error: cannot write to standard output: No space left on device\n"
    done = shell('"$gradcli" eval 1 --json -o /dev/full')
    assert done.returncode == 2
    assert done.stderr == b"error: cannot write to /dev/full: No space left on device\n"


@pytest.mark.parametrize("asked", ["--help", "--version", "grad --help"])
def test_the_help_onto_a_stream_that_takes_nothing(shell, asked):
    for stream, reason in (("/dev/full", b"No space left on device"), ("&-", b"it is closed")):
        done = shell(f'"$gradcli" {asked} >{stream}')
        assert done.stderr == b"error: cannot write to standard output: " + reason + b"\n"
        assert done.returncode == 2
    done = shell(f'"$gradcli" {asked} | true')
    assert (done.returncode, done.stderr) == (0, b"")


def test_too_little_memory_to_load_a_library(shell):
    done = shell("""ulimit -v 60000; "$gradcli" grad "sum(x)" "x=[1, 2]" """)
    assert done.returncode == 2
    (first, second) = done.stderr.splitlines()
    assert first.startswith((b"error: a library cannot be loaded: ", b"error: there is not enough"))
    assert second.startswith(b"hint: ")


def test_too_little_memory(shell):
    done = shell("""ulimit -v 2000000; "$gradcli" eval "ones(1e8)" --json""")
    assert done.returncode == 2
    assert done.stderr.startswith(b"error: there is not enough memory for arrays as large as these")


def test_closed_streams(shell):
    done = shell('"$gradcli" eval 1 >&-')
    assert (done.returncode, done.stderr) == (
        2,
        b"error: cannot write to standard output: it is closed\n",
    )
    assert shell('"$gradcli" eval 1 -q 2>&-').stdout == b"1.0\n"
    assert shell('"$gradcli" eval "1 +" 2>&-').returncode == 2
    done = shell('"$gradcli" eval - <&-')
    assert done.returncode == 2
    assert done.stderr.startswith(b"error: there is no standard input\n")


def test_what_is_not_finite_is_printed_and_explained(answered):
    run = answered("eval", "y = x - 1; log(y)", "x=1", "--json", code=3)
    assert run.summary == {"output": "e", "value": "-Infinity"}
    assert run.err.startswith("warning: e is not finite: e = log(y) is -inf at y = 0\n")
    run = answered("grad", "sqrt(x)", "x=0", "-q", code=3)
    assert run.out == "x\tinf\n"
    assert run.err.startswith("warning: ∂e/∂x is not finite: ")


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("9^9^9^9", "inf"),
        ("(-8)^(1/3)", "nan"),
        ("max(0, nan)", "nan"),
        ("1/0", "inf"),
        ("log(-1)", "nan"),
        ("-1/0", "-inf"),
    ],
)
def test_ieee_754_to_the_end(answered, source, value):
    run = answered("eval", source, "-q", code=3)
    assert run.out == value + "\n"
    assert run.err.startswith("warning: e is not finite: ")


def test_x_squared_at_0(answered):
    assert answered("grad", "x^2", "x=0", "-q").out == "x\t0.0\n"
