"""Teaching the network on the page, its history and its mistakes."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from browser import SEVEN, Open, answer, draw, made_up, open_mistake
from mnistnet.datasets import Dataset, load_split
from mnistnet.model import Model
from mnistnet.network import ACTIVATIONS, COSTS
from mnistnet.settings import Settings


def teach(page: Page, digit: int, button: str = "#one-step") -> None:
    page.locator("#tab-teach").click()
    page.locator("#meant button").nth(digit).click()
    page.locator(button).click()


def costs(page: Page) -> tuple[float, float]:
    """C before the lesson and now."""
    first, last = re.findall(r"\d+\.\d+", page.locator("#verdict").inner_text())[:2]
    return float(first), float(last)


def test_a_misread_digit_opens_in_the_diagram_with_its_true_label(
    page: Page, pretrained: Model, digits: Dataset
) -> None:
    wrong = np.flatnonzero(pretrained.predict(digits.images) != digits.labels)
    outputs = pretrained.outputs(digits.images[wrong])
    worst = wrong[np.argsort(-outputs.max(axis=1), kind="stable")[0]]
    assert page.locator("#misread button").count() == len(wrong)
    open_mistake(page)
    said = answer(page)
    expected = pretrained.outputs(digits.images[worst : worst + 1])[0]
    assert said["probability"] == pytest.approx(float(expected.max()), abs=1e-5)
    expect(page.locator("#question")).to_have_text(
        f"This is a {digits.labels[worst]}, and it reads a {expected.argmax()}."
    )
    expect(page.locator("#until")).to_be_focused()
    for neuron, activation in zip(page.locator("#diagram button").all()[-10:], expected, strict=True):
        expect(neuron).to_have_attribute("data-lit", f"{activation:.2f}")


@pytest.mark.mnist
def test_each_of_five_misread_digits_changes_the_networks_mind_within_ten_steps(
    open_page: Open, pretrained: Model, mnist: Path
) -> None:
    dataset = load_split(str(mnist), "test", 0)
    page = open_page(pretrained, dataset.take(np.arange(2000)))
    for number in range(5):
        button = page.locator("#misread button").nth(number)
        truth = re.findall(r"\d", button.inner_text().replace("True digit and digit read:", ""))[0]
        open_mistake(page, number)
        page.locator("#until").click()
        expect(page.locator("#verdict")).to_contain_text("It changed its mind after")
        steps = int(re.findall(r"after (\d+)", page.locator("#verdict").inner_text())[0])
        assert 1 <= steps <= 10
        assert answer(page)["number"] == truth
        expect(button).to_have_class("learned")
        page.locator("#reset").click()
        expect(button).not_to_have_class("learned")


@pytest.mark.parametrize(("activation", "cost"), list(zip(ACTIVATIONS, COSTS, strict=True)))
def test_steps_lower_the_cost_and_reset_undoes_them(open_page: Open, activation: str, cost: str) -> None:
    page = open_page(made_up(Settings(activation=activation, cost=cost)))
    draw(page, SEVEN)
    untaught = answer(page)
    teach(page, 3)
    before, after = costs(page)
    assert after < before
    page.locator("#one-step").click()
    expect(page.locator("#verdict")).to_contain_text("2 steps")
    first, last = costs(page)
    assert first == before
    assert last < after
    assert answer(page) != untaught
    page.locator("#reset").click()
    assert answer(page) == untaught
    expect(page.locator("#reset")).to_be_disabled()
    expect(page.locator("#cost-curve svg")).to_have_count(0)


def test_the_offer_is_a_misread_digit_and_the_replay_counts_what_is_forgotten(
    page: Page, pretrained: Model, digits: Dataset
) -> None:
    page.locator("#tab-teach").click()
    expect(page.locator(".offer p")).to_have_text(re.compile(r"It reads this \d as a \d\."))
    page.locator("#teach-it").click()
    expect(page.locator("#verdict")).to_contain_text("It changed its mind after")
    expect(page.locator("#replay-words")).to_have_text(re.compile(r"It still reads \d+ of 200 test images\."))
    page.locator("#reset").click()
    replayed = np.concatenate([np.flatnonzero(digits.labels == digit)[:20] for digit in range(10)])
    right = (pretrained.predict(digits.images[replayed]) == digits.labels[replayed]).sum()
    expect(page.locator("#replay-words")).to_have_text(f"It reads {right} of 200 test images.")


def test_a_lesson_can_be_paused_and_skipped_and_ends_with_a_new_drawing(open_page: Open, pretrained: Model) -> None:
    page = open_page(pretrained, reduced_motion="no-preference")
    draw(page, SEVEN)
    page.locator("#tab-teach").click()
    page.locator("#meant button").nth(3).click()
    page.evaluate("""() => {
        document.getElementById("until").click();
        Array.from(document.querySelectorAll("#teach button")).find((one) => one.textContent === "Pause").click();
    }""")
    expect(page.get_by_role("button", name="Go on")).to_be_visible()
    page.get_by_role("button", name="Skip").click()
    expect(page.locator("#verdict")).to_contain_text("now it reads a 3")
    page.locator("#reset").click()
    page.clock.install()
    draw(page, SEVEN)
    teach(page, 1, "#until")
    draw(page, [[(96, 30), (96, 160)]])
    taught = page.evaluate("Array.from(window.mnistnet.outputs(new Uint8Array(784)))")
    page.clock.run_for(2000)  # milliseconds, in which a lesson takes four steps
    assert page.evaluate("Array.from(window.mnistnet.outputs(new Uint8Array(784)))") == taught
    assert page.locator("#meant [aria-pressed=true]").count() == 0


def test_the_derivatives_flow_back_layer_by_layer(open_page: Open, pretrained: Model) -> None:
    page = open_page(pretrained, reduced_motion="no-preference")
    draw(page, SEVEN)
    page.evaluate("""() => {
        const diagram = document.getElementById("diagram");
        const isLit = (one) => Number(one.dataset.lit) && !one.textContent.split(":")[1].trim();
        window.reached = new Set();
        new MutationObserver(() => {
            window.reached.add(Array.from(diagram.querySelectorAll("button")).filter(isLit).length);
        }).observe(diagram, { subtree: true, attributeFilter: ["data-lit"] });
    }""")
    teach(page, 1)
    expect(page.locator("#verdict")).to_contain_text("1 step")
    assert len(set(page.evaluate("Array.from(window.reached)")) - {0}) >= 2


def test_the_equations_show_the_derivatives_of_the_gradient(open_page: Open, digits: Dataset) -> None:
    model = made_up(Settings())
    wrong = np.flatnonzero(model.predict(digits.images) != digits.labels)
    outputs = model.outputs(digits.images[wrong])
    worst = wrong[np.argsort(-outputs.max(axis=1), kind="stable")[0]]
    page = open_page(model)
    open_mistake(page)
    assert page.locator("#teach math").count() == 0  # words first
    page.locator("#teach summary").click()
    expect(page.locator("#teach .equations li")).to_have_count(8)  # C, three dC/dZ, three of dC/dW and dC/dB, the step
    image, label = digits.images[[worst]], digits.labels[[worst]]
    _, biases = model.network.views(model.network.gradient(model.inputs(image), label))
    cells = page.locator("#teach .cells span")
    shown = cells.evaluate_all("(all) => all.map((one) => Number(one.title.split(': ')[1]))")
    assert shown[10:] == pytest.approx([*biases[2], *biases[1], *biases[0]], abs=1e-5)  # dC/dZ = dC/dB, equation 8
    assert all(re.fullmatch(r"−?\d(\.\d+)?", text) for text in cells.all_inner_texts())  # plain numbers


def test_a_cell_of_the_confusion_matrix_shows_its_images(page: Page) -> None:
    cell = page.locator("#confusion button").first
    true, read, count = map(int, re.findall(r"\d+", cell.get_attribute("aria-label") or ""))
    everything = page.locator("#misread button").count()
    cell.click()
    expect(page.locator("#misread-title")).to_have_text(f"{true} read as {read}: {count}")
    assert page.locator("#misread button").count() == count
    open_mistake(page)
    assert answer(page)["number"] == str(read)
    cell.click()
    assert page.locator("#misread button").count() == everything


def test_the_history_of_the_epochs_is_drawn_beside_the_textbooks(page: Page, pretrained: Model) -> None:
    said = page.locator("#charts svg").nth(1).get_attribute("aria-label")
    assert said is not None
    first, last = pretrained.history[[0, -1], 2]
    assert said.endswith(f"this model: from {100 * first:.1f} % to {100 * last:.1f} %")
    assert page.locator("#charts polyline.own").count() == page.locator("#charts polyline.other").count() == 3


def test_a_model_without_history_or_without_mistakes_says_so(
    open_page: Open, pretrained: Model, digits: Dataset
) -> None:
    right = np.flatnonzero(pretrained.predict(digits.images) == digits.labels)[:20]
    page = open_page(replace(pretrained, history=np.empty((0, 0))), digits.take(right))
    expect(page.locator("#history-words")).to_have_text("This model’s file holds no history of its epochs.")
    expect(page.locator("#misread-note")).to_have_text("It misread none.")
    page = open_page(replace(pretrained, history=pretrained.history[:, :2]))
    assert page.locator("#charts svg").count() == 2
    expect(page.locator("#charts")).to_contain_text("no validation images were held out")
