"""Completion as people meet it: a Tab typed into a real shell."""

from __future__ import annotations

import os
import pty
import re
import select
import shutil
import signal
import sys
from pathlib import Path

import pytest

HERE = str(Path(sys.executable).parent)
SHELLS = {
    "bash": (["bash", "--norc", "--noprofile", "-i"], "source <(gradcli completion bash)"),
    "zsh": (["zsh", "-f", "-i"], "source <(gradcli completion zsh)"),
    "fish": (["fish", "--no-config", "-i"], "gradcli completion fish | source"),
}
LINES = [
    ("gradcli des", "descend"),
    ("gradcli descend rosenb", "descend rosenbrock"),
    ("gradcli descend rosenbrock --optim", "descend rosenbrock --optimizer"),
    ("gradcli descend rosenbrock --optimizer rms", "descend rosenbrock --optimizer rmsprop"),
    ("gradcli descend xor --optimizer rmsprop:al", "descend xor --optimizer rmsprop:alpha="),
    ('gradcli grad "x^2+sigm', "grad x^2+sigmoid("),
    ("gradcli eval my", "eval mymodel.grad"),
    ("gradcli eval mymodel.grad stif", "eval mymodel.grad stiffness="),
    ("gradcli eval mymodel.grad --of ene", "eval mymodel.grad --of energy"),
    (
        "gradcli eval mymodel.grad --data rows.csv --keep hei",
        "eval mymodel.grad --data rows.csv --keep height",
    ),
    ("gradcli --ver", "--version"),
    ("gradcli help lang", "help language"),
    ("gradcli functions log_sof", "functions log_softmax"),
    ("gradcli samples --sea", "samples --search"),
    ("gradcli eval softm", "eval softmax"),
    ("gradcli descend iris --fix W,", "descend iris --fix W,b"),
    ("gradcli descend iris --engine num", "descend iris --engine numpy"),
    ("gradcli export xor --to tor", "export xor --to torch"),
    ("gradcli descend xor --sweep optimizer=nest", "descend xor --sweep optimizer=nesterov"),
    ("gradcli grad mymodel.grad stiffness=@row", "grad mymodel.grad stiffness=@rows.csv"),
    ("gradcli eval iris --of 'W[\"seto", 'eval iris --of W["setosa"]'),
    ('gradcli eval iris --of "W[\\"seto', 'eval iris --of W["setosa"]'),
    ("gradcli eval x -o pic", "eval x -o picture_folder"),
    ("gradcli eval x --digits pic", "eval x --digits pic\r"),
    ('gradcli eval mymodel.grad --data "ro', "eval mymodel.grad --data rows.csv"),
    *(
        (f"gradcli eval x --data rows.csv {typed}", f"eval x --data rows.csv {whole}")
        for typed, whole in [
            ("--keep sep", "--keep sepal length (cm)"),
            ("--keep sepal\\ l", "--keep sepal length (cm)"),
            ("--keep 'sep", "--keep sepal length (cm)"),
            ('--keep "height,sep', "--keep height,sepal length (cm)"),
            ("--keep=sep", "--keep=sepal length (cm)"),
            ("--keep it", "--keep it's own"),
            ("--keep 'it", "--keep it's own"),
            ('--keep "it', "--keep it's own"),
        ]
    ),
]  # fmt: skip
"""What is typed before a Tab, and the words that the shell has in the end."""


class Terminal:
    """A shell at a terminal, and what it has written so far."""

    def __init__(self, shell: str, folder: Path) -> None:
        command, setup = SHELLS[shell]
        environment = {
            **os.environ, "PATH": HERE + os.pathsep + os.environ["PATH"], "TERM": "xterm",
            "HOME": str(folder), "COLUMNS": "200", "LINES": "40",
        }  # fmt: skip
        self.process, self.end = pty.fork()
        if not self.process:
            os.chdir(folder)
            os.execvpe(command[0], command, environment)
        self.text = ""
        self.type(setup + "; echo rea''dy\n")
        self.wait("ready")

    def type(self, keys: str) -> None:
        os.write(self.end, keys.encode())

    def wait(self, expected: str) -> None:
        """Reads until the text is there; an error where nothing more comes."""
        while expected not in self.shown():
            ready, _, _ = select.select([self.end], [], [], 60)
            assert ready, f"no {expected!r} in {self.shown()[-600:]!r}"
            self.text += os.read(self.end, 65536).decode("utf-8", "replace")
            if "\x1b[c" in self.text:  # fish asks what the terminal is
                self.text = self.text.replace("\x1b[c", "")
                self.type("\x1b[?62c")

    def shown(self) -> str:
        return re.sub(r"\x1b(\[[0-9;?>=]*[a-zA-Z]|[()=>].?|\][^\x07]*\x07)", "", self.text)

    def close(self) -> None:
        os.kill(self.process, signal.SIGKILL)
        os.waitpid(self.process, 0)
        os.close(self.end)


@pytest.mark.shells
@pytest.mark.parametrize("shell", SHELLS)
def test_a_tab_completes(shell, tmp_path):
    assert shutil.which(shell), f"{shell} is not installed"
    (tmp_path / "mymodel.grad").write_text("param stiffness = 1\nenergy = stiffness*height^2\n")
    (tmp_path / "rows.csv").write_text("height,width,sepal length (cm),it's own\n1,2,3,4\n")
    (tmp_path / "picture_folder").mkdir()
    terminal = Terminal(shell, tmp_path)
    try:
        for typed, expected in LINES:
            terminal.text = ""
            # zsh closes the quotes only of a word that ends.
            end = '"' if shell == "zsh" and '"x^2' in typed else ""
            terminal.type(f"{typed}\t{end}\x01echo got: \n")  # Ctrl-A: to the start of the line
            terminal.wait(f"got: gradcli {expected}")
    finally:
        terminal.close()
