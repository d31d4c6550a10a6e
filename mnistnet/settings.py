"""The settings of a training run. Each says in one place what it means, its default, and which values make sense."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from mnistnet.errors import OptionError

# Beyond these a typing mistake is likelier than a wish; they also bound what a model file may hold.
MAX_LAYER = 1000
MAX_HIDDEN_LAYERS = 8
MAX_EPOCHS = 1_000_000
LEARNING_RATE = 2.0  # with sigmoid and mse, whose derivatives, products of σ′ of at most ¼, are small
OTHER_LEARNING_RATE = 0.05


class Kind:
    """The values that an option takes: how one is typed, and which of them make sense.

    Attributes:
        metavar: what the help shows in place of a value.
        expected: what is expected, in words.
    """

    metavar: str
    expected: str

    def parse(self, text: str) -> Any:
        """Turn what was typed into a value; raise ValueError when that is impossible."""
        raise NotImplementedError

    def accepts(self, value: Any) -> bool:
        """Tell whether the value makes sense, whatever its type."""
        raise NotImplementedError

    def text(self, value: Any) -> str:
        """Return the value as it is typed."""
        return str(value)


class Whole(Kind):
    """Whole numbers from `least` to `most`."""

    def __init__(self, least: int, most: float = math.inf, metavar: str = "COUNT") -> None:
        self.least, self.most, self.metavar = least, most, metavar
        end = f"from {least} to {most:,}" if most < math.inf else f"of {least} or more"
        self.expected = f"a whole number {end}"

    def parse(self, text: str) -> int:
        """Turn `20` into 20."""
        return int(text)

    def accepts(self, value: Any) -> bool:
        """Tell whether it is an int, and no bool, in the range."""
        return isinstance(value, int) and not isinstance(value, bool) and self.least <= value <= self.most


class Number(Kind):
    """Finite numbers that meet a condition; `expected` says in words which these are."""

    metavar = "NUMBER"

    def __init__(self, expected: str, condition: Callable[[float], bool]) -> None:
        self.expected, self.condition = expected, condition

    def parse(self, text: str) -> float:
        """Turn `0.5` into 0.5."""
        return float(text)

    def accepts(self, value: Any) -> bool:
        """Tell whether it is such an int or float, and no bool."""
        if isinstance(value, bool) or not isinstance(value, int | float):
            return False
        finite = abs(value) <= sys.float_info.max  # math.isfinite fails on whole numbers that no float can hold
        return finite and self.condition(value)


class Choice(Kind):
    """A few words; `meanings` says of each what it stands for."""

    def __init__(self, meanings: Mapping[str, str]) -> None:
        self.meanings = meanings
        self.metavar = "|".join(meanings)
        self.expected = "one of " + ", ".join(meanings)

    def parse(self, text: str) -> str:
        """Return the text: whether it is one of the words is for `accepts`."""
        return text

    def accepts(self, value: Any) -> bool:
        """Tell whether it is one of the words."""
        return isinstance(value, str) and value in self.meanings


class Layers(Kind):
    """Neurons in each hidden layer: a tuple of whole numbers, typed with commas; `none` is the empty one."""

    metavar = "N,N,..."
    expected = f"none, or up to {MAX_HIDDEN_LAYERS} whole numbers from 1 to {MAX_LAYER} such as 20,10"

    def parse(self, text: str) -> tuple[int, ...]:
        """Turn `20,10` into (20, 10)."""
        return () if text == "none" else tuple(int(size) for size in text.split(","))

    def accepts(self, value: Any) -> bool:
        """Tell whether it is a tuple of neither too many nor too large layers."""
        layer = Whole(1, MAX_LAYER)
        return isinstance(value, tuple) and len(value) <= MAX_HIDDEN_LAYERS and all(map(layer.accepts, value))

    def text(self, value: Any) -> str:
        """Turn (20, 10) into `20,10`."""
        return ",".join(map(str, value)) or "none" if isinstance(value, tuple) else str(value)


class Or(Kind):
    """A word that stands for None, or a value of another kind."""

    def __init__(self, word: str, kind: Kind) -> None:
        self.word, self.kind = word, kind
        self.metavar = f"{word}|{kind.metavar}"
        self.expected = f"{word}, or {kind.expected}"

    def parse(self, text: str) -> Any:
        """Turn the word into None."""
        return None if text == self.word else self.kind.parse(text)

    def accepts(self, value: Any) -> bool:
        """Tell whether it is None or makes sense to the other kind."""
        return value is None or self.kind.accepts(value)

    def text(self, value: Any) -> str:
        """Turn None into the word."""
        return self.word if value is None else self.kind.text(value)


def setting(default: Any, kind: Kind, meaning: str) -> Any:
    """Return a field of Settings: the check and the command line's option are made from this."""
    return field(default=default, metadata={"kind": kind, "meaning": meaning})


@dataclass(frozen=True)
class Settings:
    """The settings of a training run; a model file carries them.

    Raises:
        OptionError: a value is of the wrong type, out of its range, or contradicts another one.
    """

    epochs: int = setting(30, Whole(1, MAX_EPOCHS), "Passes over the training images.")
    batch_size: int = setting(32, Whole(1), "Images averaged over in one step.")
    learning_rate: float | None = setting(
        None,
        Or("auto", Number("a number above 0", lambda rate: rate > 0)),
        f"Length of a step against the gradient. auto: {LEARNING_RATE:g}, "
        f"or {OTHER_LEARNING_RATE:g} with another activation or cost than the derivation's.",
    )
    momentum: float = setting(
        0.9,
        Number("a number of 0 or more and below 1", lambda part: 0 <= part < 1),
        "Part of the last step that is kept.",
    )
    weight_decay: float = setting(
        1e-5,
        Number("a number of 0 or more", lambda pull: pull >= 0),
        "Pull of the weights, not the biases, towards 0, added to the gradient.",
    )
    schedule: str = setting(
        "cosine",
        Choice({"cosine": "rises at first, then falls to 0", "constant": "stays"}),
        "What becomes of the learning rate.",
    )
    hidden: tuple[int, ...] = setting((20, 10), Layers(), "Neurons in each hidden layer; none: no hidden layer.")
    # The words of the next three are those of the tables in `network.py` and `inputs.py`, which need NumPy.
    activation: str = setting(
        "sigmoid",
        Choice({"sigmoid": "1 / (1 + exp(-z))", "tanh": "the same from -1 to 1", "relu": "max(0, z)"}),
        "Of the hidden neurons.",
    )
    cost: str = setting(
        "mse",
        Choice(
            {
                "mse": "mean squared error",
                "cross-entropy": "of each output by itself",
                "softmax": "cross-entropy of outputs that add up to 1",
            }
        ),
        "What gradient descent lowers.",
    )
    inputs: str = setting(
        "directions",
        Choice(
            {
                "directions": "how the outline of the upright digit runs",
                "moments": "the digit upright, centred and in one size",
                "pixels": "the image as it is",
            }
        ),
        "What the network is shown.",
    )
    augment: int = setting(
        0,
        Whole(0, metavar="COPIES"),
        "Distorted copies of the training images to learn from too, one an epoch; each takes their memory again.",
    )
    validation: int | None = setting(
        None,
        Or("auto", Whole(0)),
        "Training images held out to measure on; 0 trains on all. auto: 5000, but at most a tenth.",
    )
    patience: int | None = setting(
        None,
        Or("off", Whole(1, metavar="EPOCHS")),
        "Stop after so many epochs without a better validation accuracy, and keep the best epoch's network.",
    )
    seed: int = setting(0, Whole(0, metavar="N"), "Of the first weights, the order of the images and the copies.")

    def __post_init__(self) -> None:
        for each in fields(self):
            kind, value = each.metadata["kind"], getattr(self, each.name)
            if not kind.accepts(value):
                name = each.name.replace("_", " ")
                raise OptionError(f"{name} is {kind.text(value)}, expected {kind.expected}")
        if self.patience is not None and self.validation == 0:
            raise OptionError(
                f"patience is {self.patience}, but validation is 0, which leaves no images to measure on; "
                "raise --validation, or leave out --patience"
            )
        if self.augment > self.epochs - 1:
            raise OptionError(
                f"augment is {self.augment}, but an epoch learns from the images or from one copy, so that "
                f"{self.epochs} epochs see at most {self.epochs - 1}; lower --augment, or raise --epochs"
            )

    @property
    def step_length(self) -> float:
        """The learning rate: the one that was given, else the one that suits the activation and the cost."""
        if self.learning_rate is not None:
            return self.learning_rate
        return LEARNING_RATE if (self.activation, self.cost) == ("sigmoid", "mse") else OTHER_LEARNING_RATE

    @property
    def sizes(self) -> tuple[int, ...]:
        """Neurons in each layer, the input first."""
        from mnistnet.images import DIGITS, PIXELS  # late: `mnistnet --help` need not wait for NumPy

        return (PIXELS, *self.hidden, DIGITS)
