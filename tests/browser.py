"""Open pages in a real browser, and fail on any request, error or console message."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from mnistnet.datasets import Dataset
from mnistnet.inputs import ENCODINGS, Inputs
from mnistnet.model import Model, load
from mnistnet.network import Network
from mnistnet.page.fill import fill_page
from mnistnet.settings import Settings

if TYPE_CHECKING:  # late: most tests need no browser
    from playwright.sync_api import Browser, BrowserContext, Page

NAMES = ("chromium", "chromium-browser", "google-chrome")
# The sandbox needs a user that is not root; all else keeps it from looking for updates and the like.
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
LIMIT = 500_000  # milliseconds; only a page that hangs takes so long; less than pytest's limit, whose message says less
SHEET = 192  # the side of the page's sheet, in the pixels of its ink
# The mouse is a pointer that is always there, so that events made up for it are like real ones, at a hundredth of
# their time.
DRAW = """([strokes, width]) => {
    const sheet = document.getElementById("sheet");
    const box = sheet.getBoundingClientRect();
    const pen = document.getElementById("width");
    document.getElementById("clear").click();
    pen.value = width;
    pen.dispatchEvent(new Event("input"));
    const send = (type, [x, y]) => sheet.dispatchEvent(new PointerEvent(type, {
        pointerId: 1, pointerType: "mouse", isPrimary: true, bubbles: true,
        clientX: box.left + x / 192 * box.width, clientY: box.top + y / 192 * box.height,
    }));
    for (const points of strokes) {
        send("pointerdown", points[0]);
        for (const point of points.slice(1)) send("pointermove", point);
        send("pointerup", points[points.length - 1]);
    }
}"""

Open = Callable[..., "Page"]
Strokes = list[list[tuple[float, float]]]
SEVEN: Strokes = [[(55, 45), (140, 45), (100, 160)]]
FORTY_TWO: Strokes = [
    [(54, 52), (30, 102), (84, 102)],
    [(70, 66), (68, 144)],
    [(108, 72), (124, 54), (148, 58), (150, 82), (130, 112), (108, 140), (162, 140)],
]


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Chromium, without a window."""
    from playwright.sync_api import expect, sync_playwright

    path = next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        pytest.skip(f"there is no {' or '.join(NAMES)} to open the page in")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS), timeout=LIMIT)
        expect.set_options(timeout=LIMIT)
        yield browser
        browser.close()


@pytest.fixture
def open_page(
    chromium: Browser, tmp_path: Path, pretrained: Model, pretrained_page: str, digits: Dataset
) -> Iterator[Open]:
    """Write the page about a model and open it; at the end, fail on any request, error or word in the console."""
    troubles: list[str] = []
    contexts: list[BrowserContext] = []

    def begin(model: Model, dataset: Dataset = digits, **options: Any) -> Page:
        path = tmp_path / f"page-{len(contexts)}.html"
        is_usual = model is pretrained and dataset is digits
        text = pretrained_page if is_usual else fill_page(model, "a model", dataset, "drawn digits")
        path.write_text(text, encoding="utf-8")
        usual = {"viewport": {"width": 1366, "height": 768}, "reduced_motion": "reduce"}
        page = new_page(chromium, **{**usual, **options})
        contexts.append(page.context)
        page.on("console", lambda message: troubles.append(message.text))
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on("request", lambda request: troubles.append(request.url))
        page.goto(path.as_uri())
        page.locator("html[data-ready]").wait_for(state="attached")
        troubles.remove(path.as_uri())  # the page itself is the one request
        return page

    yield begin
    for context in contexts:
        context.close()
    assert not troubles, troubles


@pytest.fixture
def page(open_page: Open, pretrained: Model) -> Page:
    """The page about the built-in model."""
    return open_page(pretrained)


@pytest.fixture(scope="session")
def pretrained() -> Model:
    """The model that comes with the package."""
    return load()


@pytest.fixture(scope="session")
def pretrained_page(pretrained: Model, digits: Dataset) -> str:
    """The page about it."""
    return fill_page(pretrained, "a model", digits, "drawn digits")


def made_up(settings: Settings, seed: int = 0) -> Model:
    """An untrained model with random weights, biases and mean."""
    rng = np.random.default_rng(seed)
    network = Network(settings.sizes, activation=settings.activation, cost=settings.cost)
    network.initialize(rng)
    network.biases[0][...] = rng.standard_normal(len(network.biases[0]))
    inputs = Inputs.fit(ENCODINGS[settings.inputs], rng.integers(0, 99, (50, network.sizes[0])).astype(np.uint8))
    return replace(load(), network=network, inputs=inputs, settings=settings, history=np.empty((0, 0)), epoch=0)


def new_page(browser: Browser, **options: Any) -> Page:
    """A blank page in a context of its own."""
    context = browser.new_context(**options)
    context.set_default_timeout(LIMIT)
    return context.new_page()


def draw(page: Page, strokes: Strokes, width: float = 16) -> None:
    """Draw on a blank sheet."""
    page.evaluate(DRAW, [strokes, width])


def answer(page: Page) -> dict[str, Any]:
    """What the page reads in what is drawn; empty where nothing is."""
    said: dict[str, Any] | None = page.evaluate("window.mnistnet.answer()")
    return said or {}


def box_of(page: Page, selector: str) -> tuple[float, float, float, float]:
    """The left, top, right and bottom of the first element of a selector, in CSS pixels of the window."""
    box = page.locator(selector).first.bounding_box()
    assert box is not None, selector
    return box["x"], box["y"], box["x"] + box["width"], box["y"] + box["height"]


def open_mistake(page: Page, number: int = 0) -> None:
    """Put a misread image into the network, ready to be taught."""
    page.locator("#misread button").nth(number).click()
