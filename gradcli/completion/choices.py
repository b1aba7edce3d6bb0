"""The values of options that a table holds, and the settings that some of them take."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from gradcli.completion.named import Found


def chosen(text: str, table: Mapping[str, Iterable[str]]) -> Found:
    """A name of the table; behind its colon the settings that it has: `adam:beta1=0.8,eps=`."""
    name, colon, settings = text.partition(":")
    if not colon:
        yield from ((known, ", ".join(options)) for known, options in table.items())
        return
    given, comma, _ = settings.rpartition(",")
    taken = {each.partition("=")[0] for each in given.split(",")}
    for option in table.get(name, ()):
        if option not in taken:
            yield f"{name}:{given}{comma}{option}=", ""


def first_order() -> dict[str, Iterable[str]]:
    """The optimizers of our own, with their settings."""
    from gradcli.learn.optimizers import OPTIMIZERS

    return {name: list(row.options) for name, row in OPTIMIZERS.items()}


def optimizers() -> dict[str, Iterable[str]]:
    """All optimizers, with their settings."""
    from gradcli.learn.optimizers import SCIPY_METHODS

    return {**first_order(), **dict.fromkeys(SCIPY_METHODS, ())}


def schedules() -> dict[str, Iterable[str]]:
    """The schedules, with their settings."""
    from gradcli.learn.schedules import PLATEAU, PROFILES

    return {**{name: list(row.options) for name, row in PROFILES.items()}, "plateau": list(PLATEAU)}


def settings() -> Iterable[str]:
    """What --sweep takes besides consts."""
    from gradcli.training.grid import SETTINGS

    return SETTINGS


def _formats() -> Iterable[str]:
    from gradcli.report import FORMATS

    return FORMATS


def _themes() -> Iterable[str]:
    from gradcli.report.emit import THEMES

    return THEMES


def _missing() -> Iterable[str]:
    from gradcli.question.question import MISSING

    return MISSING


def _targets() -> Iterable[str]:
    from gradcli.export.targets import TARGETS

    return TARGETS


def _engines() -> Iterable[str]:
    from gradcli.learn.settings import ENGINES

    return ENGINES


CHOICES: dict[str, Callable[[], Iterable[str]]] = {
    "--format": _formats,
    "--color": lambda: ("auto", "always", "never"),
    "--pager": lambda: ("auto", "always", "never"),
    "--theme": _themes,
    "--missing": _missing,
    "--engine": _engines,
    "--order": lambda: ("1", "2"),
    "--to": _targets,
}
"""The values of options that have few."""
