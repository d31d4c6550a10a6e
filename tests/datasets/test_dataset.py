from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from mnistnet.datasets import Dataset, hold_out
from mnistnet.datasets.dataset import join
from mnistnet.errors import OptionError


@pytest.mark.parametrize(
    ("images", "labels", "message"),
    [
        (np.zeros((2, 28, 28)), np.zeros(2, np.uint8), "images are float64"),
        (np.zeros((2, 784), np.uint8), np.zeros(2, np.uint8), "expected uint8 .n, 28, 28."),
        (np.zeros((2, 28, 28), np.uint8), np.zeros(3, np.uint8), "labels are uint8 .3,. for 2 images, expected one"),
    ],
)
def test_arrays_that_are_not_images_and_labels_are_refused(images: Any, labels: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Dataset(images, labels)


def test_different_data_sets_have_different_digests(digits: Dataset) -> None:
    other = Dataset(digits.images, digits.labels[::-1])
    assert digits.digest() == Dataset(digits.images.copy(), digits.labels.copy()).digest() != other.digest()


def test_chosen_and_joined_images_keep_their_paths_and_notes(digits: Dataset) -> None:
    named = Dataset(digits.images[:3], digits.labels[:3], ("a", "b", "c"), ("d: broken",), ("no pictures of 7",))
    assert named.take(np.array([2, 0])).paths == ("c", "a")
    assert join([named, named]).paths == ("a", "b", "c", "a", "b", "c")
    both = join([digits, named])
    assert np.array_equal(both.images, np.concatenate([digits.images, named.images]))
    assert np.array_equal(both.labels, np.concatenate([digits.labels, named.labels]))
    assert (both.paths, both.unreadable, both.notes) == ((), named.unreadable, named.notes)


def test_training_and_validation_set_are_disjoint_and_together_the_whole(digits: Dataset) -> None:
    training, validation = hold_out(digits, 150)
    assert validation is not None
    assert (len(training), len(validation)) == (450, 150)
    both = np.concatenate([training.images, validation.images])
    assert sorted(map(bytes, both)) == sorted(map(bytes, digits.images))
    indices = [int((digits.images == image).all(axis=(1, 2)).argmax()) for image in validation.images]
    assert min(indices) < 50  # from all parts of the data, not its end
    assert max(indices) > 550


def test_a_validation_set_of_no_images_leaves_the_whole_and_one_of_all_is_refused(digits: Dataset) -> None:
    assert hold_out(digits, 0) == (digits, None)
    with pytest.raises(OptionError, match="600 validation images can't be held out of 600 .*; lower --validation"):
        hold_out(digits, 600)


def test_without_a_count_5000_are_held_out_but_at_most_a_tenth(digits: Dataset) -> None:
    training, validation = hold_out(digits, None)
    assert validation is not None
    assert (len(training), len(validation)) == (540, 60)
    _, validation = hold_out(Dataset(np.zeros((60_000, 28, 28), np.uint8), np.zeros(60_000, np.uint8)), None)
    assert validation is not None
    assert len(validation) == 5000
    assert hold_out(digits.take(np.arange(9)), None)[1] is None
