"""The README shows what the tool prints: each command runs at a terminal, and its text is compared.

`UPDATE_README=1 python -m pytest tests/test_readme.py` writes what it finds into the README.
"""

from __future__ import annotations

import doctest
import fcntl
import os
import pty
import re
import shutil
import struct
import subprocess
import sys
import termios
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

from gradcli.graph.ops.table import TABLE

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
PICTURES = ROOT / "samples" / "pictures"
UPDATE = bool(os.environ.get("UPDATE_README"))
BLOCK = re.compile(r"```console\n(.*?)```", re.DOTALL)


def at_a_terminal(command: str, folder: Path) -> str:
    """What a command of the shell prints on a terminal of 100 columns."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 100, 0, 0))
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "NO_COLOR": "1",
        "TERM": "xterm",
        "COLUMNS": "100",
    }
    run = subprocess.Popen(
        ["bash", "-c", command], stdin=theirs, stdout=theirs, stderr=theirs, cwd=folder,
        env=environment,
    )  # fmt: skip
    os.close(theirs)
    chunks = []
    while True:
        try:
            chunk = os.read(ours, 65536)
        except OSError:  # the other end is closed
            break
        if not chunk:
            break
        chunks.append(chunk)
    run.wait()
    os.close(ours)
    text = b"".join(chunks).decode().replace("\r\n", "\n")
    # A progress line is written over and over, and wiped at the end.
    return re.sub(r"[^\n]*\r(\x1b\[K)?", "", text)


def test_every_command_prints_what_the_readme_shows(tmp_path: Path) -> None:
    text = README.read_text(encoding="utf-8")

    def run(block: re.Match[str]) -> str:
        commands = [line[2:] for line in block[1].splitlines() if line.startswith("$ ")]
        shown = [f"$ {command}\n{at_a_terminal(command, tmp_path)}" for command in commands]
        return "```console\n" + "".join(shown) + "```"

    found = BLOCK.sub(run, text)
    names = re.findall(r"!\[[^]]*\]\(samples/pictures/(.+?)\)", text)
    if UPDATE:
        README.write_text(found, encoding="utf-8")
        for name in names:
            shutil.copy(tmp_path / name, PICTURES)
    assert found == README.read_text(encoding="utf-8")
    assert sorted(path.name for path in PICTURES.iterdir()) == sorted(names)
    for name in names:  # their lines depend on the version of what draws them
        assert words(tmp_path / name) == words(PICTURES / name)


def words(picture: Path) -> list[str]:
    """The texts of an svg."""
    found = ElementTree.parse(picture).getroot().iter("{http://www.w3.org/2000/svg}text")
    return ["".join(element.itertext()) for element in found]


def test_python_does_what_the_readme_shows() -> None:
    text = README.read_text(encoding="utf-8")
    names: dict[str, Any] = {}
    sessions = re.findall(r"```pycon\n(.*?)```", text, re.DOTALL)
    assert sessions
    for session in sessions:
        example = doctest.DocTestParser().get_doctest(session, names, "README", "README.md", 0)
        runner = doctest.DocTestRunner()
        runner.run(example, clear_globs=False)
        names = example.globs
        assert not runner.failures
    (code,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    exec(code, names)
    names["test_my_gradient"]()


def function_table() -> str:
    """Every function of the language by family, from the op table."""
    families: dict[str, list[str]] = {}
    for op in TABLE.values():
        if op.hidden or op.group in ("operator", "sweep"):
            continue
        also = f" (also {', '.join(f'`{alias}`' for alias in op.aliases)})" if op.aliases else ""
        doc = op.doc.replace("|", "\\|")
        line = f"| `{op.name}({op.signature})`{also} | {doc} |"
        families.setdefault(op.group, []).append(line)
    head = "| function | value |\n| --- | --- |\n"
    tables = (
        f"\n**{group.capitalize()}**\n\n{head}" + "\n".join(lines) + "\n"
        for group, lines in families.items()
    )
    return "".join(tables)


def test_the_function_table_is_the_op_table() -> None:
    text = README.read_text(encoding="utf-8")
    start, stop = "<!-- functions -->\n", "<!-- /functions -->"
    before, _, rest = text.partition(start)
    _, _, after = rest.partition(stop)
    found = before + start + function_table() + "\n" + stop + after
    if UPDATE:
        README.write_text(found, encoding="utf-8")
    assert found == README.read_text(encoding="utf-8")


def test_the_readme_has_the_two_commands() -> None:
    text = README.read_text(encoding="utf-8")
    assert 'gradcli grad "(a+b)*(b+1)" a=2 b=1\n```' in text
    assert shutil.which("bash") is not None
    assert "-m pytest -n auto\n```" in text
