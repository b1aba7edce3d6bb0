"""Typer's parts that it keeps to itself are where gradcli looks for them, in any version."""

from __future__ import annotations

import inspect
import keyword
from typing import Annotated

import pytest
import typer
from typer.core import TyperCommand
from typer.models import OptionInfo

from gradcli.arguments import number
from gradcli.cli import app as gradcli_app
from gradcli.clicking import (
    BadOptionUsage,
    ClickException,
    MissingParameter,
    NoSuchOption,
    hooked,
)
from gradcli.errors import UsageError


def runner(cls=TyperCommand):
    """Runs a small command line, which returns what it was given."""
    app = typer.Typer(add_completion=False)

    @app.command(cls=cls)
    def verb(
        source: str,
        more: Annotated[list[str] | None, typer.Argument()] = None,
        loud: Annotated[bool, typer.Option("--loud")] = False,
        size: Annotated[int | None, number("--size", 7, 0, 9, metavar="N", help="a size")] = 3,
    ):
        return source, list(more or []), loud, size

    return lambda *args: app(list(args), standalone_mode=False)


@pytest.mark.parametrize(
    ("args", "kind", "field", "value"),
    [
        (("x", "--lod"), NoSuchOption, "option_name", "--lod"),
        (("x", "--loud=3"), BadOptionUsage, "option_name", "--loud"),
        ((), MissingParameter, "param", "source"),
    ],
)
def test_each_mistake_has_its_kind(args, kind, field, value):
    with pytest.raises(kind) as caught:
        runner()(*args)
    assert isinstance(caught.value, ClickException)
    found = getattr(caught.value, field)
    assert getattr(found, "name", found) == value
    assert caught.value.format_message()


def test_a_hooked_parser_hands_over_each_word_that_looks_like_an_option():
    met = []

    class Hooked(TyperCommand):
        def make_parser(self, ctx):
            def handle(word, state, own):
                met.append((word, list(state.largs), list(state.rargs)))
                if word == "-x^2":
                    state.largs.append(word)
                else:
                    own(word, state)
                    met.append([option.name for option in state.order])

            return hooked(super().make_parser(ctx), handle)

    assert runner(Hooked)("-x^2", "a", "--loud", "b") == ("-x^2", ["a", "b"], True, 3)
    assert met == [
        ("-x^2", [], ["a", "--loud", "b"]),
        ("--loud", ["-x^2", "a"], ["b"]),
        ["loud"],
    ]


@pytest.mark.parametrize(("text", "value"), [("8", 8), ("0_5", 5), ("4e0", 4)])
def test_a_number_is_read(text, value):
    assert runner()("x", "--size", text)[-1] == value


def test_a_number_not_given_is_the_default():
    assert runner()("x")[-1] == 3


@pytest.mark.parametrize("text", ["10", "-1", "1.5", "two", "", "nan"])
def test_what_is_no_such_number_is_told_with_the_option(text):
    with pytest.raises(UsageError) as caught:
        runner()("x", f"--size={text}")
    assert caught.value.what == f"--size must be a whole number from 0 to 9, not '{text}'"
    assert caught.value.hint == "write --size 7"


def options():
    """The verb, the parameter and what declares it, for every option of gradcli."""
    for command in gradcli_app.registered_commands:
        for name, parameter in inspect.signature(command.callback).parameters.items():
            if parameter.annotation is typer.Context:
                continue
            (declared,) = parameter.annotation.__metadata__
            if isinstance(declared, OptionInfo):
                yield command.name, name, declared


def spelt(option):
    """The names that an option declares; Typer keeps the first where a default would be."""
    return [name for name in (option.default, *option.param_decls) if isinstance(name, str)]


def test_no_option_is_left_to_be_named_by_its_metavar():
    """Typer 0.27 takes --NODE for the name of `node` where the metavar is NODE."""
    assert [
        (verb, name)
        for verb, name, option in options()
        if (option.metavar or "").lower().replace("-", "_") == name and not spelt(option)
    ] == []


def test_a_number_is_declared_under_the_name_of_its_parameter():
    numbers = [(name, option) for _, name, option in options() if option.parser]
    assert len(numbers) > 10
    for name, option in numbers:
        (spelled,) = spelt(option)
        assert spelled == option.parser.option
        # what is a word of Python cannot be the name of a parameter
        assert spelled == "--" + name.replace("_", "-") or keyword.iskeyword(spelled[2:])
