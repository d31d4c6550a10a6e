"""The sources of labelled images, and the loading of their training, validation and test images.

To add a source, add an entry to SOURCES: the checks and the help are made from it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from fnmatch import fnmatch
from pathlib import Path
from typing import Literal, NamedTuple, TypeAlias, get_args

from mnistnet.datasets.archives import load_csv, load_npz
from mnistnet.datasets.dataset import Dataset, ProgressCallback, Subset, hold_out, ignore, join
from mnistnet.datasets.folders import find_subset, has_class_folders, load_pictures, load_subset
from mnistnet.datasets.idx import has_idx, load_idx
from mnistnet.datasets.mnist import cache_directory, verify
from mnistnet.datasets.strokes import draw_digits
from mnistnet.errors import DatasetError
from mnistnet.picture_paths import list_folder
from mnistnet.pictures.files import PICTURE_SUFFIXES

Split: TypeAlias = Literal["test", "validation", "train"]
STROKES_COUNT: dict[Subset, int] = {"train": 30_000, "test": 5_000}
STROKES_SEED: dict[Subset, int] = {"train": 0, "test": 1}


class Source(NamedTuple):
    """A type of source.

    Attributes:
        description: the words for it in the help and in messages.
        matches: returns whether a value of --data is of this type.
        load: reads the training or the test images; see `load_split` for the errors.
        has_splits: whether training and test images are separate.
        title: what the HTML page calls the test images; None: the name of the folder or file.
    """

    description: str
    matches: Callable[[str], bool]
    load: Callable[[str, Subset, ProgressCallback], Dataset]
    has_splits: bool = True
    title: str | None = None


def _load_mnist(_source: str, subset: Subset, progress: ProgressCallback) -> Dataset:
    directory = cache_directory()
    if verify(directory):
        from mnistnet.datasets.download import download  # late: requests is slow to import, and rarely needed

        download(directory, retries=1, progress=progress)  # one, because the user waits for another command
    return load_idx(directory, subset)


def _draw_strokes(_source: str, subset: Subset, _progress: ProgressCallback) -> Dataset:
    return Dataset(*draw_digits(STROKES_COUNT[subset], seed=STROKES_SEED[subset]))


def _is_file(source: str, suffix: str) -> bool:
    path = Path(source)
    return path.suffix.lower() == suffix and path.is_file() and not fnmatch(path.name.lower(), EMNIST)


EMNIST = "emnist*"
# Patterns of file names that are nearly sources, and the advice for each.
NEAR_MISSES = (
    (EMNIST, "looks like EMNIST, whose images are transposed: mnistnet would misread them"),
    ("*.npz", "give this file"),
    ("*.csv", "give this file"),
    ("*-images?idx3-ubyte*", "give the folder that it is in"),
    ("*-labels?idx1-ubyte*", "give the folder that it is in"),
    *((f"*{suffix}", "unpack it, and give its contents") for suffix in (".zip", ".tar", ".tgz", ".gz", ".7z", ".rar")),
    *((f"*{suffix}", "put each picture into a folder named after its digit, 0 to 9") for suffix in PICTURE_SUFFIXES),
)
SOURCES = (
    Source(
        "mnist (downloaded when it is missing)",
        lambda source: source == "mnist",
        _load_mnist,
        title="MNIST’s test images",
    ),
    Source(
        "strokes (drawn by a built-in generator)",
        lambda source: source == "strokes",
        _draw_strokes,
        title="digits drawn by mnistnet itself",
    ),
    Source(
        "a folder of MNIST's files",
        lambda source: has_idx(Path(source)),
        lambda source, subset, _: load_idx(Path(source), subset),
    ),
    Source(
        "a folder of pictures in folders 0 to 9",
        lambda source: has_class_folders(Path(source)),
        lambda source, _, progress: load_pictures(Path(source), progress),
        has_splits=False,
    ),
    Source(
        "a folder of two such folders (train and test)",
        lambda source: any(find_subset(Path(source), subset) for subset in get_args(Subset)),
        lambda source, subset, progress: load_subset(Path(source), subset, progress),
    ),
    Source(
        "Keras's mnist.npz",
        lambda source: _is_file(source, ".npz"),
        lambda source, subset, _: load_npz(Path(source), subset),
    ),
    Source(
        "Kaggle's .csv (label,pixel0,…)",
        lambda source: _is_file(source, ".csv"),
        lambda source, _subset, _progress: load_csv(Path(source)),
        has_splits=False,
    ),
)
SOURCES_HELP = ", ".join(source.description for source in SOURCES[:-1]) + f" or {SOURCES[-1].description}"


def find_source(source: str) -> Source:
    """Return the type of a source, given as in --data.

    Raises:
        DatasetError: it is none of them, or a folder that can't be read.
    """
    path = Path(source)
    try:
        for each in SOURCES if source else ():
            if each.matches(source):
                return each
        reason = _explain(path) if source and path.exists() else f"no such file or folder; give {SOURCES_HELP}"
    except OSError as error:
        reason = f"can't be read ({error.strerror})"
    raise DatasetError(f"{source}: {reason}")


def _explain(path: Path) -> str:
    """Return why a file or a folder isn't a source, from the names in it."""
    entries = list_folder(path) if path.is_dir() else [path]
    for entry in entries:
        if entry.is_dir() and any(each.matches(str(entry.resolve())) for each in SOURCES):
            return f"found {entry.name}; give this folder"
    for pattern, advice in NEAR_MISSES:
        for entry in entries:
            if fnmatch(entry.name.lower(), pattern):
                return advice if entry == path else f"found {entry.name}; {advice}"
    return f"expected {SOURCES_HELP}"


def load_training(sources: Sequence[str], progress: ProgressCallback = ignore) -> Dataset:
    """Load all training images of one or more sources, one source after the other.

    Args:
        sources: each is given as in --data.
        progress: called while it loads.

    Raises:
        DatasetError: a source is missing, damaged or of an unknown type, or a picture in it can't be read.
        DownloadError: MNIST is missing and could not be downloaded.
    """
    parts = [find_source(source).load(source, "train", progress) for source in sources]
    for part in parts:
        if part.unreadable:
            raise DatasetError(f"{part.unreadable[0]} (unreadable pictures: {len(part.unreadable)})")
    return join(parts)


def load_split(
    source: str,
    split: Split,
    validation: int | None = None,
    trained_on: str = "",
    progress: ProgressCallback = ignore,
) -> Dataset:
    """Load the images of a source to evaluate on.

    Args:
        source: see `load_training`.
        split: `test`; `validation`, the training images that `hold_out` takes out; or `train`, the other training
            images. Without separate test images, `test` is the whole source.
        validation: the number of validation images, see `hold_out`.
        trained_on: the `Dataset.digest` of the model's training images; empty: nothing is checked. For `test`, a note
            says if the source holds these images; for the other splits, it must.
        progress: called while it loads.

    Raises:
        DatasetError: see `load_training`, but unreadable pictures are listed in the Dataset; or the model was trained
            on other images.
        DownloadError: MNIST is missing and could not be downloaded.
        ValueError: the split is unknown.
    """
    if split not in get_args(Split):
        raise ValueError(f"split is {split!r}, expected one of {', '.join(get_args(Split))}")
    if split == "test":
        origin = find_source(source)
        dataset = origin.load(source, "test", progress)
        if trained_on and not origin.has_splits and (validation or 0) < len(dataset):
            training, _ = hold_out(dataset, validation)
            if training.digest() == trained_on:
                note = f"{source}: the model was trained on these pictures; its accuracy on others is lower"
                dataset = replace(dataset, notes=(*dataset.notes, note))
        return dataset
    other = DatasetError(f"{source}: not the data that the model was trained on; use --split test")
    training = load_training([source], progress)
    if validation is not None and validation >= len(training):
        raise other
    rest, validation_set = hold_out(training, validation)
    if trained_on not in ("", rest.digest()):
        raise other
    if split == "train":
        return rest
    if validation_set is None:
        raise DatasetError(f"{source}: the model was trained without validation images; use --split test")
    return validation_set
