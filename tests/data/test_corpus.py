"""A text as a table: its words and sentences against plain loops, and what it refuses."""

from __future__ import annotations

import gzip
import os
import random
import threading

import numpy as np
import pytest

from gradcli.data.corpus import CorpusSource, TextOptions
from gradcli.data.tables import open_table
from gradcli.errors import DataError, UsageError


@pytest.fixture
def text(tmp_path):
    def write(content, name="corpus.txt"):
        path = tmp_path / name
        data = content if isinstance(content, bytes) else content.encode()
        path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
        return str(path)

    return write


def columns(path, known=None, **options):
    """Every column of a text as words."""
    table = open_table([path], TextOptions(**options))
    table.read(table.names, known)
    return {
        name: [table.classes[name][int(code)] for code in table.column(name)]
        for name in table.names
    }


def words_of(path, **options):
    return columns(path, **options)["word"]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("the cat sat", "the cat sat"),
        ("Well, no.", "Well , no ."),
        ('He said "no." Then', 'He said " no . " Then'),
        ("don't state-of-the-art U.S. 3.14 1,000", "don't state-of-the-art U.S . 3.14 1,000"),
        ("(a) [b] {c} <d>", "( a ) [ b ] { c } <d>"),
        ("what?! no... so…", "what ?! no ... so …"),
        ("rare <unk> words", "rare <unk> words"),
        ("50% of $5 for @me #tag", "50% of $5 for @me #tag"),
        ("one—two – three", "one — two – three"),
        ("«C’est ça.» „Ja“", "« C’est ça . » „ Ja “"),
        ("नमस्ते दुनिया", "नमस्ते दुनिया"),
        ("cafe\u0301 Straße", "cafe\u0301 Straße"),
        ("\ufeffbom", "bom"),
        ("' '' . ,", "' ' ' . ,"),
    ],
)
def test_words(text, line, words):
    assert words_of(text(line + "\n")) == words.split()


@pytest.mark.parametrize(
    ("content", "sentences"),
    [
        ("a b\nc d\n", ["a b", "c d"]),
        ("a b\r\nc\rd", ["a b", "c", "d"]),
        ("a b. c d! e? f", ["a b .", "c d !", "e ?", "f"]),
        ('he: "no." she', ['he : " no . "', "she"]),
        ("3.14 is pi. a.b", ["3.14 is pi .", "a.b"]),
        ("so... what?! yes\n\n\n", ["so ...", "what ?!", "yes"]),
        ("no end", ["no end"]),
        ("好。是", ["好 。", "是"]),
    ],
)
def test_neighbours_stay_within_the_sentence(text, content, sentences):
    found = columns(text(content), window=2)
    rows = []
    for sentence in sentences:
        padded = ["<s>", "<s>", *sentence.split(), "</s>", "</s>"]
        rows += [padded[at : at + 5] for at in range(len(padded) - 4)]
    assert list(found) == ["before_2", "before_1", "word", "after_1", "after_2"]
    assert [list(row) for row in zip(*found.values())] == rows


def test_a_long_random_text_against_loops(text):
    source = random.Random(4)
    lines = [
        [source.choice("abcdefgh") * source.randint(1, 3) for _ in range(source.randint(0, 9))]
        for _ in range(500)
    ]
    path = text("\n".join(map(" ".join, lines)))
    counts: dict[str, int] = {}
    for word in (word for line in lines for word in line):
        counts[word] = counts.get(word, 0) + 1
    for window, least in ((0, 1), (1, 1), (3, 120)):
        kept = {word for word in counts if counts[word] >= least}
        found = columns(path, window=window, min_count=least)
        for name, column in found.items():
            side, _, k = name.partition("_")
            step = int(k or 0) * (-1 if side == "before" else 1)
            wanted = []
            for line in lines:
                for at in range(len(line)):
                    there = 0 <= at + step < len(line)
                    word = line[at + step] if there else ("<s>" if step < 0 else "</s>")
                    wanted.append(word if word in kept or not there else "<unk>")
            assert column == wanted, name
        classes = open_table([path], TextOptions(window, min_count=least))
        classes.read(["word"])
        beyond = {"<s>", "</s>"} if window else set()
        assert classes.classes["word"] == sorted({*kept, *beyond, "<unk>"})


def test_all_columns_share_one_numbering(text):
    table = open_table([text("b a\nc b a\n")], TextOptions(window=1))
    table.read(table.names)
    assert table.classes["word"] == ["</s>", "<s>", "<unk>", "a", "b", "c"]
    assert len({id(classes) for classes in table.classes.values()}) == 1
    assert table.column("word").tolist() == [4, 3, 5, 4, 3]
    assert table.column("before_1").tolist() == [1, 4, 1, 5, 4]
    assert table.column("after_1").dtype == np.float64
    assert table.rows == 5


def test_packed_and_lower(text):
    assert words_of(text("The THE\n", "t.txt.gz"), lower=True) == ["the", "the"]
    assert words_of(text("The THE\n", "T.TXT")) == ["The", "THE"]


def test_a_known_vocabulary(text):
    path = text("a new b\n")
    known = {"word": ["</s>", "<s>", "<unk>", "b", "a"]}
    table = open_table([path], TextOptions(window=1))
    table.read(["before_1", "word"], known)
    assert table.column("word").tolist() == [4, 2, 3]
    assert table.column("before_1").tolist() == [1, 4, 2]
    without = open_table([path])
    message = r"corpus.txt: line 1, column 'word': 'new' is not one of the classes"
    with pytest.raises(DataError, match=message):
        without.read(["word"], {"word": ["a", "b"]})


def test_places(text):
    source = CorpusSource(text("a b\n\nc\nd e f"))
    assert [source.place("word", row).partition(": ")[2] for row in (0, 1, 2, 3, 5)] == [
        f"line {line}, column 'word'" for line in (1, 1, 3, 4, 4)
    ]


@pytest.mark.parametrize("content", ["", "\n \n", "\ufeff"])
def test_no_words(text, content):
    with pytest.raises(DataError, match="holds no words"):
        words_of(text(content))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"good\nb\xff\n", r"is not UTF-8: byte 0xff at offset 6 \(line 2\)"),
        (b"good\n\0\n", r"NUL byte at offset 5 \(line 2\)"),
        ("hé".encode("utf-16"), "UTF-16"),
        (b"PK\x03\x04 ", "zip"),
    ],
)
def test_what_is_no_text(text, content, message):
    with pytest.raises(DataError, match=message):
        words_of(text(content))


def test_options_out_of_range(text):
    for options in ({"window": -1}, {"window": 101}, {"min_count": 0}):
        with pytest.raises(UsageError):
            TextOptions(**options)
    with pytest.raises(DataError, match="no word stands there 3 times"):
        words_of(text("a b a"), min_count=3)
    with pytest.raises(DataError, match="'before_2'"):
        open_table([text("a b")], TextOptions(window=1)).read(["before_2"])


def test_words_that_a_training_did_not_have(tmp_path):
    path = tmp_path / "c.txt"
    path.write_text("Cat sat\nthe dog Cat\n")
    known = {"word": ["<unk>", "cat", "sat"]}
    said = f"{path}: 4 of 5 words are not among the classes of training"
    for options, more in [
        (TextOptions(), "; --lower finds 2 of them"),
        (TextOptions(lower=True), ""),
    ]:
        table = open_table([str(path)], options)
        table.read(["word"], known)
        count = said if more else said.replace("4 of", "2 of")
        assert table.unseen == [f"{count}{more}"]
        assert table.carried(["word"])["word"] == ["Cat", "sat", "the", "dog", "Cat"]
    table = open_table([str(path)])
    table.read(["word"])
    assert table.unseen == []


def test_carried_words_are_those_of_the_text(tmp_path):
    path = tmp_path / "c.txt"
    path.write_text("A b c. D\nb\n")
    table = open_table([str(path)], TextOptions(window=2, lower=True, min_count=2))
    found = table.carried(["before_2", "word", "after_1"])
    assert found["before_2"] == ["<s>", "<s>", "A", "b", "<s>", "<s>"]
    assert found["word"] == ["A", "b", "c", ".", "D", "b"]
    assert found["after_1"] == ["b", "c", ".", "</s>", "</s>", "</s>"]


@pytest.mark.parametrize(
    ("text", "name", "hint"),
    [
        ("the cat saw a dog\ncat\n", "word", "--window 2 makes it a text"),
        ("the cat, a dog\ncat, dog\n", "before_1", "--window 2 makes it a text"),
        ("the cat saw a dog\ncat\n", "height", ""),
        ("cat,dog\n1,2\n", "word", ""),
    ],
)
def test_a_pipe_may_bring_a_text(tmp_path, text, name, hint):
    """A file of a known suffix does not."""
    path, pipe = tmp_path / "c.csv", tmp_path / "pipe"
    path.write_text(text)
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_text, args=(text,))
    writer.start()
    assert open_table([str(pipe)]).wider(name) == hint
    writer.join()
    assert open_table([str(path)]).wider(name) == ""
