"""Where labelled images come from: the table of sources, and the parts of a source to train and to measure on.

To add a source is to add one to SOURCES: the checks and the help are made from it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias, get_args

from mnistnet.errors import DatasetError

if TYPE_CHECKING:
    from pathlib import Path

    from mnistnet.datasets.dataset import Dataset
    from mnistnet.datasets.download import Progress

Split: TypeAlias = Literal["test", "validation", "train"]
Half: TypeAlias = Literal["test", "train"]  # what MNIST itself is divided into

STROKES_COUNT: dict[Half, int] = {"train": 30_000, "test": 5_000}
STROKES_SEED: dict[Half, int] = {"train": 0, "test": 1}


class Watchers(NamedTuple):
    """Who is told how far the slow parts of loading are; None: nobody.

    Attributes:
        picture: called with the number of pictures read so far and that of all.
        download: called with what is fetched, see `download`.
    """

    picture: Callable[[int, int], None] | None = None
    download: Callable[[Progress], None] | None = None


class Source(NamedTuple):
    """A kind of source.

    Attributes:
        name: what the user writes, or a word for the kind of folder.
        description: the same, and what it is, for the help and for messages.
        is_meant: tells whether a SOURCE as the user wrote it is of this kind.
        load: reads the training or the test images of one; see `load_split` for what goes wrong.
        has_splits: whether it tells training images from test images.
        title: what its test images are called on the page; None: a folder has a name of its own.
    """

    name: str
    description: str
    is_meant: Callable[[str], bool]
    load: Callable[[str, Half, Watchers], Dataset]
    has_splits: bool = True
    title: str | None = None


# What loads a source is imported by whoever loads one: the help needs no paths and no NumPy, and files need no pen.


def _folder(source: str) -> Path:
    from pathlib import Path

    return Path(source)


def _load_mnist(_source: str, half: Half, watchers: Watchers) -> Dataset:
    from mnistnet.datasets.idx import load_idx
    from mnistnet.datasets.mnist import cache_directory, verify

    directory = cache_directory()
    if any(local.problem for local in verify(directory)):
        from mnistnet.datasets.download import download

        download(directory, retries=1, progress=watchers.download)  # who waits for something else is told sooner
    return load_idx(directory, half)


def _draw_strokes(_source: str, half: Half, _watchers: Watchers) -> Dataset:
    from mnistnet.datasets.dataset import Dataset
    from mnistnet.datasets.strokes import draw_digits

    return Dataset(*draw_digits(STROKES_COUNT[half], seed=STROKES_SEED[half]))


def _holds_idx(source: str) -> bool:
    from mnistnet.datasets.idx import has_idx

    return has_idx(_folder(source))


def _load_idx(source: str, half: Half, _watchers: Watchers) -> Dataset:
    from mnistnet.datasets.idx import load_idx

    return load_idx(_folder(source), half)


def _holds_class_folders(source: str) -> bool:
    from mnistnet.datasets.folders import has_class_folders

    return has_class_folders(_folder(source))


def _load_class_folders(source: str, _half: Half, watchers: Watchers) -> Dataset:
    from mnistnet.datasets.folders import load_pictures

    return load_pictures(_folder(source), watchers.picture)


SOURCES = (
    Source(
        "mnist",
        "mnist (downloaded when it is missing)",
        lambda source: source == "mnist",
        _load_mnist,
        title="MNIST’s test images",
    ),
    Source(
        "strokes",
        "strokes (drawn by a built-in generator)",
        lambda source: source == "strokes",
        _draw_strokes,
        title="digits drawn by mnistnet itself",
    ),
    Source("IDX files", "a folder of MNIST's files", _holds_idx, _load_idx),
    Source(
        "pictures",
        "a folder of pictures in folders 0 to 9",
        _holds_class_folders,
        _load_class_folders,
        has_splits=False,
    ),
)
SOURCES_HELP = ", ".join(source.description for source in SOURCES[:-1]) + f" or {SOURCES[-1].description}"


def find_source(source: str) -> Source:
    """Return what kind of source the user has written.

    Raises:
        DatasetError: it is none of them, or a folder that can't be looked into.
    """
    try:
        for each in SOURCES if source else ():
            if each.is_meant(source):
                return each
        if source and _folder(source).is_dir():
            reason = "neither MNIST's files (such as train-images-idx3-ubyte.gz) nor folders of pictures named 0 to 9"
        else:
            reason = "not a folder" if source and _folder(source).exists() else "no such folder"
    except OSError as error:
        reason = f"can't be looked into ({error.strerror})"
    raise DatasetError(f"{source}: {reason}; give {SOURCES_HELP}")


def load_training(sources: Sequence[str], watchers: Watchers | None = None) -> Dataset:
    """Load all training images of one or more sources, one source after the other.

    Args:
        sources: each is `mnist`, `strokes`, a folder of IDX files, or a folder of folders of pictures, see SOURCES.
        watchers: who is told how far it is.

    Raises:
        DatasetError: a source is missing, damaged or something else, or a picture in it can't be read.
        DownloadError: MNIST is missing and can't be fetched.
    """
    from mnistnet.datasets.dataset import join

    parts = [find_source(source).load(source, "train", watchers or Watchers()) for source in sources]
    for part in parts:
        if part.unreadable:
            raise DatasetError(f"{part.unreadable[0]} (unreadable pictures: {len(part.unreadable)})")
    return join(parts)


def load_split(
    source: str, split: Split, validation: int | None = None, trained_on: str = "", watchers: Watchers | None = None
) -> Dataset:
    """Load the part of a source to measure on.

    Args:
        source: see `load_training`. A folder of pictures has no parts; it is `test` as a whole.
        split: `test`; or of the training images the ones that `hold_out` keeps apart, or the rest.
        validation: how many `hold_out` keeps apart, see there.
        trained_on: for `validation`, the digest of what the model to be measured learned from. Others were held
            out of other data, and it may have learned from these.
        watchers: who is told how far it is.

    Raises:
        DatasetError: see `load_training`; but pictures that can't be read are listed in the Dataset.
        DownloadError: MNIST is missing and can't be fetched.
        ValueError: another split.
    """
    from mnistnet.datasets.dataset import hold_out

    if split not in get_args(Split):
        raise ValueError(f"split is {split!r}, expected one of {', '.join(get_args(Split))}")
    kind = find_source(source)
    if split == "test":
        return kind.load(source, "test", watchers or Watchers())
    if not kind.has_splits:
        raise DatasetError(f"{source}: a folder of pictures has no {split} images, it is taken whole; use --split test")
    rest, held_out = hold_out(load_training([source], watchers), validation)
    chosen = rest if split == "train" else held_out
    if split == "validation" and trained_on not in ("", rest.digest()):
        raise DatasetError(f"{source}: not the data that the model was trained on; use --split test")
    if chosen is None:
        raise DatasetError(f"{source}: no validation images were held out of the model's training; use --split test")
    return chosen
