"""What stands at the top of a file of code: the program, and where the file comes from."""

from __future__ import annotations

from gradcli import __version__
from gradcli.export.planning import FilePlan


def heading(plan: FilePlan, target: str, begin: str, end: str, each: str = "") -> str:
    """A comment with the program, comments and all, and the shapes of what goes in."""
    text = plan.question.model.program.text.strip("\n")
    for mark in filter(None, {begin.strip(), end.strip()}):
        text = text.replace(mark, " ".join(mark))
    text = text.replace("\\", "\\\\") if begin == '"""' else text
    shapes = [
        f"{name} {'a number' if not shape else ' × '.join(map(str, shape))}"
        for name, shape in plan.arguments.items()
    ]
    lines = [
        f"Made by gradcli {__version__}: gradcli export --to {target}. The program:",
        "",
        *(f"    {line}".rstrip() for line in text.splitlines()),
        "",
        f"Arguments: {', '.join(shapes) or 'none'}.",
    ]
    return begin + "\n".join((each + line).rstrip() for line in lines) + "\n" + end
