"""What people see and do on the page: the network, a neuron, a lesson, the history, the mistakes."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from browser import Open, answer, made_up, wait_for_update
from mnistnet.datasets import Dataset
from mnistnet.model import Model
from mnistnet.network import ACTIVATIONS, COSTS
from mnistnet.prediction import MIN_LEAD, MIN_SURE, is_unsure
from mnistnet.settings import Settings


def open_mistake(page: Page, number: int = 0) -> None:
    page.locator("#misread button").nth(number).click()
    wait_for_update(page)


def cost(page: Page) -> tuple[float, float]:
    """C before and after the step that the page has told of."""
    expect(page.locator("#cost")).to_contain_text("after one step")
    before, after = re.findall(r"[\d.]+(?:e-\d+)?", page.locator("#cost").inner_text())[:2]
    return float(before), float(after)


def test_nothing_drawn_nothing_lit(open_page: Open, pretrained: Model) -> None:
    page = open_page(pretrained)
    assert page.locator("#diagram button.neuron").count() == 40
    assert (
        page.locator("#diagram button.neuron").evaluate_all("(all) => all.filter((one) => one.dataset.lit !== '0.00')")
        == []
    )
    lines = "document.querySelector('#diagram canvas').getContext('2d').getImageData(0, 0, 900, 400).data"
    assert not any(page.evaluate(f"Array.from({lines})"))
    assert page.locator("#meant button:disabled").count() == 10


def test_a_mistake_opens_in_the_living_network(open_page: Open, pretrained: Model, digits: Dataset) -> None:
    wrong = np.flatnonzero(pretrained.predict(digits.images) != digits.labels)
    outputs = pretrained.outputs(digits.images[wrong])
    worst = wrong[np.argsort(-outputs.max(axis=1), kind="stable")[0]]
    page = open_page(pretrained)
    assert page.locator("#misread button").count() == len(wrong)
    open_mistake(page)
    said = answer(page)
    assert said is not None
    expected = pretrained.outputs(digits.images[worst : worst + 1])[0]
    assert said["number"] == str(expected.argmax())
    assert said["probability"] == pytest.approx(float(expected.max()), abs=1e-5)
    # Every neuron tells its activation.
    lit = page.locator("#diagram button.neuron").evaluate_all("(all) => all.map((one) => Number(one.dataset.lit))")
    assert lit[-10:] == pytest.approx(expected.tolist(), abs=0.006)


def test_a_cell_of_the_confusion_matrix_shows_its_images(open_page: Open, pretrained: Model) -> None:
    page = open_page(pretrained)
    cell = page.locator("#confusion button").first
    words = cell.get_attribute("aria-label")
    assert words is not None
    true, read, count = map(int, re.findall(r"\d+", words))
    everything = page.locator("#misread button").count()
    cell.click()
    expect(page.locator("#misread-title")).to_have_text(f"{true} read as {read}: {count}")
    assert page.locator("#misread button").count() == count
    open_mistake(page)
    said = answer(page)
    assert said is not None
    assert said["number"] == str(read)
    cell.click()
    assert page.locator("#misread button").count() == everything


def test_a_tapped_neuron_tells_its_sum_in_numbers(open_page: Open, pretrained: Model) -> None:
    page = open_page(pretrained)
    open_mistake(page)
    page.get_by_role("button", name="Layer 3, neuron 4:").click()
    expect(page.locator("#neuron-title")).to_have_text("Inside a neuron: neuron 4 of layer 3")
    told = page.locator("#neuron-sum").inner_text().replace("−", "-")
    sum_less_bias, bias, z = map(float, re.findall(r"= (-?[\d.]+) \+ \((-?[\d.]+)\) = (-?[\d.]+)", told)[0])
    activation = float(told.rsplit("= ", 1)[1])
    assert z == pytest.approx(sum_less_bias + bias, abs=0.011)
    assert activation == pytest.approx(1 / (1 + np.exp(-z)), abs=0.005)
    assert bias == pytest.approx(float(pretrained.network.biases[1][3]), abs=0.006)
    brought = page.locator("#neuron-inputs .bars span:nth-child(3n)").all_inner_texts()
    assert len(brought) == 20
    assert sum(float(one.replace("−", "-")) for one in brought) == pytest.approx(sum_less_bias, abs=0.11)
    assert page.locator("#strongest button").count() == 6
    page.locator("#strongest button").first.click()
    assert answer(page) is not None


@pytest.mark.parametrize("cost_name", COSTS)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_teaching_lowers_the_cost_step_by_step_and_back_undoes_it(
    open_page: Open, activation: str, cost_name: str
) -> None:
    model = made_up(Settings(activation=activation, cost=cost_name))
    page = open_page(model)
    open_mistake(page)
    untaught = answer(page)
    page.locator("#meant button").nth(3).click()
    before, after = cost(page)
    assert after < before
    assert page.locator("#lesson li").count() == 8  # C, three dC/dZ, three of dC/dW and dC/dB, the step
    assert page.locator("#lesson li.waiting").count() == 0
    page.locator("#again").click()
    expect(page.locator("#cost")).not_to_contain_text(f"C = {before}")
    again, lower = cost(page)
    assert again == pytest.approx(after, rel=0.01)
    assert lower < again
    assert answer(page) != untaught
    page.locator("#back").click()
    page.locator("#back").click()
    assert answer(page) == untaught
    expect(page.locator("#back")).to_be_disabled()


def test_whoever_presses_again_before_a_step_is_told_takes_it_at_once(open_page: Open) -> None:
    page = open_page(made_up(Settings()))
    page.emulate_media(reduced_motion="no-preference")
    open_mistake(page)
    untaught = answer(page)
    page.locator("#meant button").nth(3).click()
    for _ in range(3):
        page.locator("#again").click()
    for _ in range(3):  # the fourth is still being told
        page.locator("#back").click()
    expect(page.locator("#back")).to_be_disabled()
    assert answer(page) == untaught


def test_the_lesson_shows_the_derivatives_of_the_gradient(open_page: Open, digits: Dataset) -> None:
    model = made_up(Settings())
    wrong = np.flatnonzero(model.predict(digits.images) != digits.labels)
    outputs = model.outputs(digits.images[wrong])
    worst = wrong[np.argsort(-outputs.max(axis=1), kind="stable")[0]]
    page = open_page(model)
    open_mistake(page)
    page.locator("#meant button").nth(int(digits.labels[worst])).click()
    cost(page)
    image, label = digits.images[worst : worst + 1], digits.labels[worst : worst + 1]
    _, biases = model.network.views(model.network.gradient(model.inputs(image), label))
    told = page.locator("#lesson .cells span").evaluate_all(
        "(all) => all.map((one) => Number(one.title.split(': ')[1]))"
    )
    assert told[10:] == pytest.approx([*biases[2], *biases[1], *biases[0]], abs=1e-5)  # dC/dZ = dC/dB, equation 8


def test_the_history_of_the_epochs_is_drawn_beside_the_textbooks(open_page: Open, pretrained: Model) -> None:
    page = open_page(pretrained)
    assert page.locator("#charts svg").count() == 3
    said = page.locator("#charts svg").nth(1).get_attribute("aria-label")
    assert said is not None
    assert said.endswith(
        f"this model: from {pretrained.history[0, 2]:.1%} to {pretrained.history[-1, 2]:.1%}".replace("%", " %")
    )
    assert page.locator("#charts polyline.own").count() == page.locator("#charts polyline.other").count() == 3


def test_a_model_without_history_says_so(open_page: Open, pretrained: Model) -> None:
    page = open_page(replace(pretrained, history=np.empty((0, 0))))
    expect(page.locator("#history-words")).to_have_text("This model’s file holds no history of its epochs.")
    assert page.locator("#charts svg").count() == 0


def test_a_model_that_held_nothing_out_shows_no_accuracy(open_page: Open, pretrained: Model) -> None:
    page = open_page(replace(pretrained, history=pretrained.history[:, :2]))
    assert page.locator("#charts svg").count() == 2
    expect(page.locator("#charts")).to_contain_text("no images were held out")


@pytest.mark.parametrize("hidden", [(), (1,), (300, 20), (9, 9, 9, 9, 9, 9, 9, 9)])
def test_networks_of_any_size_are_drawn(open_page: Open, hidden: tuple[int, ...]) -> None:
    model = made_up(Settings(hidden=hidden))
    page = open_page(model, viewport={"width": 360, "height": 740})
    open_mistake(page)
    drawn = [min(size, 20) for size in hidden]
    assert page.locator("#diagram button.neuron").count() == sum(drawn) + 10
    heads = page.locator("#diagram .head").all_inner_texts()
    assert heads == [
        "784\ninputs",
        *(f"20 of {size}\nneurons" if size > 20 else f"{size}\nneurons" for size in hidden),
        "10\noutputs",
    ]
    page.locator("#diagram button.neuron").last.click()
    page.locator("#meant button").first.click()
    cost(page)


def test_a_model_without_mistakes_says_so(open_page: Open, pretrained: Model, digits: Dataset) -> None:
    right = np.flatnonzero(pretrained.predict(digits.images) == digits.labels)[:20]
    page = open_page(pretrained, digits.take(right))
    expect(page.locator("#misread-note")).to_have_text("Not one.")
    expect(page.locator("#mistakes-words")).to_contain_text("20 of 20 read right, 100.00 %")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 800, 1920])
def test_nothing_is_wider_than_the_window(open_page: Open, pretrained: Model, width: int, scheme: str) -> None:
    page = open_page(pretrained, viewport={"width": width, "height": 700}, color_scheme=scheme)
    open_mistake(page)
    page.locator("#meant button").nth(5).click()
    cost(page)
    assert page.evaluate("document.documentElement.scrollWidth") == width


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_words_stand_out_from_their_ground(open_page: Open, pretrained: Model, scheme: str) -> None:
    page = open_page(pretrained, color_scheme=scheme)
    colours = {
        name: page.evaluate(f"getComputedStyle(document.documentElement).getPropertyValue('--{name}').trim()")
        for name in ("paper", "card", "ink", "soft", "positive", "negative")
    }
    for words in ("ink", "soft", "positive", "negative"):
        for ground in ("paper", "card"):
            assert contrast(colours[words], colours[ground]) >= 4.5 if words in ("ink", "soft") else 3, (words, ground)


def contrast(one: str, other: str) -> float:
    """The contrast of two colours as WCAG 2 defines it, 1 to 21."""
    lights = []
    for colour in (one, other):
        parts = np.array([float(part) for part in colour.split()]) / 255
        linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
        lights.append(float(linear @ [0.2126, 0.7152, 0.0722]))
    return (max(lights) + 0.05) / (min(lights) + 0.05)


def test_day_turns_to_night_while_the_page_is_open(open_page: Open, pretrained: Model) -> None:
    page = open_page(pretrained)
    open_mistake(page)
    inked = """() => {
        const copy = new OffscreenCanvas(28, 28).getContext("2d");
        copy.drawImage(document.querySelector("#steps canvas"), 0, 0);
        const { data } = copy.getImageData(0, 0, 28, 28);
        const at = Array.from({ length: 784 }, (_, i) => 4 * i).find((i) => data[i + 3] === 255);
        return Array.from(data.slice(at, at + 3));
    }"""
    assert max(page.evaluate(inked)) < 64
    page.emulate_media(color_scheme="dark")
    wait_for_update(page)
    assert min(page.evaluate(inked)) > 192


def test_everything_has_a_name_and_the_answer_is_told(open_page: Open, pretrained: Model) -> None:
    page = open_page(pretrained)
    nameless = page.evaluate(
        """() => Array.from(document.querySelectorAll("button, select, input, [role=img], svg"))
            .filter((one) => !(one.textContent.trim() || one.getAttribute("aria-label") || one.closest("label")))
            .map((one) => one.outerHTML)"""
    )
    assert nameless == []
    assert page.locator("#answer").get_attribute("aria-live") == "polite"
    assert [page.locator(f"h{level}").count() for level in (1, 2)] == [1, 5]
    page.keyboard.press("Tab")
    expect(page.get_by_text("Skip to the drawing")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.locator("#sheet")).to_be_focused()


def test_blame_flows_back_layer_by_layer(open_page: Open, pretrained: Model) -> None:
    page = open_page(pretrained, reduced_motion="no-preference")
    open_mistake(page)
    page.locator("#meant button").nth(1).click()
    expect(page.locator("#lesson li.waiting")).to_have_count(8)  # C is known, nothing has flowed
    expect(page.locator("#lesson li.waiting")).to_have_count(5, timeout=5000)
    lit = "(all) => all.filter((one) => Number(one.dataset.lit)).length"
    reached = page.locator("#blame .neuron").evaluate_all(lit)
    cost(page)
    assert 10 < reached < page.locator("#blame .neuron").evaluate_all(lit)


@pytest.mark.parametrize(("kind", "steps"), [("pixels", 1), ("moments", 2), ("directions", 3)])
def test_the_steps_to_the_inputs_are_those_of_their_kind(open_page: Open, kind: str, steps: int) -> None:
    page = open_page(made_up(Settings(inputs=kind)))
    names = ["1. Fitted as MNIST’s makers did", "2. Made upright, in one size", "3. Roses: how its outline runs"]
    assert page.locator("#steps li").all_inner_texts() == names[:steps]


@pytest.mark.parametrize(
    ("best", "second", "unsure"),
    [
        (0.99, 0.2, False),
        (0.9, 0.88 - MIN_LEAD, False),
        (0.9, 0.92 - MIN_LEAD, True),
        (MIN_SURE - 0.01, 0.01, True),
        (MIN_SURE + 0.01, 0.01, False),
    ],
)
def test_the_page_is_unsure_where_the_library_is(
    open_page: Open, digits: Dataset, best: float, second: float, unsure: bool
) -> None:
    model = made_up(Settings(hidden=()))
    outputs = np.array([best, second, *[0.001] * 8], np.float32)
    model.network.parameters[...] = 0
    model.network.biases[0][...] = np.log(outputs / (1 - outputs))  # whatever is drawn
    page = open_page(model)
    open_mistake(page)
    said = answer(page)
    assert said is not None
    assert said["number"] == "0"
    assert said["unsure"] == unsure == is_unsure(model.outputs(digits.images[:1]))[0]


@pytest.mark.parametrize("name", COSTS)
def test_the_neurons_dot_is_on_the_curve(open_page: Open, name: str) -> None:
    page = open_page(made_up(Settings(cost=name)))
    open_mistake(page)
    page.locator("#diagram button.neuron").nth(33).click()
    wait_for_update(page)
    curve = page.locator("#curve polyline").get_attribute("points") or ""
    points = np.array([[float(number) for number in point.split(",")] for point in curve.split()])
    dot = page.locator("#curve circle")
    x, y = (float(dot.get_attribute(name) or "nan") for name in ("cx", "cy"))
    assert np.interp(x, points[:, 0], points[:, 1]) == pytest.approx(y, abs=0.5)  # of 115 pixels from 0 to 1
