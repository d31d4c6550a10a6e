from __future__ import annotations

from dataclasses import fields
from typing import Any, get_args

import pytest

from mnistnet import settings
from mnistnet.errors import TrainingError
from mnistnet.network import ACTIVATIONS, COSTS
from mnistnet.settings import Settings

NAN, INF = float("nan"), float("inf")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("epochs", 0),
        ("epochs", 2.5),
        ("epochs", True),
        ("batch_size", 0),
        ("learning_rate", 0),
        ("learning_rate", NAN),
        ("learning_rate", INF),
        ("learning_rate", "0.5"),
        ("momentum", 1),
        ("momentum", -0.1),
        ("momentum", NAN),
        ("weight_decay", -1e-5),
        ("weight_decay", INF),
        ("hidden", ()),
        ("hidden", (20, 0)),
        ("hidden", (1001,)),
        ("hidden", (1,) * 9),
        ("hidden", [20, 10]),
        ("validation", -1),
        ("seed", -1),
        ("schedule", "linear"),
        ("activation", "step"),
        ("cost", "mae"),
        ("inputs", "zscore"),
    ],
)
def test_a_value_out_of_range_is_refused_by_its_name(name: str, value: Any) -> None:
    with pytest.raises(TrainingError, match=f"^{name.replace('_', ' ')} is .*, expected "):
        Settings(**{name: value})


def test_every_setting_is_described() -> None:
    assert Settings.__doc__ is not None
    for field in fields(Settings):
        assert f"\n        {field.name}: " in Settings.__doc__


def test_the_choices_are_those_the_network_has() -> None:
    assert get_args(settings.Activation) == tuple(ACTIVATIONS)
    assert get_args(settings.Cost) == tuple(COSTS)


def test_sizes_put_the_hidden_layers_between_pixels_and_digits() -> None:
    assert Settings().sizes == (784, 20, 10, 10)


def test_the_learning_rate_follows_the_activation_and_the_cost_unless_it_is_given() -> None:
    assert Settings().learning_rate == settings.LEARNING_RATE
    assert Settings(cost="softmax").learning_rate == settings.OTHER_LEARNING_RATE
    assert Settings(activation="relu").learning_rate == settings.OTHER_LEARNING_RATE
    assert Settings(cost="softmax", learning_rate=0.3).learning_rate == 0.3
