"""The page that plays a descent in a real browser: buttons, keys, numbers, themes, a phone."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

pytestmark = pytest.mark.browser

COMMAND = str(Path(sys.executable).parent / "gradcli")


@pytest.fixture
def opened(chromium, tmp_path):
    """`opened("x^2", "x=1")`: the page of a descent; at the end nothing was complained of."""

    def make(*args):
        path = tmp_path / "p.html"
        subprocess.run([COMMAND, "descend", *args, "-o", str(path)], check=True)
        chromium.get(path.as_uri())
        return chromium

    yield make
    assert chromium.get_log("browser") == []


def numbers(page):
    names, values = (
        [e.text for e in page.find_elements(By.CSS_SELECTOR, f"#numbers {tag}")]
        for tag in ("dt", "dd")
    )
    return dict(zip(names, values))


def dot(page):
    mark = page.find_element(By.CSS_SELECTOR, "#picture .now")
    return float(mark.get_attribute("cx")), float(mark.get_attribute("cy"))


def press(page, *keys):
    for key in keys:
        page.find_element(By.TAG_NAME, "body").send_keys(key)


PARABOLA = ("x^2", "x=8", "--lr", "0.25", "--steps", "4", "--tol", "0")


def test_keys_and_buttons_step_through_the_descent(opened):
    page = opened(*PARABOLA)
    assert numbers(page) == {"step": "4", "loss": "0.25", "gradient": "1", "x": "0.5"}
    press(page, Keys.HOME)
    assert numbers(page)["x"] == "8"
    assert not page.find_element(By.ID, "back").is_enabled()
    press(page, Keys.ARROW_RIGHT, Keys.ARROW_RIGHT)
    assert numbers(page)["x"] == "2"
    page.find_element(By.ID, "back").click()
    assert numbers(page)["x"] == "4"
    said = page.find_element(By.ID, "said").get_attribute("textContent")
    assert said == "step 1, loss 16, gradient 8, x 4"
    page.find_element(By.ID, "last").click()
    assert numbers(page)["x"] == "0.5"


def test_the_dot_goes_where_the_numbers_say(opened):
    page = opened(*PARABOLA)
    places = {}
    for _ in range(5):
        places[float(numbers(page)["x"])] = dot(page)
        press(page, Keys.ARROW_LEFT)
    (x0, (across0, up0)), *_, (x1, (across1, up1)) = places.items()
    for x, (across, up) in places.items():
        assert across == pytest.approx(
            across0 + (across1 - across0) * (x - x0) / (x1 - x0), abs=0.1
        )
        assert up == pytest.approx(up0 + (up1 - up0) * (x**2 - x0**2) / (x1**2 - x0**2), abs=0.1)


def test_it_plays_to_the_end_and_pauses(opened):
    page = opened("x^2", "x=8", "--lr", "0.01", "--steps", "400", "--tol", "0")
    press(page, Keys.SPACE)
    play = page.find_element(By.ID, "play")
    assert play.get_attribute("aria-pressed") == "true"
    press(page, Keys.SPACE)
    assert play.get_attribute("aria-pressed") == "false"
    before = page.find_element(By.ID, "slider").get_attribute("value")
    assert int(before) < int(page.find_element(By.ID, "slider").get_attribute("max"))
    assert page.find_element(By.ID, "slider").get_attribute("value") == before


@pytest.mark.parametrize("width", [360, 1280])
def test_a_narrow_screen_needs_no_scrolling_to_the_side(opened, width):
    page = opened("rosenbrock", "--lr", "0.001", "--steps", "500", "--tol", "0")
    size = {"width": width, "height": 740, "deviceScaleFactor": 1, "mobile": False}
    page.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    needed, there = page.execute_script(
        "const { scrollWidth, clientWidth } = document.documentElement;"
        "return [scrollWidth, clientWidth];"
    )
    assert needed <= there <= width


@pytest.mark.parametrize(("scheme", "ground"), [("light", "255, 255, 255"), ("dark", "20, 23, 28")])
def test_it_follows_the_screen(opened, scheme, ground):
    page = opened(*PARABOLA)
    media = [{"name": "prefers-color-scheme", "value": scheme}]
    page.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": media})
    body = page.find_element(By.TAG_NAME, "body")
    assert ground in body.value_of_css_property("background-color")
    figure = page.find_element(By.CSS_SELECTOR, "#patch_1 path")
    assert ground in figure.value_of_css_property("fill")


def test_a_sweep_plays_all_its_rates(opened):
    page = opened("x^2 + 2*y^2", "x=1", "y=1", "--lr", "0.1,0.2", "--steps", "5", "--tol", "0")
    press(page, Keys.HOME, Keys.ARROW_RIGHT)
    assert numbers(page) == {"step": "1", "lr 0.1": "1.36", "lr 0.2": "0.44"}
    assert len(page.find_elements(By.CSS_SELECTOR, "#picture .now")) == 4
