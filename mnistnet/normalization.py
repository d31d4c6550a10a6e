"""28×28 bytes to the 784 inputs, the same at training and at prediction."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from mnistnet.network import FloatArray


class Normalization:
    """The way from images to inputs; a model keeps the one it was trained with.

    Attributes:
        name: `none` hands on the pixels, divided by 255.
        mean_image: float32 (784,), subtracted from every image; zeros with `none`.
    """

    def __init__(self, name: str, mean_image: FloatArray) -> None:
        self.name = name
        self.mean_image = mean_image

    @classmethod
    def fit(cls, name: str, images: npt.NDArray[np.uint8]) -> Normalization:
        """The normalization of that name for these training images, uint8 (n, 28, 28)."""
        return cls(name, np.zeros(images[0].size, np.float32))

    def __call__(self, images: npt.NDArray[np.uint8]) -> FloatArray:
        """Turn uint8 (n, 28, 28), ink bright, into inputs, float32 (n, 784)."""
        return np.divide(images.reshape(len(images), -1), 255, dtype=np.float32)
