"""What someone meets who does not know the verbs yet: a page to begin with, and other words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

WELCOME = """\
gradcli, a gradient workbench

Each node's value and gradient:
  gradcli grad "(a+b)*(b+1)" a=2 b=1
Every step of both passes:
  gradcli trace network_2_2_1
A derivative of yours, judged:
  gradcli check "x^2" --claim "x = 2*x"
Gradient descent:
  gradcli descend rosenbrock --lr 0.001
A picture of it:
  gradcli grad "x^2" x=-3:3 -o curve.svg
The models that come along:
  gradcli samples

gradcli functions lists the functions,
gradcli help language tells the rest,
gradcli VERB --help the options,
gradcli --help the verbs.
"""
"""Each command runs as it stands, and fits 40 columns."""

_ELSEWHERE = """
eval              evaluate calc calculate compute run value forward
grad              diff derive derivative differentiate gradient backward
grad --jacobian   jacobian
grad --hessian    hessian
trace             explain steps backprop
check             verify gradcheck test claim
descend           minimize minimise optimize optimise solve fit train learn
descend --maximize  maximize maximise
eval --data new.csv --params fit.json --per-row  predict
grad -o picture.svg  plot draw show graph visualize visualise
quiz              practice practise ask
quiz --sheet 10 --answers  exercise exercises worksheet worksheets sheet homework
samples           examples models list
functions         funcs ops operators builtins
help              tutorial demo man manual docs usage ?
--version         version
"""
"""What people call a verb elsewhere, behind the verb here and the options that make it the same."""

_PLAIN = re.compile(r"[\w.,:=/+@%-]+")
"""A word that no shell takes apart, and one that does not end its quotes."""
_QUOTABLE = re.compile(r'([^"$`\\!]|!=)*')

_LONGEST = 100


def meant(word: str, rest: Sequence[str]) -> str:
    """The command of someone who calls its verb by another word, as in `plot "x^2" x=-3:3`; empty
    for a word that is none of them."""
    for line in _ELSEWHERE.strip().splitlines():
        ours, theirs = line.split("  ", 1)
        if word in theirs.split():
            verb, _, options = ours.partition(" ")
            alone = verb in ("samples", "functions", "help", "--version")
            return command(verb, [] if alone else rest or ["SOURCE"], options)
    return ""


def command(verb: str, words: Iterable[str], options: str = "", most: int = _LONGEST) -> str:
    """A command line as a shell takes it; where that has more than so many characters, or the words
    are odd, with SOURCE for them."""
    words = list(words)
    shown = [word if _PLAIN.fullmatch(word) else f'"{word}"' for word in words]
    text = " ".join(filter(None, ["gradcli", verb, *shown, options]))
    if len(text) > most or not text.isprintable() or not all(map(_QUOTABLE.fullmatch, words)):
        text = " ".join(filter(None, ["gradcli", verb, "SOURCE", options]))
    return text
