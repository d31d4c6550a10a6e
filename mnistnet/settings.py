"""What a training run is told: every choice, its default, and the range that makes sense."""

from __future__ import annotations

import math
import sys
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, get_args

from mnistnet.errors import TrainingError

Activation: TypeAlias = Literal["sigmoid", "tanh", "relu"]
Cost: TypeAlias = Literal["mse", "cross-entropy", "softmax"]
Schedule: TypeAlias = Literal["cosine", "constant"]
Kind: TypeAlias = Literal["directions", "moments", "pixels"]

# Beyond these a typing mistake is likelier than a wish; they also bound what a model file may hold.
MAX_LAYER = 1000
MAX_HIDDEN_LAYERS = 8
LEARNING_RATE = 2.0  # with sigmoid and mse, whose derivatives, products of σ′ of at most ¼, are small
OTHER_LEARNING_RATE = 0.1
MAX_EPOCHS = 1_000_000


@dataclass(frozen=True)
class Settings:
    """The settings of a training run; a model file carries them.

    Attributes:
        epochs: how many times gradient descent sees every training image.
        batch_size: images averaged over in one step.
        learning_rate: how far a step goes along −∇C. Without one it is LEARNING_RATE with the derivation's sigmoid
            and mean-squared error, and OTHER_LEARNING_RATE with any other activation or cost.
        momentum: the part of the last step that the next one keeps, 0 to below 1.
        weight_decay: pull of the weights, not the biases, towards 0, added to ∇C.
        schedule: `cosine` raises the learning rate at first and then lowers it to 0; `constant` keeps it.
        hidden: neurons in each hidden layer.
        activation: of the hidden layers.
        cost: what gradient descent lowers.
        inputs: `pixels` shows the network the image as it is; `moments` the digit upright, centred and in one size;
            `directions` how the outline of the upright digit runs.
        augment: distorted copies of the training images, each kept as 784 bytes an image; epochs cycle through the
            images and the copies.
        validation: images held out of the training images to measure on; 0 trains on all.
        patience: epochs without a better accuracy on the held-out images after which training ends; the model
            is then the one of the best epoch. None trains all epochs, and the model is the last one.
        seed: of the first weights, the order of the images, and the copies.

    Raises:
        TrainingError: a value is of the wrong type, out of its range, or not a finite number.
    """

    epochs: int = 30
    batch_size: int = 32
    learning_rate: float = None  # type: ignore[assignment]  # __post_init__ chooses: it depends on the others
    momentum: float = 0.9
    weight_decay: float = 1e-5
    schedule: Schedule = "cosine"
    hidden: tuple[int, ...] = (20, 10)
    activation: Activation = "sigmoid"
    cost: Cost = "mse"
    inputs: Kind = "directions"
    augment: int = 0
    validation: int = 5000
    patience: int | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        if vars(self)["learning_rate"] is None:
            derived = (self.activation, self.cost) == ("sigmoid", "mse")
            object.__setattr__(self, "learning_rate", LEARNING_RATE if derived else OTHER_LEARNING_RATE)
        for name, least in (("epochs", 1), ("batch_size", 1), ("augment", 0), ("validation", 0), ("seed", 0)):
            value = getattr(self, name)
            _check(name, value, _is_whole(value, least), f"a whole number of {least} or more")
        _check("epochs", self.epochs, self.epochs <= MAX_EPOCHS, f"at most {MAX_EPOCHS:,}")
        _check("learning_rate", self.learning_rate, _is_number(self.learning_rate, above=0), "a number above 0")
        _check("momentum", self.momentum, _is_number(self.momentum, least=0, below=1), "0 or more and below 1")
        _check("weight_decay", self.weight_decay, _is_number(self.weight_decay, least=0), "a number of 0 or more")
        sensible = self.patience is None or (_is_whole(self.patience, 1) and self.validation > 0)
        _check("patience", self.patience, sensible, "1 or more epochs, and images held out to measure on")
        sensible = (
            isinstance(self.hidden, tuple)
            and 1 <= len(self.hidden) <= MAX_HIDDEN_LAYERS
            and all(_is_whole(size, 1) and size <= MAX_LAYER for size in self.hidden)
        )
        _check("hidden", self.hidden, sensible, f"1 to {MAX_HIDDEN_LAYERS} layers of 1 to {MAX_LAYER} neurons")
        for name, choice in (
            ("schedule", Schedule),
            ("activation", Activation),
            ("cost", Cost),
            ("inputs", Kind),
        ):
            choices = get_args(choice)
            _check(name, getattr(self, name), getattr(self, name) in choices, "one of " + ", ".join(choices))

    @property
    def sizes(self) -> tuple[int, ...]:
        """Neurons in each layer, the input first."""
        from mnistnet.images import DIGITS, PIXELS  # late: `mnistnet --help` need not wait for NumPy

        return (PIXELS, *self.hidden, DIGITS)


def _check(name: str, value: object, sensible: bool, expected: str) -> None:
    if not sensible:
        raise TrainingError(f"{name.replace('_', ' ')} is {value}, expected {expected}")


def _is_whole(value: Any, least: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= least


def _is_number(value: Any, *, least: float = -math.inf, above: float = -math.inf, below: float = math.inf) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    finite = abs(value) <= sys.float_info.max  # math.isfinite fails on whole numbers that no float can hold
    return finite and value >= least and above < value < below
