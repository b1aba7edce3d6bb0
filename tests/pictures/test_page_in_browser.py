"""The page of a graph in a real browser: what a reader sees, types and hears."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait

pytestmark = pytest.mark.browser

COMMAND = str(Path(sys.executable).parent / "gradcli")
E = ("r = a+b; s = b+1; e = r*s", "a=2", "b=1")
NEURON = (
    "z = w1*x1 + w2*x2 + b; h = sigmoid(z); L = (h - y)^2",
    "w1=0.5", "x1=-1", "w2=-0.3", "x2=2", "b=0.1", "y=1",
)  # fmt: skip
ARRAYS = ("two_layer_backward",)
BROKEN = ("log(x) + z/y", "x=-1", "y=0", "z=1")


def gradcli(*args: object, code: int = 0) -> str:
    done = subprocess.run([COMMAND, *map(str, args)], capture_output=True, check=False)
    assert done.returncode == code, done.stderr.decode()
    return done.stdout.decode()


class Page:
    """A page that is open, and what a reader does with it."""

    def __init__(self, chrome: webdriver.Chrome, path: Path) -> None:
        self.chrome = chrome
        chrome.get(path.as_uri())

    def find(self, id: str) -> WebElement:
        return self.chrome.find_element(By.ID, id)

    def node(self, name: str) -> WebElement:
        """The box of a node in the picture."""
        boxes = self.chrome.find_elements(By.CSS_SELECTOR, "svg .node")
        names = [box.find_element(By.CLASS_NAME, "name").text for box in boxes]
        return boxes[names.index(name)]

    def text(self, id: str) -> str:
        return self.find(id).text

    def press(self, *keys: str) -> None:
        """Types where the focus is."""
        for key in keys:
            self.chrome.switch_to.active_element.send_keys(key)

    def focused(self) -> str:
        return self.chrome.switch_to.active_element.get_attribute("id") or ""

    def boxes(self) -> dict[str, dict[str, str]]:
        """The texts in the boxes of the picture, by the names of the nodes."""
        script = """return [...document.querySelectorAll("svg .node")].map((box) =>
            Object.fromEntries([...box.querySelectorAll("text")].map((text) =>
                [text.getAttribute("class"), text.textContent])))"""
        return {box["name"]: box for box in self.chrome.execute_script(script)}

    def wide(self) -> int:
        return int(self.chrome.execute_script("return document.documentElement.scrollWidth"))


@pytest.fixture
def opened(chromium: webdriver.Chrome, tmp_path: Path) -> Iterator[Callable[..., Page]]:
    """Opens the page of a command; what the browser complained of, or asked of a network, fails."""

    def made(
        *args: str, verb: str = "trace", width: int = 1280, code: int = 0, **media: str
    ) -> Page:
        path = tmp_path / "page.html"
        gradcli(verb, *args, "-o", path, code=code)
        metrics = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": width < 500}
        chromium.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        features = [
            {"name": name.replace("_", "-"), "value": value} for name, value in media.items()
        ]
        chromium.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
        return Page(chromium, path)

    for log in ("browser", "performance"):
        chromium.get_log(log)
    yield made
    assert chromium.get_log("browser") == []
    events = [json.loads(entry["message"])["message"] for entry in chromium.get_log("performance")]
    requests = [e for e in events if e["method"] == "Network.requestWillBeSent"]
    urls = [event["params"]["request"]["url"] for event in requests]
    assert urls
    assert all(url.startswith("file:") and url.endswith("page.html") for url in urls), urls


def rows(*args: str) -> list[dict[str, str]]:
    """The rows of a trace, rounded as on a terminal."""
    text = gradcli("trace", *args, "--format", "tsv")
    return list(csv.DictReader(io.StringIO(text), delimiter="\t", quoting=csv.QUOTE_NONE))


def brief(number: Any) -> str:
    return f"{float(number) + 0.0:.6g}"


@pytest.mark.parametrize("program", [E, NEURON], ids=["e", "neuron"])
def test_every_step_by_clicks(opened: Callable[..., Page], program: tuple[str, ...]) -> None:
    page = opened(*program)
    assert page.boxes()["b"]["value"] == page.boxes()["b"]["grad"] == ""
    steps = rows(*program)
    for number, row in enumerate(steps, 1):
        page.find("next").click()
        assert page.text("where") == f"Step {number} of {len(steps)}, {row['phase']}"
        box = page.boxes()[row["node"]]
        if row["phase"] == "forward":
            assert box["value"] == brief(row["value"])
            assert row["expression"] in page.text("symbols")
        else:
            assert box["grad"].endswith(f"= {brief(row['grad'])}")
            assert page.text("symbols") == row["expression"]
        if row["upstream"]:
            shown = [page.find("numbers").find_element(By.CLASS_NAME, name).text.split("\n")[1]
                     for name in ("upstream", "local", "downstream")]  # fmt: skip
            assert shown == [brief(row[name]) for name in ("upstream", "local", "downstream")]
            assert len(page.chrome.find_elements(By.CSS_SELECTOR, ".edge.now.back")) == 1
    assert page.find("next").get_attribute("disabled")


def test_the_keyboard_alone(opened: Callable[..., Page]) -> None:
    page = opened(*E)
    page.press(Keys.ARROW_RIGHT * 3)
    assert page.text("where").startswith("Step 3 of 11")
    page.press(Keys.ARROW_LEFT)
    assert page.text("where").startswith("Step 2 of 11")
    page.press(Keys.END)
    assert page.text("where").startswith("Step 11 of 11")
    page.press(Keys.HOME, Keys.SPACE)
    assert page.text("where").startswith("Step 1 of 11")
    assert page.text("play") == "‖Pause"
    page.press(Keys.SPACE)
    assert page.text("play") == "▶Play"
    seen = {}
    for _ in range(40):
        page.press(Keys.TAB)
        here = page.chrome.switch_to.active_element
        seen[here.get_attribute("id") or here.tag_name] = page.chrome.execute_script(
            """const here = document.activeElement, inner = here.querySelector(":scope > .outline");
            return getComputedStyle(inner || here)[inner ? "strokeWidth" : "outlineWidth"];"""
        )
    assert {"n0", "n1", "n5", "first", "back", "play", "next", "slider", "quiz"} <= set(seen)
    assert set(seen.values()) == {"3px", "4px"}, seen


def test_the_slider_scrubs(opened: Callable[..., Page]) -> None:
    page = opened(*E)
    slider = page.find("slider")
    slider.send_keys(Keys.END)
    assert page.boxes()["b"]["grad"] == "∂e/∂b = 5"
    slider.send_keys(Keys.HOME)
    assert page.boxes()["b"]["grad"] == ""


def test_a_node_shows_its_whole_sum(opened: Callable[..., Page]) -> None:
    page = opened(*E)
    page.press(Keys.TAB)
    page.node("b").send_keys(Keys.ENTER)
    assert page.focused() == "node-name"
    assert page.text("node-grad") == "∂e/∂b = 5, the sum over 2 paths:"
    lines = [line.text for line in page.find("paths").find_elements(By.TAG_NAME, "li")]
    assert lines == ["∂e/∂s · ∂s/∂b = 3 × 1 = 3", "∂e/∂r · ∂r/∂b = 2 × 1 = 2"]
    assert page.text("rest") == "Sum: 3 + 2 = 5"
    page.press(Keys.ESCAPE)
    assert page.focused() == "n1"
    assert not page.find("node").is_displayed()


def test_of_many_paths_the_first_fifty(opened: Callable[..., Page]) -> None:
    chain = "; ".join(["x0 = 1*x", *(f"x{n + 1} = x{n} + 0.5*x{n}" for n in range(8)), "x8*1"])
    page = opened(chain, "x=1")
    page.node("x").click()
    (gradient,) = json.loads(gradcli("grad", chain, "x=1", "--json"))["summary"][
        "gradient"
    ].values()
    assert page.text("node-grad") == f"∂e/∂x = {brief(gradient)}, the sum over 256 paths:"
    lines = [line.text for line in page.find("paths").find_elements(By.TAG_NAME, "li")]
    listed = sum(float(line.rpartition("= ")[2]) for line in lines)
    assert len(lines) == 50
    more, _, rest = page.text("rest").partition(", together ")
    assert more == "… and 206 more paths"
    assert float(rest) == pytest.approx(gradient - listed, rel=1e-4)


def test_a_path_through_a_closed_gate_brings_nothing(opened: Callable[..., Page]) -> None:
    page = opened("where(x > 0, log(x), x) + x", "x=-1")
    page.node("x").click()
    assert page.text("node-grad").startswith("∂e/∂x = 2")
    ends = [
        line.text.rpartition("= ")[2]
        for line in page.find("paths").find_elements(By.TAG_NAME, "li")
    ]
    assert sorted(ends) == ["0", "1", "1"]


def test_a_quiz(opened: Callable[..., Page]) -> None:
    page = opened(*E)
    page.find("quiz").send_keys(Keys.SPACE)
    page.find("next").send_keys(Keys.ENTER * 3)
    assert page.focused() == "answer"
    assert page.text("asked") == "r = ?"
    assert page.boxes()["r"]["value"] == ""
    page.press("4", Keys.ENTER)
    assert page.text("verdict") == "✗ Wrong: try once more"
    page.press("3,1", Keys.ENTER)
    assert page.text("verdict") == "✗ Wrong. The number is 3"
    assert page.boxes()["r"]["value"] == "3"
    assert page.focused() == "next"
    page.press(Keys.ENTER, "two", Keys.ENTER)
    assert page.text("verdict").startswith("Type a number")
    page.press(Keys.BACKSPACE * 3, "2.0", Keys.ENTER)
    assert page.text("verdict") == "✓ Right: 2"
    assert page.text("score") == "Score: 1 of 2 right"
    page.press(Keys.ENTER)
    page.find("show").click()
    assert page.text("verdict") == "The number is 6"
    page.press(Keys.ENTER, Keys.ENTER)
    assert page.text("asked") == "∂e/∂s = ?"
    page.node("b").click()
    assert page.text("node-grad") == "∂e/∂b = ?"
    page.find("all").find_element(By.TAG_NAME, "summary").click()
    cells = [row.text.split()[-1] for row in page.find("rows").find_elements(By.TAG_NAME, "tr")]
    assert cells == ["2", "1", "3", "2", "6", "1", "?", "?", "?", "?", "?"]


@pytest.mark.parametrize(
    ("answer", "right"),
    [("-0.731", True), ("−0.7310", True), ("-0.74", False), ("-731/1000", True)],
)
def test_an_answer_is_right_within_a_percent(
    opened: Callable[..., Page], answer: str, right: bool
) -> None:
    page = opened("z = -1; v = tanh(z)*0.95999*1; v", verb="eval")
    page.find("quiz").click()
    page.find("next").click()
    while not page.text("asked").startswith("v ="):
        page.find("show").click()
        page.find("next").click()
    page.press(answer, Keys.ENTER)
    assert page.text("verdict").startswith("✓" if right else "✗")


@pytest.mark.parametrize("edits", [{"w1": "2", "y": "-1e-3"}, {"x1": "1e6"}, {"b": "nan"}])
def test_edited_values_flow_through_both_passes(
    opened: Callable[..., Page], edits: dict[str, str]
) -> None:
    page = opened(*NEURON)
    page.press(Keys.END)
    fields = page.find("leaves").find_elements(By.TAG_NAME, "label")
    for field in fields:
        name = field.find_element(By.TAG_NAME, "span").text
        if name in edits:
            entry = field.find_element(By.TAG_NAME, "input")
            entry.clear()
            entry.send_keys(edits[name], Keys.TAB)
    values = dict(value.split("=") for value in NEURON[1:]) | edits
    given = [f"{name}={value}" for name, value in values.items()]
    code = 3 if "nan" in edits.values() else 0
    wanted = json.loads(gradcli("grad", NEURON[0], *given, "--json", code=code))["rows"]
    boxes = page.boxes()
    for row in wanted:
        if row["kind"] != "literal":
            assert boxes[row["node"]]["value"] == brief(row["value"])
            assert boxes[row["node"]]["grad"].endswith(f"= {brief(row['grad'])}")
    page.find("reset").click()
    assert page.boxes()["w1"]["value"] == "0.5"


def test_what_is_no_number_is_not_taken(opened: Callable[..., Page]) -> None:
    page = opened(*E)
    page.press(Keys.END)
    field = page.find("leaves").find_element(By.TAG_NAME, "input")
    field.send_keys("x", Keys.TAB)
    assert field.get_attribute("aria-invalid") == "true"
    assert page.text("fixed").startswith("Type a number")
    assert page.boxes()["e"]["value"] == "6"


@pytest.mark.parametrize("program", [E, NEURON, ARRAYS, BROKEN], ids=lambda p: p[0][:8])
def test_a_narrow_screen_does_not_scroll_sideways(
    opened: Callable[..., Page], program: tuple[str, ...]
) -> None:
    page = opened(*program, width=360, code=3 if program is BROKEN else 0)
    for key in (Keys.HOME, Keys.ARROW_RIGHT * 4, Keys.END):
        page.press(key)
        assert page.wide() <= 360
    page.find("n0").click()
    page.find("all").find_element(By.TAG_NAME, "summary").click()
    page.find("quiz").click()
    assert page.wide() <= 360


def is_in_view(page: Page, box: WebElement) -> bool:
    """Whether a box has come into the frame of the picture, which scrolls smoothly."""
    frame, inner = page.find("picture").rect, box.rect
    return bool(frame["x"] < inner["x"] < frame["x"] + frame["width"])


def test_in_a_folded_graph_every_step_lights_a_box(opened: Callable[..., Page]) -> None:
    chain = "; ".join(["h0 = x", *(f"h{n + 1} = sin(h{n})*w + h{n}" for n in range(130))])
    page = opened(chain, "x=0.5", "w=0.1")
    assert "folded" in page.chrome.find_element(By.CLASS_NAME, "remark").text
    for key in (Keys.END, Keys.ARROW_LEFT, Keys.ARROW_LEFT * 9, Keys.HOME + Keys.ARROW_RIGHT * 20):
        page.press(key)
        (box,) = page.chrome.find_elements(By.CSS_SELECTOR, ".node.now")
        WebDriverWait(page, 10).until(lambda page, box=box: is_in_view(page, box))


def test_what_broke_down_is_shown(opened: Callable[..., Page]) -> None:
    page = opened(*BROKEN, code=3)
    page.press(Keys.END)
    values = {name: box["value"] for name, box in page.boxes().items()}
    assert values == {"x": "-1", "v1": "nan", "z": "1", "y": "0", "v2": "inf", "e": "nan"}
    assert page.boxes()["y"]["grad"] == "∂e/∂y = -inf"


def test_everything_has_a_name_for_a_screen_reader(opened: Callable[..., Page]) -> None:
    page = opened(*E)
    page.press(Keys.ARROW_RIGHT * 9)
    page.chrome.execute_cdp_cmd("Accessibility.enable", {})
    tree = page.chrome.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"]
    controls = {"button", "slider", "checkbox", "textbox", "DisclosureTriangle"}
    named = [(node["role"]["value"], node.get("name", {}).get("value", ""))
             for node in tree if node.get("role", {}).get("value") in controls]  # fmt: skip
    assert len(named) > 15
    assert all(name for _, name in named), named
    assert ("button", "b, variable, value 1, gradient 2") in named
    said = page.chrome.execute_script("return document.getElementById('said').textContent")
    assert said == ("Step 9 of 11, backward: r to b: upstream 2 times local 1 is downstream 2. ")
    assert page.find("said").get_attribute("aria-live") == "polite"


@pytest.mark.parametrize(
    ("theme", "scheme", "dark"),
    [
        ("auto", "dark", True),
        ("auto", "light", False),
        ("dark", "light", True),
        ("light", "dark", False),
    ],
)
def test_themes(opened: Callable[..., Page], theme: str, scheme: str, dark: bool) -> None:
    page = opened(*E, "--theme", theme, prefers_color_scheme=scheme)
    colours = [
        page.find("n0").find_element(By.CLASS_NAME, "outline").value_of_css_property("fill"),
        page.chrome.find_element(By.TAG_NAME, "body").value_of_css_property("background-color"),
    ]
    for colour in colours:
        red = int(colour.partition("(")[2].partition(",")[0])
        assert (red < 100) == dark


def test_nothing_moves_for_who_does_not_like_it(opened: Callable[..., Page]) -> None:
    for motion, moves in (("reduce", False), ("no-preference", True)):
        page = opened(*E, prefers_reduced_motion=motion)
        page.press(Keys.END)
        path = page.chrome.find_element(By.CSS_SELECTOR, ".edge.back path")
        assert (path.value_of_css_property("animation-name") != "none") == moves


def test_paper_shows_every_value(opened: Callable[..., Page]) -> None:
    page = opened(*E)
    page.chrome.execute_script("dispatchEvent(new Event('beforeprint'))")
    assert page.boxes()["b"]["grad"] == "∂e/∂b = 5"
    assert page.find("rows").is_displayed()
    page.chrome.execute_script("dispatchEvent(new Event('afterprint'))")
    assert page.boxes()["b"]["grad"] == ""
    assert not page.find("rows").is_displayed()


def test_markup_of_the_user_stays_text(opened: Callable[..., Page], tmp_path: Path) -> None:
    header = "</script><img src=x onerror=alert(1)>"
    (tmp_path / "d.csv").write_text(f"x,{header}\n1,2\n3,5\n")
    program = f'data y = "{header}"; param w = 1; L = mean((w*x - y)^2) # <b>&</b>'
    page = opened(program, "--data", str(tmp_path / "d.csv"))
    page.press(Keys.END)
    page.find("n0").click()
    assert page.chrome.find_elements(By.CSS_SELECTOR, "main b, img") == page.chrome.find_elements(
        By.CSS_SELECTOR, "#numbers b"
    )
