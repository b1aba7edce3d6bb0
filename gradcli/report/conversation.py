"""Who answers: someone at a terminal, line by line, or the lines of a pipe."""

from __future__ import annotations

import sys
from typing import Protocol, TextIO

from gradcli.errors import UsageError, visible
from gradcli.report.alphabet import fit
from gradcli.report.output import Sink, colored

_STYLES = {"right": "32", "wrong": "1;31", "aside": "2"}
"""Of a line; its words say as much."""

_LONGEST = 10_000
"""Characters of an answer."""


class Conversation(Protocol):
    """Says lines and takes answers; `patient` where a wrong one may be mended, on the `same_screen`
    where the report comes to it too."""

    patient: bool
    same_screen: bool

    def say(self, text: str, style: str = "") -> None:
        """A line; `style` is right, wrong, aside or none."""

    def ask(self, prompt: str) -> str | None:
        """The next answer; None where there are no more."""


def conversation() -> Conversation:
    """With whoever sits at the terminal, else with standard input."""
    if sys.stdin is not None and sys.stdin.isatty():
        for stream in (sys.stdout, sys.stderr):
            if stream is not None and stream.isatty():
                return Dialogue(stream)
    return Script()


class Dialogue:
    """At a terminal: prompts on it, answers typed with its line editing."""

    patient = True

    def __init__(self, stream: TextIO) -> None:
        self._sink, self._colored = Sink(stream, "the terminal"), colored(stream)
        self.same_screen = stream is sys.stdout

    def say(self, text: str, style: str = "") -> None:
        from gradcli.report.folded import folded

        lines = folded(fit(visible(text), self._sink.encoding), max(self._sink.width, 20))
        shown = "\n".join(lines)
        if style and self._colored:
            shown = f"\x1b[{_STYLES[style]}m{shown}\x1b[0m"
        self._sink.write(shown + "\n")
        self._sink.flush()

    def ask(self, prompt: str) -> str | None:
        """None at the end of input, which Ctrl-D is; Ctrl-C is a KeyboardInterrupt."""
        prompt = fit(visible(prompt), self._sink.encoding)
        try:
            if self.same_screen:
                _edit_lines()
                return input(prompt)
            self._sink.write(prompt)
            self._sink.flush()
            return sys.stdin.readline() or None
        except EOFError:
            self._sink.write("\n")
            return None
        except UnicodeDecodeError:
            return "\N{REPLACEMENT CHARACTER}"


def _edit_lines() -> None:
    """Lets `input` edit a line and recall the ones before, where the system can."""
    try:
        import readline
    except ImportError:
        return
    readline.set_auto_history(True)


class Script:
    """The lines of standard input, an answer each; nobody is told anything on the way."""

    patient = same_screen = False

    def say(self, text: str, style: str = "") -> None:
        """Nothing: what there is to say stands in the report."""

    def ask(self, prompt: str) -> str | None:
        if sys.stdin is None:
            return None
        line = sys.stdin.buffer.readline(_LONGEST)
        if len(line) == _LONGEST:
            raise UsageError(f"an answer has more than {_LONGEST:,} bytes", hint="write one a line")
        return line.decode("utf-8", "backslashreplace") if line else None
