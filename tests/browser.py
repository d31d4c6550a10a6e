"""A real browser, and pages opened in it that may neither ask for anything nor complain."""

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
from mnistnet.page.fill import write_page
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


Open = Callable[..., "Page"]


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Chromium, without a window."""
    from playwright.sync_api import sync_playwright

    path = next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        pytest.skip(f"there is no {' or '.join(NAMES)} to open the page in")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        yield browser
        browser.close()


@pytest.fixture
def open_page(chromium: Browser, tmp_path: Path, digits: Dataset) -> Iterator[Open]:
    """Write the page about a model and open it; at the end, tell of any request, error or word in the console."""
    troubles: list[str] = []
    contexts: list[BrowserContext] = []

    def begin(model: Model, dataset: Dataset = digits, **options: Any) -> Page:
        path = tmp_path / f"page-{len(contexts)}.html"
        write_page(model, "a model", dataset, "drawn digits", path)
        usual = {"viewport": {"width": 1000, "height": 700}, "reduced_motion": "reduce"}
        context = chromium.new_context(**{**usual, **options})
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: troubles.append(message.text))
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on("request", lambda request: troubles.append(request.url))
        page.goto(path.as_uri())
        page.wait_for_function("window.mnistnet")
        troubles.remove(path.as_uri())  # the page itself is the one request
        return page

    yield begin
    for context in contexts:
        context.close()
    assert not troubles, troubles


@pytest.fixture(scope="session")
def pretrained() -> Model:
    """The model that comes with the package."""
    return load()


def made_up(settings: Settings, seed: int = 0) -> Model:
    """A model that has learned nothing: first weights, and a mean of its own."""
    rng = np.random.default_rng(seed)
    network = Network(settings.sizes, activation=settings.activation, cost=settings.cost)
    network.initialize(rng)
    network.biases[0][...] = rng.standard_normal(len(network.biases[0]))
    inputs = Inputs.fit(ENCODINGS[settings.inputs], rng.integers(0, 99, (50, network.sizes[0])).astype(np.uint8))
    return replace(load(), network=network, inputs=inputs, settings=settings, history=np.empty((0, 0)), epoch=0)


def wait_for_update(page: Page) -> None:
    """Let the page do what it puts off until the next frame."""
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


def answer(page: Page) -> dict[str, Any] | None:
    """What the page reads in what is drawn."""
    wait_for_update(page)
    said: dict[str, Any] | None = page.evaluate("window.mnistnet.answer()")
    return said
