"""A text as a table: a row a word, with the words before and after it in its sentence as columns.

A word is what stands between blanks; the punctuation at its ends is words of its own, a run of
. ! ? is one. A sentence ends with a line, and after . ! or ? (and what closes there) before a
blank. All columns count the same classes: the words, sorted, and three that are none.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple

from gradcli.data.files import bad_bytes, called, rereadable, text_stream
from gradcli.errors import DataError, UsageError
from gradcli.words import counted, listed, nearest, quoted

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

START, END, UNKNOWN = "<s>", "</s>", "<unk>"
"""The classes of what is before a sentence, of what is behind it, and of words that are not told
apart."""

WIDEST = 100
"""The most neighbours on a side."""

_PUNCTUATION = re.escape(".,;:!?…\"'“”‘’„«»‹›()[]{}<>¿¡*/\\|~`^=+-–—。、！？，")
_WORD = re.compile(
    rf"</?\w+>|[^\s{_PUNCTUATION}](?:[^\s—…]*[^\s{_PUNCTUATION}])?|[.!?]+|[{_PUNCTUATION}]"
)
_SENTENCE_END = re.compile(r"([.!?…][\"'”’»)\]]*)(?=\s)|([。！？])")
_NEIGHBOUR = re.compile(r"(?:before|after)_([1-9]\d{0,2})")


@dataclass(frozen=True)
class TextOptions:
    """How a text is read: with so many neighbours on each side, in lower case, and with the words
    that are rarer than `min_count` as one class; None where that was not said. Where no window
    was, it has `reach` neighbours, as many as the columns need that are asked for."""

    window: int | None = None
    lower: bool = False
    min_count: int | None = None
    reach: int = 0

    def __post_init__(self) -> None:
        if self.window is not None and not 0 <= self.window <= WIDEST:
            what = f"--window must be between 0 and {WIDEST}, not {self.window}"
            raise UsageError(what, hint="--window 2 gives two neighbours on each side")
        if self.min_count is not None and self.min_count < 1:
            what = f"--min-count must be at least 1, not {self.min_count}"
            raise UsageError(what, hint="--min-count 5 makes one class of rarer words")

    @property
    def said(self) -> str:
        """The first option that something was said of, empty where there is none."""
        said = {
            "--window": self.window is not None, "--lower": self.lower,
            "--min-count": self.min_count is not None,
        }  # fmt: skip
        return next((option for option, is_said in said.items() if is_said), "")

    def after(self, trained: Mapping[str, int]) -> TextOptions:
        """The same, where nothing else was said as in the text that was learned from."""
        window = trained.get("window") if self.window is None else self.window
        return TextOptions(window, self.lower or bool(trained.get("lower")), self.min_count)

    def reaching(self, names: Iterable[str]) -> TextOptions:
        """The same with the reach that columns of these names need."""
        found = (_NEIGHBOUR.fullmatch(name) for name in names)
        widths = [int(match[1]) for match in found if match]
        return replace(self, reach=max((k for k in widths if k <= WIDEST), default=0))


PLAIN = TextOptions()


def is_of_text(name: str) -> bool:
    """Whether a column of a text may be called so."""
    return name == "word" or _NEIGHBOUR.fullmatch(name) is not None


def needs_text(options: TextOptions) -> UsageError:
    """The error of options that say how a text is read, where there is none."""
    return UsageError(f"{options.said} is of a text, and there is none", hint="add --data x.txt")


class _Words(NamedTuple):
    """A text as numbers: which of the `words` stands at each place, the places in which sentences
    begin and end, and how many words there are up to the end of each line."""

    words: list[str]
    codes: npt.NDArray[np.int32]
    before: npt.NDArray[np.intp]
    after: npt.NDArray[np.intp]
    lines: array[int]


class CorpusSource:
    """The columns `before_2 before_1 word after_1 after_2` of a text, in the order of a sentence.

    `options` say how many there are, and how words are counted. Raises DataError for a text without
    words, or that is not UTF-8.
    """

    gaps = False

    def __init__(self, path: str, options: TextOptions = PLAIN) -> None:
        self.path, self.options = called(path), options
        self._open = rereadable(path)
        self.window = window = options.reach if options.window is None else options.window
        self._offsets = {
            **{f"before_{k}": -k for k in range(window, 0, -1)},
            "word": 0,
            **{f"after_{k}": k for k in range(1, window + 1)},
        }
        self._classes: list[str] = []
        self._known = False

    @property
    def names(self) -> list[str]:
        return list(self._offsets)

    def rows(self) -> int:
        return len(self._words.codes)

    def read(
        self, names: Sequence[str], known: Mapping[str, Sequence[str]], numeric: AbstractSet[str]
    ) -> dict[str, tuple[npt.NDArray[Any], list[str] | None]]:
        import numpy as np

        for name in names:
            if name in numeric:
                raise DataError(f"{self.path}: column {quoted(name)} is text, and was numbers")
        text = self._words
        before = next((known[name] for name in self.names if name in known), None)
        if not self._classes:
            self._classes = self._own_classes() if before is None else list(before)
            self._known = before is not None
        numbers = self._numbers()
        found: dict[str, tuple[npt.NDArray[Any], list[str] | None]] = {}
        for name in names:
            offset = self._offsets[name]
            column = numbers[text.codes]
            if offset:
                room = text.before if offset < 0 else text.after
                inside = np.flatnonzero(room >= abs(offset))
                beyond = self._number(START if offset < 0 else END)
                neighbours = np.full(len(column), beyond)
                neighbours[inside] = column[inside + offset]
                column = neighbours
            found[name] = column, self._classes
        return found

    def cells(self, names: Sequence[str]) -> dict[str, list[str]]:
        """The words of the columns as they stand in the text, whatever they are read as."""
        text, found = self._words, [word for line in self._lines() for word in _words_of(line)]
        columns: dict[str, list[str]] = {}
        for name in names:
            offset = self._offsets[name]
            room, beyond = (text.before, START) if offset < 0 else (text.after, END)
            inside = (room >= abs(offset)).tolist()
            places = enumerate(inside, offset)
            columns[name] = [found[place] if there else beyond for place, there in places]
        return columns

    @property
    def unseen(self) -> str:
        """What to say of words that are not among the classes of a training, if any."""
        if not self._known:
            return ""
        words, codes, *_ = self._words
        known = set(self._classes)
        strange = [word not in known for word in words]
        found = [word.lower() in known for word in words]
        counts = Counter(codes.tolist())
        missing = sum(counts[code] for code, is_strange in enumerate(strange) if is_strange)
        lower = sum(counts[c] for c, pair in enumerate(zip(strange, found)) if all(pair))
        if not missing:
            return ""
        hint = f"; --lower finds {lower:,} of them" if lower else ""
        verb = "is" if missing == 1 else "are"
        of = f"{missing:,} of {counted(len(codes), 'word')}"
        return f"{self.path}: {of} {verb} not among the classes of training{hint}"

    def candidates(self) -> list[str]:
        return []

    def label(self, name: str) -> str:
        return self.path

    def place(self, name: str, row: int) -> str:
        line = bisect_right(self._words.lines, row) + 1
        return f"{self.path}: line {line}, column {quoted(name)}"

    def hint(self, name: str) -> str:
        """How a column that is not there could be: `before_3` in a wider window."""
        match = _NEIGHBOUR.fullmatch(name)
        return f"--window {match[1]} gives it" if match else ""

    @cached_property
    def _words(self) -> _Words:
        import numpy as np

        numbers: defaultdict[str, int] = defaultdict()
        numbers.default_factory = numbers.__len__
        codes, ends, lines = array("i"), array("q"), array("q")
        for line in self._lines(self.options.lower):
            for sentence in _sentences(line):
                codes.extend(map(numbers.__getitem__, _WORD.findall(sentence)))
                ends.append(len(codes))
            lines.append(len(codes))
        if not codes:
            raise DataError(f"{self.path} holds no words", hint="write some into it")
        sizes = np.diff(np.array(ends), prepend=0)
        places, stops = np.arange(len(codes)), np.repeat(np.array(ends), sizes)
        starts = stops - np.repeat(sizes, sizes)
        found = np.array(codes, dtype=np.int32)
        return _Words(list(numbers), found, places - starts, stops - 1 - places, lines)

    def _lines(self, lower: bool = False) -> Iterator[str]:
        with self._open() as binary:
            try:
                for line in text_stream(self.path, binary):
                    if "\0" in line:
                        raise UnicodeError
                    yield line.lower() if lower else line
            except UnicodeError:
                with self._open() as again:
                    raise bad_bytes(self.path, again) from None

    def _own_classes(self) -> list[str]:
        """The words that are frequent enough, and what is none, sorted."""
        import numpy as np

        words, codes, *_ = self._words
        least = self.options.min_count or 1
        counts = np.bincount(codes, minlength=len(words)).tolist()
        kept = {word for word, count in zip(words, counts) if count >= least}
        if not kept:
            what = f"{self.path}: no word stands there {least} times"
            raise DataError(what, hint=f"the most frequent does {max(counts)} times")
        beyond = {START, END} if self.window else set()
        return sorted({*kept, *beyond, UNKNOWN})

    def _numbers(self) -> npt.NDArray[np.float64]:
        """The class of each of the words; DataError for one that is none."""
        import numpy as np

        places = {word: number for number, word in enumerate(self._classes)}
        other = places.get(UNKNOWN, -1)
        numbers = np.array([places.get(word, other) for word in self._words.words], np.float64)
        if other < 0 and (numbers < 0).any():
            unknown = int(np.argmax(numbers < 0))
            row = int(np.argmax(self._words.codes == unknown))
            raise self._no_class(self._words.words[unknown], self.place("word", row))
        return numbers

    def _number(self, word: str) -> float:
        """The class of what is before or behind a sentence."""
        for each in (word, UNKNOWN):
            if each in self._classes:
                return float(self._classes.index(each))
        raise self._no_class(word, self.path)

    def _no_class(self, word: str, where: str) -> DataError:
        hint = nearest(word, self._classes)
        hint = hint or f"the classes are {listed(map(quoted, self._classes))}"
        return DataError(f"{where}: {quoted(word)} is not one of the classes", hint=hint)


def _words_of(line: str) -> Iterator[str]:
    return chain.from_iterable(map(_WORD.findall, _sentences(line)))


def _sentences(line: str) -> list[str]:
    """The sentences of a line, each with what closes it."""
    return _SENTENCE_END.sub(r"\1\2\n", line).split("\n")
