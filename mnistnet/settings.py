"""The settings of a training run: the default, the valid values and the help text of each."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from mnistnet.errors import OptionError
from mnistnet.images import DIGITS, PIXELS

# Larger values are probably typing mistakes. The limits also bound the memory that a model file can claim.
MAX_LAYER_SIZE = 1000  # neurons
MAX_HIDDEN_LAYERS = 8
MAX_EPOCHS = 1_000_000
MAX_WEIGHT_DECAY = 1e6
MAX_LEARNING_RATE = 1e6
MAX_COST = 1e9  # a cost above this means that training diverged
LEARNING_RATE = 2.0  # for sigmoid and mse: their gradients are small, since σ′ is at most ¼
OTHER_LEARNING_RATE = 0.05


@dataclass(frozen=True)
class Rule:
    """The valid values of an option, and how they are parsed and formatted.

    Attributes:
        metavar: the placeholder in the help.
        expected: the valid values in words, for error messages.
        parse: turns text into a value; raises ValueError if it can't.
        accepts: returns whether a value, of any type, is valid.
        format: turns a value into the text that `parse` reads.
        meanings: the words of a choice, and what each means.
    """

    metavar: str
    expected: str
    parse: Callable[[str], Any]
    accepts: Callable[[Any], bool]
    format: Callable[[Any], str] = str
    meanings: Mapping[str, str] = field(default_factory=dict)


def integer(least: int, most: float = math.inf, metavar: str = "COUNT") -> Rule:
    """Return the rule for whole numbers from `least` to `most`."""
    end = f"from {least} to {most:,}" if most < math.inf else f"of {least} or more"

    def accepts(value: Any) -> bool:
        return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most

    return Rule(metavar, f"a whole number {end}", int, accepts)


def number(expected: str, condition: Callable[[float], bool]) -> Rule:
    """Return the rule for numbers that meet a condition, which nan and inf don't; `expected` describes them."""

    def accepts(value: Any) -> bool:
        return isinstance(value, int | float) and not isinstance(value, bool) and condition(value)

    return Rule("NUMBER", expected, float, accepts)


def choice(meanings: Mapping[str, str]) -> Rule:
    """Return the rule for a few words; `meanings` explains each."""

    def accepts(value: Any) -> bool:
        return isinstance(value, str) and value in meanings

    return Rule("WORD", "one of " + ", ".join(meanings), str, accepts, meanings=meanings)


def layer_sizes() -> Rule:
    """Return the rule for the sizes of the hidden layers: (20, 10) is written `20,10`, and () is `none`."""
    size = integer(1, MAX_LAYER_SIZE)

    def parse(text: str) -> tuple[int, ...]:
        return () if text == "none" else tuple(int(each) for each in text.split(","))

    def accepts(value: Any) -> bool:
        return isinstance(value, tuple) and len(value) <= MAX_HIDDEN_LAYERS and all(map(size.accepts, value))

    def format_(value: Any) -> str:
        return ",".join(map(str, value)) or "none" if isinstance(value, tuple) else str(value)

    expected = f"none, or up to {MAX_HIDDEN_LAYERS} whole numbers from 1 to {MAX_LAYER_SIZE} such as 20,10"
    return Rule("N,N,...", expected, parse, accepts, format_)


def optional(word: str, rule: Rule) -> Rule:
    """Return the rule for None, written as a word, or a value of another rule."""
    return Rule(
        f"{word}|{rule.metavar}",
        f"{word}, or {rule.expected}",
        parse=lambda text: None if text == word else rule.parse(text),
        accepts=lambda value: value is None or rule.accepts(value),
        format=lambda value: word if value is None else rule.format(value),
    )


def setting(default: Any, rule: Rule, help: str) -> Any:  # noqa: A002
    """Return a field of Settings, from which the check and the command line's option are made."""
    return field(default=default, metadata={"rule": rule, "help": help})


@dataclass(frozen=True)
class Settings:
    """The settings of a training run; a model file carries them.

    Raises:
        OptionError: a value is of the wrong type, out of its range, or contradicts another one.
    """

    epochs: int = setting(30, integer(1, MAX_EPOCHS), "Passes over the training images.")
    batch_size: int = setting(32, integer(1), "Images per step.")
    learning_rate: float | None = setting(
        None,
        optional(
            "auto", number(f"a number above 0, up to {MAX_LEARNING_RATE:g}", lambda x: 0 < x <= MAX_LEARNING_RATE)
        ),
        f"Learning rate. auto: {LEARNING_RATE:g} for sigmoid with mse; {OTHER_LEARNING_RATE:g} otherwise, "
        "and with --start.",
    )
    momentum: float = setting(
        0.9,
        number("a number of 0 or more and below 1", lambda x: 0 <= x < 1),
        "Momentum coefficient.",
    )
    weight_decay: float = setting(
        1e-5,
        number(f"a number from 0 to {MAX_WEIGHT_DECAY:g}", lambda x: 0 <= x <= MAX_WEIGHT_DECAY),
        "L2 weight decay; biases are excluded.",
    )
    schedule: str = setting(
        "cosine",
        choice({"cosine": "warm-up, then half a cosine down to 0", "constant": "the same at every step"}),
        "Learning-rate schedule.",
    )
    hidden: tuple[int, ...] = setting((20, 10), layer_sizes(), "Neurons in each hidden layer; none: no hidden layer.")
    # The words of the next three are the keys of tables in `network.py` and `inputs.py`: help needs no NumPy.
    activation: str = setting(
        "sigmoid",
        choice({"sigmoid": "1 / (1 + exp(-z))", "tanh": "a sigmoid from -1 to 1", "relu": "max(0, z)"}),
        "Activation of the hidden neurons.",
    )
    cost: str = setting(
        "mse",
        choice(
            {
                "mse": "mean squared error",
                "cross-entropy": "binary, summed over the ten outputs",
                "softmax": "cross-entropy with softmax outputs",
            }
        ),
        "Cost to minimize.",
    )
    inputs: str = setting(
        "directions",
        choice(
            {
                "directions": "edge-direction histograms of the deskewed digit",
                "moments": "the digit deskewed, centred and scaled to one size",
                "pixels": "the image as it is",
            }
        ),
        "Input encoding.",
    )
    augment: int = setting(
        0,
        integer(0, metavar="COPIES"),
        "Number of augmented copies of the training set, all in memory; epochs use the set and its copies in turn.",
    )
    validation: int | None = setting(
        None,
        optional("auto", integer(0)),
        "Number of images held out for validation; 0 trains on all. auto: 5000, but at most a tenth.",
    )
    patience: int | None = setting(
        None,
        optional("off", integer(1, metavar="EPOCHS")),
        "Early stopping: epochs without a better validation accuracy before training stops; the best epoch is kept.",
    )
    seed: int = setting(0, integer(0, metavar="N"), "Random seed.")

    def __post_init__(self) -> None:
        for each in fields(self):
            rule, value = each.metadata["rule"], getattr(self, each.name)
            if not rule.accepts(value):
                name = each.name.replace("_", " ")
                raise OptionError(f"{name} is {rule.format(value)}, expected {rule.expected}")
        if self.patience is not None and self.validation == 0:
            raise OptionError(
                f"patience is {self.patience}, but validation is 0, which leaves no images to measure on; "
                "raise --validation, or leave out --patience"
            )
        if self.augment >= self.epochs:
            raise OptionError(
                f"augment is {self.augment}, expected less than the number of epochs, {self.epochs}, because an epoch "
                "uses the images or one copy; lower --augment, or raise --epochs"
            )

    @property
    def learning_rate_in_use(self) -> float:
        """The given learning rate, else the default for the activation and the cost."""
        if self.learning_rate is not None:
            return self.learning_rate
        return LEARNING_RATE if (self.activation, self.cost) == ("sigmoid", "mse") else OTHER_LEARNING_RATE

    @property
    def sizes(self) -> tuple[int, ...]:
        """Neurons in each layer, the input first."""
        return (PIXELS, *self.hidden, DIGITS)
