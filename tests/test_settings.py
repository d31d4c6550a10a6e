from __future__ import annotations

from dataclasses import Field, fields
from typing import Any

import pytest

from mnistnet import settings
from mnistnet.errors import OptionError
from mnistnet.inputs import ENCODINGS
from mnistnet.network import ACTIVATIONS, COSTS
from mnistnet.settings import Rule, Settings, choice, integer, layer_sizes, number, optional

NAN, INF = float("nan"), float("inf")


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("epochs", (0, 2.5, True)),
        ("batch_size", (0,)),
        ("learning_rate", (0, NAN, INF, "0.5")),
        ("momentum", (1, -0.1, NAN)),
        ("weight_decay", (-1e-5, INF, 1e308)),
        ("hidden", ((20, 0), (1001,), (1,) * 9, [20, 10], "20,10")),
        ("augment", (-1,)),
        ("patience", (0,)),
        ("validation", (0.1, -1)),
        ("seed", (-1,)),
        ("schedule", ("linear",)),
        ("activation", ("step",)),
        ("cost", ("mae",)),
        ("inputs", ("zscore",)),
    ],
)
def test_a_value_out_of_range_is_refused_by_its_name(name: str, values: tuple[Any, ...]) -> None:
    for value in values:
        with pytest.raises(OptionError, match=f"^{name.replace('_', ' ')} is .*, expected "):
            Settings(**{name: value})


@pytest.mark.parametrize("field", fields(Settings), ids=lambda field: field.name)
def test_every_setting_has_a_help_text_and_accepts_its_default_as_typed(field: Field[Any]) -> None:
    rule: Rule = field.metadata["rule"]
    assert field.metadata["help"].endswith(".")
    assert rule.accepts(field.default)
    assert rule.parse(rule.format(field.default)) == field.default
    assert rule.metavar
    assert rule.expected


def test_the_choices_are_the_keys_of_the_tables() -> None:
    for name, there_are in (("activation", ACTIVATIONS), ("cost", COSTS), ("inputs", ENCODINGS)):
        (field,) = (field for field in fields(Settings) if field.name == name)
        assert list(field.metadata["rule"].meanings) == list(there_are)


def test_a_message_quotes_a_value_as_it_is_typed() -> None:
    with pytest.raises(OptionError, match="^hidden is -3, expected none, or up to 8 whole numbers from 1 to 1000"):
        Settings(hidden=(-3,))
    with pytest.raises(OptionError, match="^batch size is 0, expected a whole number of 1 or more$"):
        Settings(batch_size=0)


def test_settings_that_contradict_each_other_are_refused() -> None:
    with pytest.raises(OptionError, match="patience is 3, but validation is 0, .*; raise --validation"):
        Settings(patience=3, validation=0)
    with pytest.raises(OptionError, match="augment is 4, expected less than the number of epochs, 4, .*; lower --"):
        Settings(augment=4, epochs=4)
    assert Settings(augment=3, epochs=4).augment == 3


def test_rules_turn_what_is_typed_into_values_and_back() -> None:
    assert (integer(1).parse("20"), number("", bool).parse("1e-5"), choice({"a": ""}).parse("a")) == (20, 1e-5, "a")
    assert (layer_sizes().parse("20,10"), layer_sizes().parse("none")) == ((20, 10), ())
    assert (layer_sizes().format((20, 10)), layer_sizes().format(())) == ("20,10", "none")
    either = optional("off", integer(1))
    assert (either.parse("off"), either.parse("3"), either.format(None), either.format(3)) == (None, 3, "off", "3")


@pytest.mark.parametrize(
    ("rule", "text"), [(integer(1), "²"), (integer(1), "1.5"), (number("", bool), "x"), (layer_sizes(), "20,")]
)
def test_text_that_cannot_be_parsed_is_an_error(rule: Rule, text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  # the words are Python's
        rule.parse(text)


def test_sizes_put_the_hidden_layers_between_pixels_and_digits() -> None:
    assert Settings().sizes == (784, 20, 10, 10)
    assert Settings(hidden=()).sizes == (784, 10)


def test_the_learning_rate_follows_the_activation_and_the_cost_unless_it_is_given() -> None:
    assert Settings().learning_rate_in_use == settings.LEARNING_RATE
    assert Settings(cost="softmax").learning_rate_in_use == settings.OTHER_LEARNING_RATE
    assert Settings(activation="relu").learning_rate_in_use == settings.OTHER_LEARNING_RATE
    assert Settings(cost="softmax", learning_rate=0.3).learning_rate_in_use == 0.3
