"""Drawing on the page with mouse, touch and keyboard; `mnistnet predict` reads the pictures that it saves alike."""

from __future__ import annotations

import base64
from itertools import pairwise
from pathlib import Path

import numpy as np
from playwright.sync_api import Page, expect

from browser import FORTY_TWO, SEVEN, SHEET, Open, Strokes, answer, box_of, draw
from conftest import Program
from mnistnet.datasets.skeletons import SHEET as SKELETON_SHEET
from mnistnet.datasets.skeletons import SKELETONS
from mnistnet.model import Model

BAR: Strokes = [[(75, 105), (140, 100)]]
DRAWINGS = 40

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
    left, top, right, bottom = box_of(page, "#sheet")
    return left + x / SHEET * (right - left), top + y / SHEET * (bottom - top)


def draw_by_mouse(page: Page, strokes: Strokes) -> None:
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
    """A skeleton as one hand would write it: moved points, a size and a place of its own."""
    size, left, top = rng.uniform(70, 130), rng.uniform(25, 55), rng.uniform(20, 45)
    strokes = []
    for stroke in skeleton.split("/"):
        points = np.array([[float(number) for number in word.rstrip("!").split(",")] for word in stroke.split()])
        points = points / SKELETON_SHEET + rng.normal(0, 0.02, points.shape)
        strokes.append([(float(left + x * size), float(top + y * size)) for x, y in points])
    return strokes


def test_the_mouse_draws_what_predict_reads_the_same(page: Page, program: Program, tmp_path: Path) -> None:
    assert answer(page) == {}  # the 3 that the page writes itself
    draw_by_mouse(page, SEVEN)
    said = answer(page)
    assert said["number"] == "7"
    assert page.locator("#answer").inner_text().split() == ["7", f"{100 * said['probability']:.1f}", "%", "sure"]
    done = program("predict", saved(page, tmp_path / "seven.png"))
    assert done.stdout == f"{tmp_path}/seven.png: 7 ({100 * said['probability']:.1f} %)\n"


def test_drawings_are_read_as_predict_reads_them(page: Page, program: Program, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    folder = tmp_path / "drawings"
    folder.mkdir()
    read = []
    for number in range(DRAWINGS):
        skeleton = SKELETONS[rng.integers(len(SKELETONS))]
        draw(page, written(skeleton.strokes, rng), float(rng.uniform(8, 26)))
        said = answer(page)
        read.append(said["number"])
        (folder / f"{number:03}.png").write_bytes(base64.b64decode(page.evaluate(SAVED).partition(",")[2]))
    done = program("predict", "--format", "plain", folder)
    same = sum(one == other for one, other in zip(done.stdout.splitlines(), read, strict=True))
    assert same >= 0.98 * DRAWINGS, f"only {same} of {DRAWINGS}"


def test_a_number_is_read_and_each_of_its_digits_goes_through_the_network(page: Page) -> None:
    draw(page, FORTY_TWO, 12)
    said = answer(page)
    assert (said["number"], said["unsure"]) == ("42", False)
    expect(page.locator("#answer .big")).to_have_text("42")
    boxes = page.locator("#boxes button")
    expect(boxes).to_have_text(["4", "2"])
    for at, digit in enumerate("42"):
        boxes.nth(at).click()
        expect(page.locator("#diagram button[aria-pressed=true]")).to_contain_text(f"Output for {digit}:")
    draw(page, SEVEN)
    expect(boxes).to_have_count(0)


def test_what_is_no_digit_is_said_to_be_none(page: Page) -> None:
    page.get_by_role("button", name="A letter").click()
    said = answer(page)
    assert (said["number"], said["unsure"]) == (None, True)
    expect(page.locator("#answer")).to_have_text("? Not a digit I know")


def test_a_3_writes_itself_until_the_first_touch_which_is_ink(open_page: Open, pretrained: Model) -> None:
    page = open_page(pretrained, reduced_motion="no-preference")
    expect(page.locator("#answer .big")).to_have_text("3")
    assert answer(page) == {}
    draw_by_mouse(page, SEVEN)
    assert answer(page)["number"] == "7"
    page.locator("#undo").click()
    assert answer(page) == {}
    expect(page.locator("#hint")).to_be_visible()


def test_touch_draws_and_does_not_scroll(open_page: Open, pretrained: Model) -> None:
    page = open_page(pretrained, has_touch=True, is_mobile=True, viewport={"width": 360, "height": 740})
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
    assert answer(page)["number"] == "7"
    assert page.evaluate("scrollY") == before


def test_the_keyboard_draws(page: Page) -> None:
    page.locator("#sheet").focus()
    page.keyboard.press("Space")
    for _ in range(15):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Space")
    said = answer(page)
    assert said["number"] == "1"
    page.keyboard.press("ArrowRight")  # the pen is up: nothing is drawn
    assert answer(page) == said


def test_undo_takes_back_one_stroke_clear_all_and_the_eraser_some_ink(page: Page) -> None:
    draw_by_mouse(page, SEVEN)
    without_bar = answer(page)
    draw_by_mouse(page, BAR)
    with_bar = answer(page)
    assert with_bar != without_bar
    page.locator("#undo").click()
    assert answer(page) == without_bar
    page.locator("#clear").click()
    assert answer(page) == {}
    page.keyboard.press("Control+z")
    assert answer(page) == without_bar
    page.locator("#eraser").click()
    draw_by_mouse(page, [[(20, y), (180, y)] for y in range(30, 180, 12)])
    assert answer(page) == {}
