"""Drawing on the page with mouse, touch and keyboard; `mnistnet predict` reads the pictures that it saves alike."""

from __future__ import annotations

import base64
import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page

from browser import Open, answer, wait_for_update
from conftest import Program
from mnistnet.datasets.skeletons import SHEET, SKELETONS
from mnistnet.model import Model

Strokes = list[list[tuple[float, float]]]
SIDE = 192  # of the page's sheet
SEVEN: Strokes = [[(55, 45), (140, 45), (100, 160)]]
BAR: Strokes = [[(75, 105), (140, 100)]]
DRAWINGS = 300
# The mouse is a pointer that is always there, so that events made up for it are like real ones, at a hundredth of
# their time; `test_the_mouse_draws` uses the real thing.
DRAW = """([strokes, width]) => {
    const sheet = document.getElementById("sheet");
    const box = sheet.getBoundingClientRect();
    const pen = document.getElementById("width");
    document.getElementById("clear").click();
    pen.value = width;
    pen.dispatchEvent(new Event("input"));
    const tell = (type, [x, y]) => sheet.dispatchEvent(new PointerEvent(type, {
        pointerId: 1, pointerType: "mouse", isPrimary: true, bubbles: true,
        clientX: box.left + x / 192 * box.width, clientY: box.top + y / 192 * box.height,
    }));
    for (const points of strokes) {
        tell("pointerdown", points[0]);
        for (const point of points.slice(1)) tell("pointermove", point);
        tell("pointerup", points[points.length - 1]);
    }
}"""

# The picture as a data URL, taken from the link that would download it: browsers bound how many downloads they start.
SAVED = """() => {
    const click = HTMLAnchorElement.prototype.click;
    let url = "";
    HTMLAnchorElement.prototype.click = function () { url = this.href; };
    document.getElementById("save").click();
    HTMLAnchorElement.prototype.click = click;
    return url;
}"""


def place(page: Page, x: float, y: float) -> tuple[float, float]:
    """Where a point of the sheet is in the window."""
    box = page.locator("#sheet").bounding_box()
    assert box is not None
    return box["x"] + x / SIDE * box["width"], box["y"] + y / SIDE * box["height"]


def draw(page: Page, strokes: Strokes) -> None:
    page.locator("#sheet").scroll_into_view_if_needed()
    for points in strokes:
        page.mouse.move(*place(page, *points[0]))
        page.mouse.down()
        for point in points[1:]:
            page.mouse.move(*place(page, *point), steps=6)
        page.mouse.up()


def saved(page: Page, path: Path) -> Path:
    """The picture that the page saves."""
    with page.expect_download() as download:
        page.locator("#save").click()
    assert download.value.suggested_filename == "digit.png"
    download.value.save_as(path)
    return path


def written(skeleton: str, rng: np.random.Generator) -> Strokes:
    """A skeleton as one hand would write it: moved points, a size and a place of its own, smooth between corners."""
    size, left, top = rng.uniform(70, 130), rng.uniform(25, 55), rng.uniform(20, 45)
    strokes = []
    for stroke in skeleton.split("/"):
        words = stroke.split()
        points = np.array([[float(number) for number in word.rstrip("!").split(",")] for word in words]) / SHEET
        points += rng.normal(0, 0.02, points.shape)
        corners = {0, len(points) - 1, *(at for at, word in enumerate(words) if word.endswith("!"))}
        strokes.append([(float(left + x * size), float(top + y * size)) for x, y in _smooth(points, corners)])
    return strokes


def _smooth(points: np.ndarray[tuple[int, int], np.dtype[np.float64]], corners: set[int]) -> list[tuple[float, float]]:
    """Points on a smooth line (Catmull and Rom's) through the given ones, straight at the corners."""
    line = []
    slopes = [np.zeros(2) if at in corners else (points[at + 1] - points[at - 1]) / 2 for at in range(len(points))]
    for at in range(len(points) - 1):
        for t in np.arange(0, 1, 0.2):
            p = (2 * t**3 - 3 * t**2 + 1) * points[at] + (3 * t**2 - 2 * t**3) * points[at + 1]
            p = p + (t**3 - 2 * t**2 + t) * slopes[at] + (t**3 - t**2) * slopes[at + 1]
            line.append((float(p[0]), float(p[1])))
    return [*line, (float(points[-1][0]), float(points[-1][1]))]


def test_the_mouse_draws_what_predict_reads_the_same(
    open_page: Open, pretrained: Model, program: Program, tmp_path: Path
) -> None:
    page = open_page(pretrained)
    assert answer(page) is None
    assert page.locator("#answer").inner_text() == "Nothing is drawn yet."
    draw(page, SEVEN)
    said = answer(page)
    assert said is not None
    assert said["number"] == "7"
    done = program("predict", saved(page, tmp_path / "seven.png"))
    assert done.stdout == f"{tmp_path}/seven.png: {page.locator('#answer').inner_text()}\n"


def test_300_drawings_are_read_as_predict_reads_them(
    open_page: Open, pretrained: Model, program: Program, tmp_path: Path
) -> None:
    rng = np.random.default_rng(0)
    page = open_page(pretrained, viewport={"width": 400, "height": 300})
    folder = tmp_path / "drawings"
    folder.mkdir()
    read = []
    for number in range(DRAWINGS):
        skeleton = SKELETONS[rng.integers(len(SKELETONS))]
        page.evaluate(DRAW, [written(skeleton.strokes, rng), float(rng.uniform(8, 26))])
        said = answer(page)
        assert said is not None
        read.append(said["number"])
        (folder / f"{number:03}.png").write_bytes(base64.b64decode(page.evaluate(SAVED).partition(",")[2]))
    done = program("predict", "--format", "plain", folder)
    same = sum(one == other for one, other in zip(done.stdout.splitlines(), read, strict=True))
    assert same >= 0.99 * DRAWINGS, f"only {same} of {DRAWINGS}"


def test_touch_draws_and_does_not_scroll(open_page: Open, pretrained: Model) -> None:
    page = open_page(pretrained, has_touch=True, is_mobile=True, viewport={"width": 360, "height": 740})
    page.locator("#sheet").scroll_into_view_if_needed()
    before = page.evaluate("scrollY")
    session = page.context.new_cdp_session(page)
    for points in SEVEN:
        for at, (start, end) in enumerate(pairwise(points)):
            for step in range(0 if at == 0 else 1, 9):
                x, y = (a + (b - a) * step / 8 for a, b in zip(start, end, strict=True))
                left, top = place(page, x, y)
                kind = "touchStart" if at == step == 0 else "touchMove"
                session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": left, "y": top}]})
        session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    said = answer(page)
    assert said is not None
    assert said["number"] == "7"
    assert page.evaluate("scrollY") == before


def test_the_keyboard_draws(open_page: Open, pretrained: Model) -> None:
    page = open_page(pretrained)
    page.locator("#sheet").focus()
    page.keyboard.press("Space")
    for _ in range(15):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Space")
    said = answer(page)
    assert said is not None
    assert said["number"] == "1"
    page.keyboard.press("ArrowRight")  # the pen is up: nothing is drawn
    assert answer(page) == said


def test_undo_takes_back_one_stroke_and_clear_all(open_page: Open, pretrained: Model) -> None:
    page = open_page(pretrained)
    draw(page, SEVEN)
    without_bar = answer(page)
    draw(page, BAR)
    with_bar = answer(page)
    assert with_bar != without_bar
    page.locator("#undo").click()
    assert answer(page) == without_bar
    page.locator("#clear").click()
    assert answer(page) is None
    assert page.locator("#hint").is_visible()
    page.keyboard.press("Control+z")
    assert answer(page) == without_bar
    page.locator("#undo").click()
    assert answer(page) is None


def test_the_eraser_takes_ink_away(open_page: Open, pretrained: Model) -> None:
    page = open_page(pretrained)
    draw(page, SEVEN)
    before = answer(page)
    page.locator("#eraser").click()
    assert page.locator("#eraser").get_attribute("aria-pressed") == "true"
    draw(page, BAR)
    assert answer(page) != before
    draw(page, [[(20, y), (180, y)] for y in range(20, 190, 8)])
    assert answer(page) is None


def test_a_wide_pen_draws_more_ink(open_page: Open, pretrained: Model, tmp_path: Path) -> None:
    from PIL import Image

    page = open_page(pretrained)
    ink = []
    for width in (8, 30):
        page.locator("#width").fill(str(width))
        draw(page, SEVEN)
        picture = np.asarray(Image.open(saved(page, tmp_path / f"{width}.png")).convert("L"))
        assert picture.shape == (SIDE, SIDE)
        ink.append(int((255 - picture.astype(int)).sum()))
        page.locator("#clear").click()
    assert 3 < ink[1] / ink[0] < 4.2


@pytest.mark.parametrize("stroke", [[(0.0, 0.0), (191.0, 191.0)], [(96.0, 96.0)]])
def test_a_dot_and_a_line_to_the_corners_are_read_like_anything(
    open_page: Open, pretrained: Model, stroke: list[tuple[float, float]]
) -> None:
    page = open_page(pretrained)
    page.evaluate(DRAW, [[stroke], 6])
    assert answer(page) is not None


def test_the_time_of_an_update_is_told(open_page: Open, pretrained: Model) -> None:
    page = open_page(pretrained)
    times = []
    for at, _ in enumerate(SEVEN[0]):
        page.evaluate(DRAW, [[SEVEN[0][: at + 1]], 16])
        wait_for_update(page)
        times.append(float(page.locator("#diagram-note").get_attribute("data-milliseconds") or "nan"))
    print(f"an update took {np.median(times):.1f} ms")  # noqa: T201  # how fast a shared machine is, no test can ask
    assert all(0 < time < 1000 for time in times)
    assert json.loads(page.evaluate("JSON.stringify(window.mnistnet.answer().unsure)")) in (True, False)
