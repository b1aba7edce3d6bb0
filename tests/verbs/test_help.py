"""help: the README's own sections, at a terminal and in a pipe."""

from __future__ import annotations

from pathlib import Path

import pytest

from gradcli.errors import UsageError
from gradcli.language.sources import sample_text
from gradcli.verbs.help import TOPICS, manual, section, told, topic_text
from gradcli.verbs.reference import functions

README = (Path(__file__).parents[2] / "README.md").read_text("utf-8")


@pytest.mark.parametrize("topic", TOPICS)
def test_a_topic_is_a_section_of_the_readme(topic):
    text = topic_text(topic)
    heading, _, rest = text.partition("\n")
    assert heading.lstrip("# ") == TOPICS[topic]
    assert len(rest) > 500
    assert not [line for line in text.splitlines() if line not in README.splitlines()]


def test_a_function_is_told_by_its_page_and_a_sample_by_its_text():
    assert told("tanh", []) == ("", functions("tanh").text)
    assert told("softmax", []) == ("", functions("softmax").text)
    assert told("xor", []) == (sample_text("xor"), "")
    assert told("grad", ["grad"]) == ("", "")


@pytest.mark.parametrize(
    ("name", "hint"),
    [("formatz", "formats"), ("softmx", "softmax"), ("rosenbrok", "rosenbrock"), ("grd", "grad")],
)
def test_the_nearest_of_all_that_there_is_to_read(name, hint):
    with pytest.raises(UsageError) as error:
        told(name, ["grad"])
    assert error.value.hint == f"did you mean '{hint}'?"


def test_a_section_ends_at_the_next_of_its_depth_and_comments_in_code_are_no_headings():
    text = "# a\n\n## b\none\n```sh\n# no heading\n```\n### c\ntwo\n<!-- x -->\n## d\nthree\n"
    assert section(text, "b") == "## b\none\n```sh\n# no heading\n```\n### c\ntwo\n"
    assert section(text, "c") == "### c\ntwo\n"
    assert section(text, "a") == text.replace("<!-- x -->\n", "")


def test_what_was_installed_carries_the_readme():
    from importlib import metadata

    installed = str(metadata.metadata("gradcli").json["description"])
    assert "## The language" in installed
    assert manual() == README
