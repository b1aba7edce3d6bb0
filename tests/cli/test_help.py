"""Every verb's help starts with its usage, and its example runs as it stands."""

from __future__ import annotations

import re
import shlex

import pytest

from gradcli import __version__
from gradcli.verbs.help import TOPICS

VERBS = [
    "eval", "grad", "trace", "check", "descend", "export", "quiz", "samples", "functions",
]  # fmt: skip


@pytest.fixture(scope="module")
def helps(all_of):
    return dict(zip(VERBS, all_of([(verb, "--help") for verb in VERBS])))


def test_help_lists_the_verbs_in_order(answered):
    out = answered("--help").out
    assert out == answered("-h").out
    places = [out.index(f"\n  {verb} ") for verb in VERBS]
    assert places == sorted(places)
    assert out.startswith("Usage: gradcli VERB SOURCE [NAME=VALUE]* [OPTIONS]\n")
    assert "..." not in out[places[0] :]


@pytest.mark.parametrize("verb", VERBS)
def test_usage_comes_first(helps, verb):
    run = helps[verb]
    assert run.code == 0
    assert run.err == ""
    named = verb in ("samples", "functions")
    what = "[NAME]" if named else "SOURCE [NAME=VALUE]*"
    assert run.out.startswith(f"Usage: gradcli {verb} {what} [OPTIONS]\n")
    assert max(map(len, run.out.splitlines())) <= 80
    assert re.search(r"\n  -h, --help +print this help\n$", run.out)


def test_help_has_a_letter(helps, answered):
    assert answered("grad", "-h").out == helps["grad"].out


@pytest.mark.parametrize("verb", VERBS)
def test_the_example_runs(helps, gradcli, verb):
    (example,) = [
        line.removeprefix("  Example: ")
        for line in helps[verb].out.splitlines()
        if line.startswith("  Example: ")
    ]
    program, *args = shlex.split(example)
    assert program == "gradcli"
    assert args[0] == verb
    run = gradcli(*args)
    assert run.code == 0
    assert run.raw


@pytest.mark.parametrize("verb", [verb for verb in VERBS if verb != "export"])
def test_options_that_every_verb_has(helps, verb):
    for option in ("--format", "--json", "-o, --output", "--digits", "--color", "-q, --quiet"):
        assert option in helps[verb].out


def test_version(answered):
    assert answered("--version").out == f"gradcli {__version__}\n"


@pytest.mark.parametrize("verb", VERBS)
def test_help_verb_is_the_same(helps, answered, verb):
    text = answered("help", verb).out
    assert text.startswith(helps[verb].out)
    topic = text[len(helps[verb].out) :].strip()
    assert bool(topic) == (verb in TOPICS)
    assert not topic or topic.startswith(("#", "##"))


def test_topics(answered):
    assert answered("help").out == answered("--help").out
    assert "1 - tanh(x)^2" in answered("help", "tanh").out
    assert answered("help", "xor").out == answered("samples", "xor").out
    assert answered("help", "--man").out.startswith(".TH GRADCLI 1 ")
    assert answered("help", "--man", "grad", code=2).out == ""
    assert "broadcasting" in answered("help", "language").out
    assert "| 3 | the numbers broke down" in answered("help", "exit-codes").out
    assert "gradcli eval kingdom" in answered("help", "text").out


DEFAULTS = [
    ({"GRADCLI_FORMAT": "csv"}, (), "node,kind"),
    ({"GRADCLI_FORMAT": "csv"}, ("--json",), '{"schema": 1'),
    ({"GRADCLI_FORMAT": "json"}, ("-q",), "6.28"),
    ({"GRADCLI_FORMAT": "table", "GRADCLI_DIGITS": "3"}, (), "node  kind       expression"),
    ({"GRADCLI_FORMAT": "table", "GRADCLI_COLOR": "always"}, (), "\x1b[1mnode"),
    ({"GRADCLI_FORMAT": "table", "GRADCLI_COLOR": "always"}, ("--color", "never"), "node "),
]


@pytest.mark.parametrize(("settings", "options", "start"), DEFAULTS)
def test_the_environment_has_defaults(answered, settings, options, start):
    out = answered("eval", "2*pi*x", "x=1", *options, env=settings).out
    assert out.startswith(start)
    if "GRADCLI_DIGITS" in settings:
        assert "6.28\n" in out


@pytest.mark.parametrize(
    "setting", ["GRADCLI_FORMAT=svg", "GRADCLI_FORMAT=xml", "GRADCLI_DIGITS=0", "GRADCLI_COLOR=on"]
)
def test_a_default_that_makes_no_sense_is_named(answered, setting):
    name, _, value = setting.partition("=")
    run = answered("eval", "1", env={name: value}, code=2)
    assert run.out == ""
    assert name in run.err
    assert "\nhint: " in run.err


def test_the_engine_has_a_default_of_its_own(answered):
    descent = ("descend", "sphere", "--lr", "0.1", "-q")
    assert answered(*descent, env={"GRADCLI_ENGINE": "numpy"}).out == answered(*descent).out
    run = answered(*descent, env={"GRADCLI_ENGINE": "cuda"}, code=2)
    assert "GRADCLI_ENGINE=cuda" in run.err
    assert answered(*descent, "--engine", "numpy", env={"GRADCLI_ENGINE": "cuda"}).out
