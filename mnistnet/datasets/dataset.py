"""Labelled images, and their division into some to learn from and some to measure on."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mnistnet.errors import OptionError
from mnistnet.images import NO_DIGIT, ByteArray, IntArray, check_images

HELD_OUT = 5000  # enough that their accuracy is known to a fifth of a point


@dataclass(frozen=True)
class Dataset:
    """Images and what they show.

    Attributes:
        images: uint8 (n, 28, 28), ink bright.
        labels: uint8 (n,), 0 to 9, or NO_DIGIT.
        paths: the picture file of each image; empty where images do not come from pictures.
        unreadable: for each picture that could not be read, one line that says why.
        notes: what else the user should know of the source, in one line each.
    """

    images: ByteArray
    labels: ByteArray
    paths: tuple[str, ...] = ()
    unreadable: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Check what every function after this relies on; raises ValueError."""
        check_images(self.images)
        if self.labels.dtype != np.uint8 or self.labels.shape != (len(self.images),):
            raise ValueError(
                f"labels are {self.labels.dtype} {self.labels.shape}, expected uint8 ({len(self.images)},)"
            )
        if self.labels.max(initial=0) > NO_DIGIT:
            raise ValueError(f"a label is {self.labels.max()}, expected 0 to 9, or {NO_DIGIT} for no digit")
        if len(self.paths) not in (0, len(self.images)):
            raise ValueError(f"{len(self.paths)} paths of {len(self.images)} images, expected as many or none")

    def __len__(self) -> int:
        return len(self.images)

    def digest(self) -> str:
        """Return the SHA-256 of all images and labels, in hexadecimal."""
        digest = hashlib.sha256(np.ascontiguousarray(self.images).data)
        digest.update(np.ascontiguousarray(self.labels).data)
        return digest.hexdigest()

    def take(self, indices: IntArray) -> Dataset:
        """Return the images, labels and paths at these indices."""
        paths = tuple(self.paths[index] for index in indices) if self.paths else ()
        return Dataset(self.images[indices], self.labels[indices], paths)


def join(parts: Sequence[Dataset]) -> Dataset:
    """Return the images of one or more data sets, one set after the other, with what is to be said of each."""
    if len(parts) == 1:
        return parts[0]
    return Dataset(
        np.concatenate([part.images for part in parts]),
        np.concatenate([part.labels for part in parts]),
        tuple(path for part in parts for path in part.paths) if all(part.paths for part in parts) else (),
        tuple(line for part in parts for line in part.unreadable),
        tuple(line for part in parts for line in part.notes),
    )


def hold_out(training: Dataset, count: int | None) -> tuple[Dataset, Dataset | None]:
    """Keep `count` training images apart; without a count HELD_OUT, but at most a tenth of them.

    Chance chooses them (a folder of pictures is sorted by digit), but always the same ones, so that figures
    measured on them compare and no model is measured on images it learned from.

    Returns:
        The rest, and the images that were held out; None when there are none.

    Raises:
        OptionError: `count` leaves nothing to train on.
    """
    if count is None:
        count = min(HELD_OUT, len(training) // 10)
    if count >= len(training):
        raise OptionError(
            f"{count} validation images can't be held out of {len(training)} training images; "
            "lower --validation (0 holds out none)"
        )
    if count == 0:
        return training, None
    order = np.random.default_rng(0).permutation(len(training))
    return training.take(np.sort(order[count:])), training.take(np.sort(order[:count]))
