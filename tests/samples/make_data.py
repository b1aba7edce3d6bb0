"""Makes the small data files of the samples, all but iris.csv, from seeds and short texts.

    python tests/samples/make_data.py          # writes samples/data

The same files come out every time, which a test holds.
"""

from __future__ import annotations

import csv
import io
import math
import random
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

FOLDER = Path(__file__).parents[2] / "samples" / "data"

CORPUS = "the cat sat on the mat . the dog sat on the rug ."
"""Read in a circle: after `sat on the` comes a mat or a rug, all else is certain."""

PAIRS = [
    "cat fur paw", "dog fur paw", "cat paw tail", "dog paw tail", "cat fur tail", "dog fur tail",
    "tea cup hot", "coffee cup hot", "tea hot drink", "coffee hot drink", "tea cup drink",
    "coffee cup drink",
]  # fmt: skip
"""Words that keep company."""

NEWS = [
    "museums in paris are amazing", "trains to london are late", "cats in boxes are happy",
    "letters to friends are long", "winters in rome are mild", "flights to oslo are cheap",
    "fish in ponds are quiet", "songs in spring are long", "streets in oslo are quiet",
    "letters to rome are late", "flights to london are long", "songs to friends are cheap",
]  # fmt: skip
PLACES = {"paris", "london", "rome", "oslo"}

HEADLINES = [
    "trains to london are late", "snow falls in oslo", "the mayor of rome resigns",
    "flights to paris are cheap", "rain falls in london", "the bridge of oslo closes",
    "a museum opens in paris", "prices rise in rome", "the mayor of paris returns",
    "ferries to oslo are full", "workers march in london", "the harbour of vienna grows",
    "trains to madrid are slow", "a school opens in lisbon", "the streets of bergen fill",
    "buses to turin are old", "concerts begin in vienna", "the museum closes",
    "prices are slow", "workers are late", "the rain returns", "a ferry sinks",
]  # fmt: skip
TOWNS = {"london", "oslo", "rome", "paris", "vienna", "madrid", "lisbon", "bergen", "turin"}

PEOPLE = {
    "king": ("noble", "his"), "queen": ("noble", "her"),
    "man": ("poor", "his"), "woman": ("poor", "her"),
}  # fmt: skip
WAYS = {
    "noble": ("noble proud mighty", "rules loves commands", "land throne army"),
    "poor": ("poor plain hungry", "ploughs mends carries", "field roof basket"),
}
"""How the noble and the poor are, what they do, and to what."""

COUNTS = {
    "ice": {"solid": 190, "gas": 66, "water": 3000, "fashion": 17},
    "steam": {"solid": 22, "gas": 780, "water": 2200, "fashion": 18},
}
"""The probabilities of table 1 in Pennington, Socher and Manning 2014, a million words each."""


def line() -> Iterable[Sequence[object]]:
    """40 points around y = 3x + 2."""
    draw = random.Random(1)
    yield "x", "y"
    for _ in range(40):
        x = round(draw.uniform(-2, 2), 3)
        yield x, round(3 * x + 2 + draw.gauss(0, 0.3), 3)


def logistic() -> Iterable[Sequence[object]]:
    """80 points with two features, the label 1 with probability σ(1.5 x1 - 2 x2 + 0.5)."""
    draw = random.Random(2)
    yield "x0", "x1", "x2", "y"
    for _ in range(80):
        x1, x2 = round(draw.gauss(0, 1), 3), round(draw.gauss(0, 1), 3)
        yield 1, x1, x2, int(draw.random() < 1 / (1 + math.exp(-(1.5 * x1 - 2 * x2 + 0.5))))


def moons() -> Iterable[Sequence[object]]:
    """Two half circles that reach into each other, 50 points each."""
    draw = random.Random(3)
    yield "x1", "x2", "moon"
    for i in range(100):
        angle = math.pi * draw.random()
        x, y = math.cos(angle), math.sin(angle)
        if i % 2:
            x, y = 1 - x, 0.5 - y
        yield (
            round(x + draw.gauss(0, 0.1), 3),
            round(y + draw.gauss(0, 0.1), 3),
            "lower" if i % 2 else "upper",
        )


def gates() -> Iterable[Sequence[object]]:
    """The truth tables of AND and XOR."""
    yield "x1", "x2", "and", "xor"
    for x1 in (0, 1):
        for x2 in (0, 1):
            yield x1, x2, x1 & x2, x1 ^ x2


def nested_mess() -> Iterable[Sequence[object]]:
    """Six examples with two features, half of them labelled 1."""
    yield "x1", "x2", "y"
    yield from [(1, 2, 1), (0.5, -1, 0), (-1.5, 0.3, 1), (2, 0.7, 0), (-0.4, -2, 1), (1.2, 1.1, 0)]


def skipgram() -> Iterable[Sequence[object]]:
    """Every two words of one group, with two negative samples from outside it."""
    draw = random.Random(4)
    yield "word", "context", "negative1", "negative2"
    groups = [text.split() for text in PAIRS]
    vocabulary = sorted({word for group in groups for word in group})
    company = {w: {v for group in groups if w in group for v in group} for w in vocabulary}
    for group in groups:
        for word in group:
            for context in group:
                if context != word:
                    others = [v for v in vocabulary if v not in company[word]]
                    first = others.pop(int(draw.random() * len(others)))
                    yield word, context, first, others[int(draw.random() * len(others))]


def language() -> Iterable[Sequence[object]]:
    """Every window of three words of the corpus, and the word that follows."""
    words = CORPUS.split()
    yield "w1", "w2", "w3", "next"
    for i in range(len(words)):
        yield [words[(i + k) % len(words)] for k in range(4)]


def entities() -> Iterable[Sequence[object]]:
    """Every window of five words, padded, and whether the one in the middle is a place."""
    yield "w1", "w2", "w3", "w4", "w5", "place"
    for text in NEWS:
        words = ["-", "-", *text.split(), "-", "-"]
        for i in range(len(words) - 4):
            window = words[i : i + 5]
            yield *window, int(window[2] in PLACES)


def tags() -> Iterable[Sequence[object]]:
    """For every word of the headlines whether it is a place."""
    yield ("tag",)
    for word in " ".join(HEADLINES).split():
        yield ("PLACE" if word in TOWNS else "O",)


def news() -> Iterable[str]:
    """A headline a line."""
    return HEADLINES


def kingdom() -> Iterable[str]:
    """What kings, queens, men and women do: a sentence for each way to be and to act, and a line
    for each of them."""
    for person, (rank, whose) in PEOPLE.items():
        adjectives, verbs, things = (words.split() for words in WAYS[rank])
        for i, adjective in enumerate(adjectives):
            for j, verb in enumerate(verbs):
                thing = things[(i + j) % len(things)]
                yield f"the {adjective} {person} {verb} {whose} {thing} ."


def counts() -> Iterable[Sequence[object]]:
    """A row for each pair of a word and a word near it."""
    yield "word", "near", "times"
    for word, row in COUNTS.items():
        for near, times in row.items():
            yield word, near, times


FILES = {
    "line": line,
    "logistic": logistic,
    "moons": moons,
    "gates": gates,
    "nested_mess": nested_mess,
    "skipgram": skipgram,
    "language": language,
    "entities": entities,
    "counts": counts,
    "tags": tags,
}
TEXTS = {"news": news, "kingdom": kingdom}


def text_of(name: str) -> str:
    """The text of one file."""
    if name in TEXTS:
        return "".join(f"{line}\n" for line in TEXTS[name]())
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerows(FILES[name]())
    return stream.getvalue()


def main(folder: Path) -> None:
    for name in (*FILES, *TEXTS):
        ending = "txt" if name in TEXTS else "csv"
        (folder / f"{name}.{ending}").write_text(text_of(name), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)
