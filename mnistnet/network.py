"""The equations: parameters, forward pass, backpropagation.

In the derivation an image is a column; here it is a row, so Z, A and dC/dZ of n images are (n, neurons). The
derivation's dC/dZ is a row already, so backpropagation keeps its form; the forward pass is transposed, Z = A Wᵀ + B.
Layer 1 is the input; W^l and B^l lead into layer l and are `weights[l - 2]` and `biases[l - 2]`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from mnistnet.images import FloatArray, IntArray, check_labels

# Trained weights and biases stay below 100; far larger ones would overflow float32 in the sums.
MAX_PARAMETER = 1e6
HALF = np.array(0.5, np.float32)  # NumPy would convert a plain 0.5 at every call


class Sigmoid:
    """σ(z) = 1 / (1 + e^−z), the derivation's activation: a probability between 0 and 1."""

    def activate(self, z: FloatArray) -> None:
        """Turn Z into A = σ(Z), in place."""
        # σ(z) = ½ tanh(z / 2) + ½: the same function, but e^−z overflows in float32 below z ≈ −88.
        z *= HALF
        np.tanh(z, out=z)
        z *= HALF
        z += HALF

    def derivative(self, a: FloatArray) -> FloatArray:
        """Return σ′(Z), from A = σ(Z) alone: e^−z / (1 + e^−z)² = a (1 − a) = a − a²."""
        return a - a * a


class Tanh:
    """tanh(z): a sigmoid stretched to −1 … 1, with the steeper slope 1 at 0."""

    def activate(self, z: FloatArray) -> None:
        """Turn Z into A = tanh(Z), in place."""
        np.tanh(z, out=z)

    def derivative(self, a: FloatArray) -> FloatArray:
        """Return tanh′(Z) = 1 − a²."""
        return 1 - a * a


class Relu:
    """max(0, z): the rectified linear unit."""

    def activate(self, z: FloatArray) -> None:
        """Turn Z into A = max(0, Z), in place."""
        np.maximum(z, 0, out=z)

    def derivative(self, a: FloatArray) -> npt.NDArray[np.bool_]:
        """Return 1 where the neuron is active, 0 elsewhere."""
        return a > 0


class SigmoidOutputs:
    """The output neurons of the first two costs: A^L = σ(Z^L)."""

    outputs_sum_to_1 = False

    def activate(self, z: FloatArray) -> None:
        """Turn Z^L into the outputs A^L, in place."""
        SIGMOID.activate(z)


class MeanSquaredError(SigmoidOutputs):
    """C = |A^L − Y|² / 2 with sigmoid outputs, the derivation's cost."""

    def value(self, z: FloatArray, y: FloatArray) -> float:
        """Return the sum of the images' costs, from Z^L and the targets Y, both (n, 10)."""
        a = z.copy()
        self.activate(a)
        return float(np.sum(np.square(a - y), dtype=np.float64)) / 2

    def delta(self, a: FloatArray, y: FloatArray, out: FloatArray) -> None:
        """Write dC/dZ^L = (A^L − Y) ⊙ σ′(Z^L) to `out`."""
        np.subtract(a, y, out=out)
        out *= SIGMOID.derivative(a)


class CrossEntropy(SigmoidOutputs):
    """C = −Σ (Y ln A^L + (1 − Y) ln(1 − A^L)) with sigmoid outputs.

    Its derivative has no σ′, so a confidently wrong neuron still gets a large gradient.
    """

    def value(self, z: FloatArray, y: FloatArray) -> float:
        """Return the sum of the images' costs, from Z^L and the targets Y, both (n, 10)."""
        # −ln σ(z) = ln(1 + e^−z), from Z^L: where A^L is rounded to 0 or 1, its logarithm is lost.
        return float(np.sum(np.logaddexp(0, z) - y * z, dtype=np.float64))

    def delta(self, a: FloatArray, y: FloatArray, out: FloatArray) -> None:
        """Write dC/dZ^L = A^L − Y to `out`."""
        np.subtract(a, y, out=out)


class SoftmaxCrossEntropy(CrossEntropy):
    """C = −Σ Y ln A^L with softmax outputs: ten probabilities that add up to 1. dC/dZ^L = A^L − Y again."""

    outputs_sum_to_1 = True

    def activate(self, z: FloatArray) -> None:
        """Turn Z^L into the outputs A^L = e^Z / Σ e^Z, in place."""
        z -= z.max(axis=1, keepdims=True)  # the same outputs, and e^z can't overflow
        np.exp(z, out=z)
        z /= z.sum(axis=1, keepdims=True)

    def value(self, z: FloatArray, y: FloatArray) -> float:
        """Return the sum of the images' costs, from Z^L and the targets Y, both (n, 10)."""
        z = z - z.max(axis=1, keepdims=True)
        log_of_sum = np.log(np.exp(z).sum(axis=1, keepdims=True))
        return float(np.sum(y * (log_of_sum - z), dtype=np.float64))


# To add one, add it here, its name to `settings.py` and its JavaScript to `page/network.js`; tests compare the three.
SIGMOID = Sigmoid()
ACTIVATIONS: dict[str, Sigmoid | Tanh | Relu] = {"sigmoid": SIGMOID, "tanh": Tanh(), "relu": Relu()}
COSTS: dict[str, MeanSquaredError | CrossEntropy] = {
    "mse": MeanSquaredError(),
    "cross-entropy": CrossEntropy(),
    "softmax": SoftmaxCrossEntropy(),
}


class _Workspace(NamedTuple):
    """Arrays that backpropagation writes to, allocated once for a batch size."""

    activations: list[FloatArray]  # A^2 … A^L, each (n, neurons of the layer)
    deltas: list[FloatArray]  # dC/dZ^2 … dC/dZ^L, of the same shapes
    y: FloatArray  # (n, 10), the targets
    ones: FloatArray  # (n,)
    n: FloatArray  # (), the number of images


class Network:
    """Layers of neurons, each a weighted sum of the layer before it, plus a bias, put through an activation.

    All parameters are in one flat vector, in the order of the derivation's ∇C: every weight, then every bias.
    `weights` and `biases` are views of it, and the gradient has the same order, so a step is one line on whole vectors.

    Attributes:
        sizes: neurons in each layer, the input first; (784, 20, 10, 10) has 16,020 parameters.
        parameters: dtype (16020,), all weights and biases, 0 at first: see `initialize`.
        weights: views, dtype (n_out, n_in) each, W^2 first.
        biases: views, dtype (n_out,) each, B^2 first.
        weight_count: how many of the parameters are weights; the rest are biases.

    Raises:
        ValueError: there are fewer than two layers, or an empty one.
        KeyError: the activation or the cost is unknown.
    """

    def __init__(
        self,
        sizes: Sequence[int] = (784, 20, 10, 10),
        *,
        activation: str = "sigmoid",
        cost: str = "mse",
        dtype: npt.DTypeLike = np.float32,
    ) -> None:
        if len(sizes) < 2 or min(sizes) < 1:
            raise ValueError(f"sizes are {tuple(sizes)}, expected two or more layers of at least one neuron")
        self.sizes = tuple(sizes)
        self.activation, self.cost_function = ACTIVATIONS[activation], COSTS[cost]
        self.weight_count = sum(n_in * n_out for n_in, n_out in pairwise(sizes))
        self.parameters: FloatArray = np.zeros(self.weight_count + sum(sizes[1:]), dtype)
        self._gradient = np.zeros_like(self.parameters)
        # Row y is the target Y for label y. The last row is for an image without a digit: zeros or, where the outputs
        # sum to 1, equal parts.
        none = np.full((1, sizes[-1]), 1 / sizes[-1] if self.cost_function.outputs_sum_to_1 else 0)
        self._targets: FloatArray = np.concatenate([np.eye(sizes[-1]), none]).astype(dtype)
        self._make_views()

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Make the views again, because copying and pickling turn them into arrays of their own."""
        self.__dict__.update(state)
        self._make_views()

    def _make_views(self) -> None:
        self.weights, self.biases = self.views(self.parameters)
        self._gradient_views = self.views(self._gradient)
        self._workspaces: dict[int, _Workspace] = {}

    def views(self, vector: FloatArray) -> tuple[list[FloatArray], list[FloatArray]]:
        """Return weight and bias views, (n_out, n_in) and (n_out,), of a vector in the order of `parameters`."""
        shapes = [(n_out, n_in) for n_in, n_out in pairwise(self.sizes)] + [(n_out,) for n_out in self.sizes[1:]]
        ends = np.cumsum([math.prod(shape) for shape in shapes])
        parts = [part.reshape(shape) for part, shape in zip(np.split(vector, ends[:-1]), shapes, strict=True)]
        layers = len(self.sizes) - 1
        return parts[:layers], parts[layers:]

    def initialize(self, rng: np.random.Generator) -> None:
        """Draw the weights from N(0, 1 / n_in) and set the biases to 0.

        With that variance the sums Z start between about −1 and 1, where σ is steep, however many inputs there are.
        Source: LeCun, Bottou, Orr and Müller 1998, Efficient BackProp.
        """
        for weights, biases in zip(self.weights, self.biases, strict=True):
            weights[...] = rng.standard_normal(weights.shape) / math.sqrt(weights.shape[1])
            biases[...] = 0

    def forward(self, inputs: FloatArray) -> FloatArray:
        """Return the outputs A^L; an image's outputs are the same to the bit whatever the other images are.

        Args:
            inputs: dtype (n, 784).

        Returns:
            dtype (n, 10), a new array: one output for each digit.
        """
        return self.activations(inputs)[-1]

    def activations(self, inputs: FloatArray) -> list[FloatArray]:
        """Return the activations A^2 … A^L of all layers; the last are the outputs, as `forward` gives them.

        Args:
            inputs: dtype (n, 784).

        Returns:
            dtype (n, neurons of the layer) each, new arrays.
        """
        # BLAS may round the rows of one product differently, so each image gets a product of its own: (n, 1, 784).
        layers = [np.empty((len(inputs), 1, size), self.parameters.dtype) for size in self.sizes[1:]]
        self._propagate(inputs[:, np.newaxis], layers, product=np.matmul)
        activations = [layer[:, 0] for layer in layers]
        self.cost_function.activate(activations[-1])
        return activations

    def cost(self, inputs: FloatArray, labels: IntArray) -> float:
        """Return the cost C, averaged over the images: C = 1/n Σ C_k; arguments and errors as for `gradient`."""
        check_labels(labels, len(inputs), self.sizes[-1])
        layers = self._empty_layers(len(inputs))
        self._propagate(inputs, layers)
        return self.cost_function.value(layers[-1], self._targets[labels]) / len(inputs)

    def gradient(self, inputs: FloatArray, labels: IntArray) -> FloatArray:
        """Return ∇C, the derivative of the cost with respect to every parameter, averaged over the images.

        Args:
            inputs: dtype (n, 784), n at least 1.
            labels: integers (n,), 0 to 9, or 10 for an image without a digit.

        Returns:
            dtype (16020,), in the order of `parameters`. The next call overwrites it.

        Raises:
            ValueError: the labels aren't integers (n,) from 0 to 10.
        """
        check_labels(labels, len(inputs), self.sizes[-1])
        return self.backpropagate(inputs, labels)

    def backpropagate(self, inputs: FloatArray, labels: IntArray) -> FloatArray:
        """Return `gradient` without its check of the labels, which training does once for all batches."""
        activations, deltas, y, ones, n = self._workspace(len(inputs))
        weight_gradients, bias_gradients = self._gradient_views

        self._propagate(inputs, activations)
        self.cost_function.activate(activations[-1])

        # dC/dZ^L = (A^L − Y) ⊙ σ′(Z^L) for the mean squared error. Dividing by n here turns the sums over the images
        # below into the averages of equations 5 and 6.
        self._targets.take(labels, axis=0, out=y, mode="clip")  # "raise" would copy through a buffer
        self.cost_function.delta(activations[-1], y, out=deltas[-1])
        deltas[-1] /= n

        for layer in reversed(range(len(deltas))):
            below = activations[layer - 1] if layer > 0 else inputs
            # dC/dW^l = (dC/dZ^l)^T (A^(l−1))^T, equation 7; the product also sums over the images, equation 5
            np.dot(deltas[layer].T, below, out=weight_gradients[layer])
            # dC/dB^l = dC/dZ^l, equation 8, summed over the images, equation 6
            np.dot(ones, deltas[layer], out=bias_gradients[layer])
            if layer > 0:
                # dC/dZ^(l−1) = dC/dZ^l W^l ⊙ σ′(Z^(l−1)): one layer further back
                np.dot(deltas[layer], self.weights[layer], out=deltas[layer - 1])
                deltas[layer - 1] *= self.activation.derivative(activations[layer - 1])
        return self._gradient

    def _propagate(
        self, inputs: FloatArray, layers: list[FloatArray], product: Callable[..., FloatArray] = np.dot
    ) -> None:
        """Write A^2 … A^(L−1) and, not yet activated, Z^L to `layers`."""
        below = inputs
        for weights, biases, z in zip(self.weights, self.biases, layers, strict=True):
            product(below, weights.T, out=z)  # Z^l = W^l A^(l−1) + B^l, transposed: one row per image
            z += biases
            if z is not layers[-1]:
                self.activation.activate(z)  # A^l = σ(Z^l)
            below = z

    def _empty_layers(self, n: int) -> list[FloatArray]:
        return [np.empty((n, size), self.parameters.dtype) for size in self.sizes[1:]]

    def _workspace(self, n: int) -> _Workspace:
        if n not in self._workspaces:
            if len(self._workspaces) == 2:  # training needs two: for a batch, and for the shorter last one of an epoch
                self._workspaces.clear()
            self._workspaces[n] = _Workspace(
                activations=self._empty_layers(n),
                deltas=self._empty_layers(n),
                y=np.empty((n, self.sizes[-1]), self.parameters.dtype),
                ones=np.ones(n, self.parameters.dtype),
                n=np.array(n, self.parameters.dtype),
            )
        return self._workspaces[n]
