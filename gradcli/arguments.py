"""The words of a command line: verbs, options and numbers, and what is wrong with them."""

import sys
from collections.abc import Callable, Iterable
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from gradcli.clicking import BadOptionUsage, MissingParameter, NoSuchOption, fitted, hooked
from gradcli.errors import UsageError
from gradcli.words import joined, nearest, quoted


class Told(Exception):  # noqa: N818 (no error: the user asked for it)
    """A text that is all there is to say: the help, the version; behind it one in Markdown."""

    def __init__(self, text: str, markdown: str = "") -> None:
        super().__init__(text)
        self.text, self.markdown = text, markdown


class Verb(TyperCommand):
    """A command for which a text such as -x^2 is an argument, not a pile of short options."""

    def make_parser(self, ctx: Any) -> Any:
        options: dict[str, Any] = {
            name: option
            for option in self.get_params(ctx)
            for name in option.opts
            if name.startswith("-")
        }

        def handle(arg: str, state: Any, own: Callable[[str, Any], None]) -> None:
            if not arg.startswith("--") and arg not in options:
                state.largs.append(arg)
                return
            name, equals, value = arg.partition("=")
            if not equals:
                value = next((text for text in state.rargs[:1] if text not in options), "")
            if not value and name in options and not options[name].is_flag:
                hint = f"write {name} {options[name].metavar}"
                raise UsageError(f"{name} has no value", hint=hint)
            try:
                own(arg, state)
            except NoSuchOption as error:
                raise _unknown(error.option_name, options, ctx) from None
            except BadOptionUsage as error:
                name = error.option_name
                raise UsageError(f"{name} takes no value", hint=f"write {name} alone") from None
            _refuse_a_second(arg.partition("=")[0], state.order)

        return hooked(super().make_parser(ctx), handle)

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        try:
            return super().parse_args(ctx, args)
        except MissingParameter as error:
            example = (self.help or "").partition("Example: ")[2].strip()
            what = f"{self.name} has no {error.param.metavar if error.param else 'argument'}"
            raise UsageError(what, hint=f"write {example}") from None

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """What the user types, in that order, without the parser's own brackets."""
        arguments = [p.metavar or "" for p in self.params if p.param_type_name == "argument"]
        return [*arguments, "[OPTIONS]"]

    def get_help_option(self, ctx: Any) -> Any:
        return _helpful(super().get_help_option(ctx))

    def get_help(self, ctx: Any) -> str:
        return str(super().get_help(fitted(ctx)))

    def get_short_help_str(self, limit: int = 0) -> str:
        """The first sentence of the help, however long it is."""
        return super().get_short_help_str(sys.maxsize)


class Verbs(TyperGroup):
    """The verbs in the order in which they are met."""

    def list_commands(self, ctx: Any) -> list[str]:
        return list(self.commands)

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if not args:
            from gradcli.welcome import WELCOME

            raise Told(WELCOME)
        if args == ["help"]:
            args = ["--help"]
        try:
            return super().parse_args(ctx, args)
        except NoSuchOption as error:
            name = error.option_name
            if any(name in option.opts for v in self.commands.values() for option in v.params):
                hint = f"write gradcli eval SOURCE {name} …"
                raise UsageError(f"{name} stands before the verb", hint=hint) from None
            own = [opt for option in self.get_params(ctx) for opt in option.opts]
            raise _unknown(name, own, ctx) from None

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        if args[0] not in self.commands:
            raise self._no_verb(*args)
        return super().resolve_command(ctx, args)

    def _no_verb(self, name: str, *rest: str) -> UsageError:
        """It is another word for one, a slip, or a program without one."""
        from gradcli.welcome import command, meant

        hint = nearest(name, self.commands) if name.isalpha() else ""
        if other := meant(name, rest):
            hint = f"write {other}"
        elif not name:
            hint = "gradcli --help lists the verbs"
        elif not hint:
            hint = f"a program goes behind its verb: {command('grad', [name, *rest])}"
        return UsageError(f"there is no verb {quoted(name)}", hint=hint)

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        return ["VERB", "SOURCE", "[NAME=VALUE]*", "[OPTIONS]"]

    def get_help_option(self, ctx: Any) -> Any:
        return _helpful(super().get_help_option(ctx))

    def get_help(self, ctx: Any) -> str:
        return str(super().get_help(fitted(ctx)))


def number(
    option: str,
    example: float,
    least: int | None = None,
    most: int | None = None,
    *,
    metavar: str,
    help: str,
    default: str = "",
) -> Any:
    """Declares an option for a number, whole where its example is, or the word for its default."""
    parser = Number(option, example, least, most, default)
    return typer.Option(option, metavar=metavar, parser=parser, help=help)


class Number:
    """What an option makes of a number's text: 1000, 1_000 and 1e3 are the same."""

    def __init__(
        self,
        option: str,
        example: float,
        least: int | None = None,
        most: int | None = None,
        default: str = "",
    ) -> None:
        self.option, self.example, self.least, self.most = option, example, least, most
        self.default = default

    def __call__(self, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        if value and value == self.default:
            return None
        number = self._number(value)
        low = number is not None and self.least is not None and number < self.least
        high = number is not None and self.most is not None and number > self.most
        if number is None or low or high:
            what = "a number" if isinstance(self.example, float) else "a whole number"
            if self.most is not None:
                what += f" from {self.least} to {self.most}"
            elif self.least is not None:
                what += f" of at least {self.least}"
            if self.default:
                what += f" or {self.default}"
            raise UsageError(
                f"{self.option} must be {what}, not '{value}'",
                hint=f"write {self.option}{' ' if self.option[0] == '-' else '='}{self.example}",
            )
        return number

    def _number(self, text: str) -> float | None:
        try:
            if isinstance(self.example, float):
                return float(text)
            return int(text) if text.lstrip("+-").isdecimal() else _whole(float(text))
        except ValueError:
            return None


def _whole(number: float) -> int:
    """ValueError for a fraction, an infinity and nan."""
    if not number.is_integer():
        raise ValueError
    return int(number)


def _refuse_a_second(name: str, given: list[Any]) -> None:
    """UsageError for an option with a value that was given before and is not repeatable."""
    option = given[-1]
    if option.is_flag or option.multiple or given.count(option) == 1:
        return
    listed = "," in (option.metavar or "") and ":" not in option.metavar
    hint = f"list them: {name} {option.metavar}" if listed else "leave one of them out"
    raise UsageError(f"{name} is given twice", hint=hint)


def _unknown(name: str, options: Iterable[str], ctx: Any) -> UsageError:
    """There is no such option; there may be one like it, or one of another verb."""
    known = [option for option in options if option.startswith("--")]
    near = next((option for option in known if option.startswith(name)), "")
    verbs = ctx.parent.command.commands.values() if ctx.parent else ()
    others = [verb.name for verb in verbs for option in verb.params if name in option.opts]
    if others and not near:
        hint = f"it is an option of {joined(others, 'and')}"
    else:
        hint = nearest(near or name, known) or f"{ctx.command_path} --help lists them"
    return UsageError(f"there is no option '{name}'", hint=hint)


def _helpful(option: Any) -> Any:
    if option is not None:
        option.help = "print this help"
        option.callback = _tell_help
    return option


def verb_help(name: str, ctx: Any) -> str:
    """The help of the verb of that name, as `NAME --help` prints it; empty where it is none."""
    command = ctx.parent.command.commands.get(name)
    if command is None:
        return ""
    return str(command.get_help(type(ctx)(command, info_name=name, parent=ctx.parent))) + "\n"


def _tell_help(ctx: Any, param: Any, wanted: bool) -> None:
    if wanted and not ctx.resilient_parsing:
        raise Told(ctx.get_help() + "\n")
