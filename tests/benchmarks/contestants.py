"""The same network, 784-20-10-10, trained by this package and by other means.

All contestants see the same 60,000 inputs in batches of the same size, in a fresh order every epoch. They compute in
float32 and descend by the same rule with the same learning rates, momentum and weight decay, unless their class says
otherwise.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from mnistnet.images import FloatArray, IntArray
from mnistnet.network import Network
from mnistnet.settings import OTHER_LEARNING_RATE, Settings
from mnistnet.training import learning_rate, train


class Data(NamedTuple):
    """Prepared digits."""

    inputs: FloatArray  # float32 (60000, 784)
    labels: IntArray  # (60000,)
    test_inputs: FloatArray  # float32 (10000, 784)
    test_labels: IntArray  # (10000,)


class Contestant(Protocol):
    """A network in training."""

    def epoch(self) -> float:
        """Train on every image once; the seconds that it took."""

    def predict(self, inputs: FloatArray) -> IntArray:
        """The digits (n,) that the network reads in inputs (n, 784)."""


class Mnistnet:
    """This package."""

    def __init__(self, data: Data, settings: Settings) -> None:
        self.network = Network(settings.sizes)
        self.network.initialize(np.random.default_rng(settings.seed))
        self.epochs = train(self.network, data.inputs, data.labels, settings)

    def epoch(self) -> float:
        return next(self.epochs).seconds

    def predict(self, inputs: FloatArray) -> IntArray:
        digits: IntArray = self.network.forward(inputs).argmax(axis=1)
        return digits


class Products:
    """Nothing but a step's eight matrix products, on a batch that stays in the cache: what no NumPy code can beat."""

    def __init__(self, data: Data, settings: Settings) -> None:
        self.batches = math.ceil(len(data.inputs) / settings.batch_size)
        self.weights = [np.ones((n_out, n_in), np.float32) for n_in, n_out in pairwise(settings.sizes)]
        self.gradients = [np.empty_like(weights) for weights in self.weights]
        self.layers = [np.ones((settings.batch_size, size), np.float32) for size in settings.sizes]
        self.deltas = [np.ones_like(layer) for layer in self.layers]

    def epoch(self) -> float:
        start = time.perf_counter()
        for _ in range(self.batches):
            for layer, weights in enumerate(self.weights):
                np.dot(self.layers[layer], weights.T, out=self.layers[layer + 1])
            for layer, weights in reversed(list(enumerate(self.weights))):
                np.dot(self.deltas[layer + 1].T, self.layers[layer], out=self.gradients[layer])
                if layer > 0:
                    np.dot(self.deltas[layer + 1], weights, out=self.deltas[layer])
        return time.perf_counter() - start

    def predict(self, inputs: FloatArray) -> IntArray:
        raise NotImplementedError("it learns nothing")


class PerImage:
    """NumPy an image at a time in float64, as in Nielsen's book: plain steps of a constant length, 3."""

    RATE = 3.0

    def __init__(self, data: Data, settings: Settings, images: int | None = None) -> None:
        count = images or len(data.inputs)
        self.scale = len(data.inputs) / count  # a part of the images is enough to measure
        self.columns = [image.reshape(-1, 1) for image in data.inputs[:count].astype(np.float64)]
        self.answers = np.eye(10)[data.labels[:count]].reshape(-1, 10, 1)
        self.size = settings.batch_size
        self.rng = np.random.default_rng(settings.seed)
        shapes = [(n_out, n_in) for n_in, n_out in pairwise(settings.sizes)]
        self.weights: list[FloatArray] = [self.rng.standard_normal(s) / math.sqrt(s[1]) for s in shapes]
        self.biases: list[FloatArray] = [np.zeros((n_out, 1)) for n_out, _ in shapes]

    def epoch(self) -> float:
        start = time.perf_counter()
        order = self.rng.permutation(len(self.columns))
        for batch in np.split(order, range(self.size, len(order), self.size)):
            self.step(batch)
        return (time.perf_counter() - start) * self.scale

    def step(self, batch: npt.NDArray[np.int64]) -> None:
        sums = [np.zeros_like(part) for part in self.weights + self.biases]
        for index in batch:
            for total, part in zip(sums, self.gradient(self.columns[index], self.answers[index]), strict=True):
                total += part
        for parameters, total in zip(self.weights + self.biases, sums, strict=True):
            parameters -= self.RATE / len(batch) * total

    def gradient(self, x: FloatArray, y: FloatArray) -> Sequence[FloatArray]:
        layers = [x]
        for weights, biases in zip(self.weights, self.biases, strict=True):
            layers.append(1 / (1 + np.exp(-(weights @ layers[-1] + biases))))
        deltas = [(layers[-1] - y) * layers[-1] * (1 - layers[-1])]
        for weights, layer in zip(self.weights[:0:-1], layers[-2:0:-1], strict=True):
            deltas.insert(0, weights.T @ deltas[0] * layer * (1 - layer))
        return [delta @ layer.T for delta, layer in zip(deltas, layers, strict=False)] + deltas

    def predict(self, inputs: FloatArray) -> IntArray:
        layer = inputs.T
        for weights, biases in zip(self.weights, self.biases, strict=True):
            layer = 1 / (1 + np.exp(-(weights @ layer + biases)))
        digits: IntArray = layer.argmax(axis=0)
        return digits


class ScikitLearn:
    """MLPClassifier with the same layers; its only cost is cross-entropy with softmax, for which 2 is too long a step.

    The length of its steps is constant: the one that this package takes with such a cost.
    """

    def __init__(self, data: Data, settings: Settings) -> None:
        from sklearn.neural_network import MLPClassifier

        self.data = data
        self.classifier = MLPClassifier(
            hidden_layer_sizes=settings.hidden,
            activation="logistic",
            solver="sgd",
            batch_size=settings.batch_size,
            learning_rate_init=OTHER_LEARNING_RATE,
            momentum=settings.momentum,
            nesterovs_momentum=False,
            alpha=settings.weight_decay * settings.batch_size,  # it is divided by the size again
            random_state=settings.seed,
        )

    def epoch(self) -> float:
        start = time.perf_counter()
        self.classifier.partial_fit(self.data.inputs, self.data.labels, classes=np.arange(10))
        return time.perf_counter() - start

    def predict(self, inputs: FloatArray) -> IntArray:
        digits: IntArray = self.classifier.predict(inputs)
        return digits


class PyTorch:
    """PyTorch as it is mostly written: eager, autograd, torch.optim.SGD."""

    def __init__(self, data: Data, settings: Settings) -> None:
        import torch

        torch.set_num_threads(1)
        torch.manual_seed(settings.seed)
        self.torch = torch
        modules: list[Any] = []
        for n_in, n_out in pairwise(settings.sizes):
            linear = torch.nn.Linear(n_in, n_out)
            torch.nn.init.normal_(linear.weight, std=1 / math.sqrt(n_in))
            torch.nn.init.zeros_(linear.bias)
            modules += [linear, torch.nn.Sigmoid()]
        self.network = torch.nn.Sequential(*modules)
        parameters = list(self.network.parameters())
        groups = [
            {"params": parameters[0::2], "weight_decay": settings.weight_decay},
            {"params": parameters[1::2], "weight_decay": 0.0},
        ]
        self.optimizer = torch.optim.SGD(groups, lr=1.0, momentum=settings.momentum)
        self.inputs = torch.from_numpy(data.inputs)
        self.answers = torch.eye(10)[torch.from_numpy(data.labels.astype(np.int64))]
        self.size = settings.batch_size
        self.rates = _rates(settings, len(data.inputs))

    def epoch(self) -> float:
        start = time.perf_counter()
        order = self.torch.randperm(len(self.inputs))
        for batch, rate in zip(order.split(self.size), next(self.rates).tolist(), strict=True):
            for group in self.optimizer.param_groups:
                group["lr"] = rate
            outputs = self.network(self.inputs[batch])
            cost = (outputs - self.answers[batch]).square().sum() / (2 * len(batch))
            self.optimizer.zero_grad()
            cost.backward()
            self.optimizer.step()
        return time.perf_counter() - start

    def predict(self, inputs: FloatArray) -> IntArray:
        with self.torch.no_grad():
            digits: IntArray = self.network(self.torch.from_numpy(inputs)).argmax(dim=1).numpy()
        return digits


class Jax:
    """JAX with a whole epoch compiled into one call, a scan over its batches; compiling is not counted."""

    def __init__(self, data: Data, settings: Settings) -> None:
        import jax

        self.jax = jax
        self.rng = np.random.default_rng(settings.seed)
        shapes = [(n_in, n_out) for n_in, n_out in pairwise(settings.sizes)]
        weights = [self.rng.standard_normal(s).astype(np.float32) / np.float32(math.sqrt(s[0])) for s in shapes]
        biases = [np.zeros(n_out, np.float32) for _, n_out in shapes]
        parameters = jax.device_put((weights, biases))
        self.state = (parameters, jax.tree.map(jax.numpy.zeros_like, parameters))
        self.inputs, self.answers = jax.device_put((data.inputs, np.eye(10, dtype=np.float32)[data.labels]))
        self.size = settings.batch_size
        self.rates = _rates(settings, len(data.inputs))
        some_rates = next(_rates(settings, len(data.inputs)))
        epoch = jax.jit(_scan_epoch(jax, settings), donate_argnums=0)
        self.compiled = epoch.lower(self.state, self.inputs, self.answers, *self._shuffle(), some_rates).compile()

    def epoch(self) -> float:
        start = time.perf_counter()
        self.state = self.compiled(self.state, self.inputs, self.answers, *self._shuffle(), next(self.rates))
        self.jax.block_until_ready(self.state)
        return time.perf_counter() - start

    def _shuffle(self) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]:
        """The images of each whole batch, (batches, size), and those of the short last one."""
        order = self.rng.permutation(len(self.inputs)).astype(np.int32)
        whole = len(order) // self.size * self.size
        return order[:whole].reshape(-1, self.size), order[whole:]

    def predict(self, inputs: FloatArray) -> IntArray:
        digits: IntArray = np.asarray(_outputs(self.jax, self.state[0], inputs)).argmax(axis=1)
        return digits


def _outputs(jax: Any, parameters: Any, inputs: Any) -> Any:
    layer = inputs
    for weights, biases in zip(*parameters, strict=True):
        layer = jax.nn.sigmoid(layer @ weights + biases)
    return layer


def _scan_epoch(jax: Any, settings: Settings) -> Callable[..., Any]:
    """The function of an epoch: (state, inputs, answers, batches, the short last batch, rates) to the next state."""
    decay = ([settings.weight_decay] * (len(settings.sizes) - 1), [0.0] * (len(settings.sizes) - 1))

    def cost(parameters: Any, x: Any, y: Any) -> Any:
        return jax.numpy.square(_outputs(jax, parameters, x) - y).sum() / (2 * len(x))

    def step(state: Any, x: Any, y: Any, rate: Any) -> Any:
        parameters, velocity = state
        gradient = jax.grad(cost)(parameters, x, y)
        velocity = jax.tree.map(
            lambda v, g, p, d: settings.momentum * v + g + d * p, velocity, gradient, parameters, decay
        )
        return jax.tree.map(lambda p, v: p - rate * v, parameters, velocity), velocity

    def epoch(state: Any, inputs: Any, answers: Any, batches: Any, rest: Any, rates: Any) -> Any:
        def body(state: Any, now: Any) -> Any:
            batch, rate = now
            return step(state, inputs[batch], answers[batch], rate), None

        state, _ = jax.lax.scan(body, state, (batches, rates[: len(batches)]))
        return step(state, inputs[rest], answers[rest], rates[-1]) if len(rest) else state

    return epoch


def _rates(settings: Settings, images: int) -> Iterator[npt.NDArray[np.float32]]:
    """This package's learning rates, float32, for the steps of each epoch."""
    steps = math.ceil(images / settings.batch_size)
    for epoch in range(settings.epochs):
        first = epoch * steps
        yield np.array(
            [learning_rate(settings, first + step + 0.5, steps * settings.epochs) for step in range(steps)], np.float32
        )


PER_IMAGE = "NumPy, image by image"
CONTESTANTS: dict[str, Callable[[Data, Settings], Contestant]] = {
    "mnistnet": Mnistnet,
    "matrix products alone": Products,
    "JAX, epoch compiled": Jax,
    "scikit-learn": ScikitLearn,
    "PyTorch, eager": PyTorch,
    PER_IMAGE: PerImage,
}
