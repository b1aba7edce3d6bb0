"""Figures to draw, and what can be wrong with a drawing of one."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from itertools import combinations, pairwise
from typing import Any

import pytest

from gradcli.errors import GradError
from gradcli.figures import GraphFigure
from gradcli.pictures.drawing import Drawing
from gradcli.question.question import ask
from gradcli.verbs.evaluate import evaluate
from gradcli.verbs.grad import grad

Frame = tuple[float, float, float, float]
"""Left, top, right, bottom."""

SLACK = 0.1


def figure_of(source: str, *values: str, backward: bool = True) -> GraphFigure:
    """The graph of a program: of its backward pass, where it has one."""
    question = ask(source, values)
    try:
        report = grad(question) if backward else evaluate(question)
    except GradError:
        report = evaluate(question)
    assert report.graph is not None
    return report.graph()


def meet(one: Frame, other: Frame) -> bool:
    return (
        one[0] < other[2] - SLACK
        and other[0] < one[2] - SLACK
        and one[1] < other[3] - SLACK
        and other[1] < one[3] - SLACK
    )


def inside(one: Frame, other: Frame) -> bool:
    return (
        one[0] >= other[0] - SLACK
        and one[1] >= other[1] - SLACK
        and one[2] <= other[2] + SLACK
        and one[3] <= other[3] + SLACK
    )


def frames_of_words(words) -> list[Frame]:
    return [(w.span[0], w.y - 0.8 * w.size, w.span[1], w.y + 0.25 * w.size) for w in words]


def walked(path, step: float = 4.0) -> Iterator[tuple[float, float]]:
    """Points along a path, close to each other."""
    here = path[0][0]
    for piece in path[1:]:
        hull = [here, *piece]
        length = sum(abs(a[0] - b[0]) + abs(a[1] - b[1]) for a, b in pairwise(hull))
        count = int(length / step) + 1
        for at in range(1, count + 1):
            points, t = hull, at / count
            while len(points) > 1:  # de Casteljau
                points = [
                    (a[0] + t * (b[0] - a[0]), a[1] + t * (b[1] - a[1]))
                    for a, b in pairwise(points)
                ]
            yield points[0]
        here = piece[-1]


def faults_of(drawing: Drawing, figure: GraphFigure, edges: bool = True) -> list[str]:
    """What overlaps or leaves its place: boxes, labels, texts, and `edges` if they are to count."""
    found = []
    boxes = {
        f"box {box.words[0].text}/{number}": (box.x, box.y, box.x + box.width, box.y + box.height)
        for number, box in enumerate((*drawing.boxes, *drawing.legend))
    }
    labels = {
        f"label {arrow.edge}": (x, y, x + w, y + h)
        for arrow in drawing.arrows
        if arrow.label
        for x, y, w, h in [arrow.label]
    }
    notes = {w.text: f for w, f in zip(drawing.words, frames_of_words(drawing.words))}
    picture = (0.0, 0.0, drawing.width, drawing.height)
    for (name, frame), (other, second) in combinations((boxes | labels | notes).items(), 2):
        if meet(frame, second):
            found.append(f"{name} meets {other}")
    for name, frame in (boxes | labels | notes).items():
        if not inside(frame, picture):
            found.append(f"{name} is outside")
    holders = [*zip((*drawing.boxes, *drawing.legend), boxes.values())]
    holders += zip([arrow for arrow in drawing.arrows if arrow.label], labels.values())
    for holder, frame in holders:
        texts = frames_of_words(holder.words)
        found += [
            f"{w.text} leaves its place"
            for w, t in zip(holder.words, texts)
            if not inside(t, frame)
        ]
        found += [f"{frame} has texts that meet" for a, b in combinations(texts, 2) if meet(a, b)]
    if edges:
        found += _edge_faults(drawing, figure, boxes, labels)
    return found


def _edge_faults(drawing, figure, boxes, labels) -> Iterator[str]:
    frames = {box.node: frame for box, frame in zip(drawing.boxes, boxes.values())}
    for arrow in drawing.arrows:
        edge = figure.edges[arrow.edge]
        source, target = frames[edge.source], frames[edge.target]
        start, tip = arrow.path[0][0], arrow.head[0]
        if abs(start[0] - source[2]) > 1 or not source[1] <= start[1] <= source[3]:
            yield f"edge {arrow.edge} starts away from its source"
        if abs(tip[0] - target[0]) > 1 or not target[1] <= tip[1] <= target[3]:
            yield f"edge {arrow.edge} ends away from its target"
        own = f"label {arrow.edge}"
        words = frames_of_words(arrow.words)
        others = [*frames.values(), *(f for name, f in labels.items() if name != own), *words]
        for x, y in walked(arrow.path):
            if any(f[0] + 1 < x < f[2] - 1 and f[1] + 1 < y < f[3] - 1 for f in others):
                yield f"edge {arrow.edge} runs through something at {x:.0f}, {y:.0f}"
                break


@pytest.fixture(scope="session")
def figured() -> Callable[..., GraphFigure]:
    return figure_of


@pytest.fixture(scope="session")
def faults() -> Callable[..., list[str]]:
    return faults_of


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """A headless browser."""
    from selenium import webdriver

    browsers = ("chromium", "chromium-browser", "google-chrome")
    browser = next(filter(None, map(shutil.which, browsers)), None)
    driver = shutil.which("chromedriver")
    if browser is None or driver is None:
        pytest.fail("install a browser: apt-get install chromium chromium-driver", pytrace=False)
    options = webdriver.ChromeOptions()
    options.binary_location = browser
    for argument in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    chrome = webdriver.Chrome(options, webdriver.ChromeService(driver))
    yield chrome
    chrome.quit()
