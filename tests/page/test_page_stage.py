"""One stage: what is in sight together, looking into a neuron, keyboards, readers of screens, paper."""

from __future__ import annotations

import copy
import re
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect

from browser import FORTY_TWO, SEVEN, Open, answer, box_of, draw, made_up, new_page, open_mistake
from mnistnet.datasets import Dataset
from mnistnet.model import Model
from mnistnet.page.snapshots import read_snapshots
from mnistnet.settings import Settings

AXE = Path(__file__).parents[2] / ".venv/typescript/node_modules/axe-core/axe.min.js"
PHONE = {"has_touch": True, "is_mobile": True, "viewport": {"width": 360, "height": 740}}
STOPS = """() => Array.from(document.querySelectorAll("a[href], button, input, select, summary, [tabindex]"))
    .filter((one) => one.tabIndex >= 0 && !one.disabled && one.checkVisibility()).length"""
# Chromium scales a page down that is wider than the paper; where nothing is wider, a page is that many CSS pixels high.
A4 = {"width": 794 - 2 * 38, "height": 1123 - 2 * 38}


def assert_in_sight(page: Page, *selectors: str) -> None:
    viewport = page.viewport_size
    assert viewport is not None
    for selector in selectors:
        left, top, right, bottom = box_of(page, selector)
        assert 0 <= left <= right <= viewport["width"], selector
        assert 0 <= top <= bottom <= viewport["height"], selector


def test_sheet_network_answer_and_inspector_are_in_sight_together(page: Page) -> None:
    draw(page, SEVEN)
    assert_in_sight(page, "#sheet", "#diagram", "#answer", "#inspector")
    page.get_by_role("button", name="Layer 3, neuron 4:").click()
    assert_in_sight(page, "#sheet", "#diagram", "#answer", "#inspector")


def test_a_phone_keeps_a_copy_of_the_sheet_and_the_answer_over_the_diagram(open_page: Open, pretrained: Model) -> None:
    page = open_page(pretrained, **PHONE)
    draw(page, SEVEN)
    page.locator("#diagram").evaluate("(one) => one.scrollIntoView({ block: 'end' })")
    expect(page.locator("#stage.small")).to_be_visible()
    assert_in_sight(page, "#sheet", "#answer")
    page.get_by_role("button", name="Layer 3, neuron 4:").tap()
    assert_in_sight(page, "#sheet", "#answer", "#diagram button[aria-pressed=true]")
    _, panel, _, _ = box_of(page, "#panel")
    *_, neuron = box_of(page, "#diagram button[aria-pressed=true]")
    assert neuron < panel < 740 - 200
    page.locator("#close").tap()
    said = answer(page)
    page.locator("#sheet").tap()  # the copy grows; it is not drawn on
    expect(page.locator("#stage.small")).to_have_count(0)
    assert answer(page) == said


def test_a_tapped_neuron_shows_its_sum_in_numbers_and_isolates_its_lines(page: Page, pretrained: Model) -> None:
    draw(page, SEVEN)
    expect(page.locator("#inspector h2")).to_have_text("Output 7")  # the winner, at first
    page.get_by_role("button", name="Layer 3, neuron 4:").click()
    expect(page.locator("#inspector h2")).to_have_text("Layer 3, neuron 4")
    texts = page.locator("#inspector .sum dd").all_inner_texts()
    weighed, bias, z, a = (float(text.replace("−", "-")) for text in texts)
    assert z == pytest.approx(weighed + bias, abs=0.016)
    assert a == pytest.approx(1 / (1 + np.exp(-z)), abs=0.002)
    assert bias == pytest.approx(float(pretrained.network.biases[1][3]), abs=0.006)
    brought = page.locator("#inspector .bars .value").all_inner_texts()
    assert len(brought) == 20
    assert sum(float(one.replace("−", "-")) for one in brought) == pytest.approx(weighed, abs=0.11)
    assert page.locator("#diagram .neuron.faded").count() == 9  # the others of its layer
    page.locator("#inspector .bars li").nth(7).hover()
    expect(page.locator("#inspector .bars li.pointed")).to_have_text(re.compile("neuron 8"))
    page.get_by_role("button", name="Layer 2, neuron 3:").hover()  # and back
    expect(page.locator("#inspector .bars li.pointed")).to_have_text(re.compile("neuron 3"))
    page.keyboard.press("Escape")
    page.mouse.move(1, 1)
    assert page.locator("#diagram .neuron.faded").count() == 0


def test_a_place_lights_up_on_the_digit_and_says_how_the_outline_runs(page: Page) -> None:
    draw(page, [[(96, 30), (96, 160)]])
    page.get_by_title("Look at the inputs").click()
    canvas = page.locator("#inspector canvas").nth(1)
    left, top, right, bottom = box_of(page, "#inspector canvas >> nth=1")
    said = []
    for column in (2.5, 4.5):
        canvas.hover(position={"x": column / 7 * (right - left), "y": (bottom - top) / 2})
        said.append(page.locator("#inspector [role=status]").inner_text())
    assert "runs mostly up, with the ink on its right" in said[0]
    assert "runs mostly down, with the ink on its right" in said[1]


def test_the_neurons_dot_is_on_the_curve(open_page: Open) -> None:
    for cost, activation in (("mse", "tanh"), ("softmax", "relu")):
        page = open_page(made_up(Settings(cost=cost, activation=activation)))
        draw(page, SEVEN)
        for neuron in (3, 33):
            page.locator("#diagram button").nth(neuron).click()
            curve = page.locator("#inspector polyline").get_attribute("points") or ""
            points = np.array([[float(number) for number in point.split(",")] for point in curve.split()])
            dot = page.locator("#inspector circle")
            x, y = (float(dot.get_attribute(name) or "nan") for name in ("cx", "cy"))
            assert np.interp(x, points[:, 0], points[:, 1]) == pytest.approx(y, abs=0.5)


def test_the_network_of_pixels_and_its_snapshots_read_the_same_drawing(
    page: Page, pretrained: Model, digits: Dataset
) -> None:
    open_mistake(page)
    page.locator("#tab-learn").click()
    snapshots, twin_snapshots, twin = read_snapshots()
    for choice, model, taken in (("Edges", pretrained, snapshots), ("Pixels", twin, twin_snapshots)):
        page.get_by_role("button", name=choice, exact=True).click()
        slider = page.locator("#epoch")
        image = digits.images[0].ravel().tolist()
        read = f"Array.from(window.mnistnet.outputs(Uint8Array.from({image})))"
        trained = page.evaluate(read)
        slider.fill("1")
        early = copy.deepcopy(model)
        early.network.parameters[...] = taken.parameters[1]
        for part, scale in zip((*early.network.weights, *early.network.biases), taken.scales[1], strict=True):
            part *= scale
        assert page.evaluate(read) == pytest.approx(early.outputs(digits.images[:1])[0].tolist(), abs=1e-5)
        expect(page.locator("#learn .verdict")).to_contain_text("After 1 epoch, it reads ")
        expect(page.locator("#model-words")).to_contain_text("of its validation images after epoch 1.")
        slider.fill("4")
        assert page.evaluate(read) == trained
        expect(page.locator("#model-words")).to_contain_text("of drawn digits.")


def test_a_tour_of_seven_cards_lights_up_what_it_is_about_and_ticks_what_is_done(page: Page) -> None:
    page.locator("#projector").click()
    page.keyboard.press("ArrowRight")  # the keys of a presenter
    task, title = page.locator("#tour .task"), page.locator("#tour h2")
    expect(task).to_have_text("Draw a 7.")
    draw(page, SEVEN)
    expect(task).to_have_text("✓ Draw a 7.")
    titles = {title.inner_text()}
    for number in range(2, 8):
        page.keyboard.press("ArrowRight")
        expect(page.locator("#tour .note")).to_have_text(f"{number} of 7")
        assert page.locator(".lit-up").count() == 1
        assert page.evaluate("location.hash") == f"#tour-{number}"
        titles.add(title.inner_text())
    assert len(titles) == 7
    page.locator("#epoch").fill("0")
    expect(task).to_have_text(re.compile("^✓"))
    page.keyboard.press("Escape")
    page.locator("#tour button").last.click()
    expect(page.locator("#tour")).to_be_hidden()
    assert page.locator(".lit-up").count() == 0


def test_a_page_about_another_model_shows_the_pixel_networks_training(open_page: Open) -> None:
    page = open_page(made_up(Settings(hidden=(7,))))
    page.locator("#tab-learn").click()
    page.get_by_role("button", name="See the pixel network’s").click()
    expect(page.locator("#epoch")).to_be_visible()
    assert page.locator("#diagram button").count() == 40


@pytest.mark.parametrize("hidden", [(), (300, 20), (9, 9, 9, 9, 9, 9, 9, 9)])
def test_networks_of_any_size_are_drawn(open_page: Open, hidden: tuple[int, ...]) -> None:
    page = open_page(made_up(Settings(hidden=hidden)), **PHONE)
    drawn = [min(size, 20) for size in hidden]
    assert page.locator("#diagram button").count() == sum(drawn) + 10
    heads = page.locator("#diagram .head b").all_inner_texts()
    assert heads == [*(f"20 of {size}" if size > 20 else f"{size}" for size in hidden), "10"]


def test_few_stops_lead_through_the_page_and_arrow_keys_between_neurons(page: Page) -> None:
    draw(page, FORTY_TWO, 12)
    assert page.evaluate(STOPS) <= 40
    page.get_by_role("button", name="Layer 2, neuron 1:").focus()
    for key in ("ArrowDown", "ArrowRight", "ArrowUp"):
        page.keyboard.press(key)
    expect(page.get_by_role("button", name=re.compile("^Layer 3, neuron "))).to_have_count(10)
    assert page.evaluate("document.activeElement.textContent").startswith("Layer 3, neuron ")
    page.locator("#pen").focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator("#eraser")).to_be_focused()


@pytest.mark.parametrize(
    ("scheme", "viewport"), [("light", {"width": 1366, "height": 768}), ("dark", {"width": 360, "height": 740})]
)
def test_axe_finds_no_fault_in_accessibility(
    open_page: Open, pretrained: Model, scheme: str, viewport: dict[str, int]
) -> None:
    if not AXE.exists():
        pytest.skip("axe-core is not installed: make lint does it where there is npm")
    page = open_page(pretrained, viewport=viewport, color_scheme=scheme)
    page.evaluate(AXE.read_text(encoding="utf-8"))
    draw(page, FORTY_TWO, 12)
    for step in ("#tab-inside", "#tab-learn", "#tab-teach", "#teach-it", "#teach summary"):
        page.locator(step).click()
        found = page.evaluate("axe.run(document, { resultTypes: ['violations'] })")["violations"]
        assert [(each["id"], [node["target"] for node in each["nodes"]]) for each in found] == []


def test_nothing_is_wider_than_the_window(page: Page) -> None:
    open_mistake(page)
    for width in (360, 800, 1920):
        page.set_viewport_size({"width": width, "height": 700})
        assert page.evaluate("document.documentElement.scrollWidth") == width


def test_the_whole_network_is_printed_on_one_page(open_page: Open, pretrained: Model) -> None:
    page = open_page(pretrained, color_scheme="dark")
    draw(page, SEVEN)
    page.set_viewport_size({"width": A4["width"], "height": A4["height"]})
    page.emulate_media(media="print")
    _, top, _, bottom = box_of(page, "#stage .network")
    assert 0 <= top <= bottom <= A4["height"]
    for digit in range(10):
        _, _, right, _ = box_of(page, f"#diagram .output >> nth={digit}")
        assert right <= A4["width"]
    assert page.pdf(format="A4").startswith(b"%PDF")


def test_forced_colours_keep_pen_neurons_and_bars(open_page: Open, pretrained: Model) -> None:
    page = open_page(pretrained, forced_colors="active")
    draw(page, SEVEN)
    for selector in ("#sheet", ".neuron", ".bars i", ".output i"):
        assert page.locator(selector).first.evaluate("(one) => getComputedStyle(one).forcedColorAdjust") == "none"


def test_without_javascript_a_sentence_says_what_to_do(chromium: Browser, pretrained_page: str, tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text(pretrained_page, encoding="utf-8")
    page = new_page(chromium, java_script_enabled=False)
    page.goto((tmp_path / "page.html").as_uri())
    expect(page.locator("noscript p")).to_be_visible()
    assert "Allow JavaScript for this file, or open it in another browser." in page.locator("body").inner_text()
    page.context.close()


def test_an_old_browser_is_told_what_it_lacks(chromium: Browser, pretrained_page: str, tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text(pretrained_page, encoding="utf-8")
    page = new_page(chromium)
    page.add_init_script("delete window.DecompressionStream")
    page.goto((tmp_path / "page.html").as_uri())
    expect(page.locator("#trouble")).to_contain_text("This browser is too old for this page")
    page.context.close()


def test_the_answer_is_spoken_once_when_the_pen_is_lifted(page: Page) -> None:
    page.evaluate("""() => {
        window.spoken = [];
        const spoken = document.getElementById("spoken");
        new MutationObserver(() => window.spoken.push(spoken.textContent)).observe(spoken, { childList: true });
    }""")
    draw(page, FORTY_TWO, 12)
    expect(page.locator("#spoken")).to_have_text(re.compile(r"^42, \d\d\.\d % sure$"))
    assert len(page.evaluate("window.spoken")) == 1
    assert page.locator("#answer[aria-live], #answer [aria-live]").count() == 0


def test_the_page_follows_the_systems_dark_colours_while_it_is_open(page: Page) -> None:
    open_mistake(page)
    inked = """() => {
        const copy = new OffscreenCanvas(28, 28).getContext("2d");
        copy.drawImage(document.querySelector("#steps canvas"), 0, 0);
        const { data } = copy.getImageData(0, 0, 28, 28);
        return data[Array.from({ length: 784 }, (_, i) => 4 * i).find((i) => data[i + 3] === 255)];
    }"""
    page.wait_for_function(f"() => ({inked})() < 64")  # a function: a bare expression is refused at the second try
    page.emulate_media(color_scheme="dark")
    page.wait_for_function(f"() => ({inked})() > 192")
