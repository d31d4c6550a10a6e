from __future__ import annotations

import hashlib
import json
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from conftest import Program, write_class_folders, write_mnist
from mirror import Mirror, whole
from mnistnet.datasets import Dataset, hold_out, load_split, load_training
from mnistnet.datasets import download as download_module
from mnistnet.datasets import sources as sources_module
from mnistnet.datasets.dataset import Progress
from mnistnet.datasets.mnist import FILES, RemoteFile, verify
from mnistnet.datasets.sources import SOURCES, SOURCES_HELP, find_source
from mnistnet.errors import DatasetError

MNIST_NAMES = [file.name for file in FILES]


@pytest.fixture
def folder(tmp_path: Path, digits: Dataset) -> Path:
    return write_mnist(tmp_path / "mnist", digits, digits.take(np.arange(50)))


@pytest.fixture
def pictures(tmp_path: Path, few: Dataset) -> Path:
    return write_class_folders(tmp_path / "pictures", few)


@pytest.fixture
def everything(tmp_path: Path, digits: Dataset, few: Dataset, folder: Path, pictures: Path) -> list[str]:
    """One of each source, in the order of SOURCES; those that are no words have 600 or 20 training images."""
    training, test = digits, digits.take(np.arange(50))
    for subset, dataset in (("train", few), ("test", few)):
        write_class_folders(tmp_path / "split" / subset, dataset)
    arrays = {"x_train": training.images, "y_train": training.labels, "x_test": test.images, "y_test": test.labels}
    np.savez_compressed(tmp_path / "mnist.npz", **arrays)  # type: ignore[arg-type]  # NumPy's third argument is a bool
    rows = np.column_stack([training.labels, training.images.reshape(-1, 784)])
    np.savetxt(tmp_path / "train.csv", rows, "%d", ",")
    files = [tmp_path / name for name in ("split", "mnist.npz", "train.csv")]
    return ["mnist", "strokes", *map(str, [folder, pictures, *files])]


def test_each_source_is_recognized(everything: list[str]) -> None:
    assert [find_source(source) for source in everything] == list(SOURCES)


def test_the_program_trains_and_evaluates_on_each_source_of_files(program: Program, everything: list[str]) -> None:
    images = {"mnist": (50, 50), "pictures": (10, 20), "split": (10, 20), "mnist.npz": (50, 50), "train.csv": (50, 600)}
    for source in everything[2:]:
        validation, test = images[Path(source).name]
        options = ("--epochs", "1", "--batch-size", "10", "--validation", str(validation))
        done = program("train", "--data", source, *options, "-q")
        assert (done.returncode, done.stderr) == (0, "")
        for split, count in (("validation", validation), ("test", test)):
            done = program("evaluate", "--data", source, "--split", split, "--json")
            assert (done.returncode, json.loads(done.stdout)["images"]) == (0, count)
            is_whole = not find_source(source).has_splits and split == "test"
            assert ("the model was trained on these pictures" in done.stderr) == is_whole


@pytest.mark.usefixtures("plain_environment")
@pytest.mark.parametrize("bad", [[], *([name] for name in MNIST_NAMES), MNIST_NAMES], ids=len)
def test_of_mnist_only_missing_and_damaged_files_are_downloaded(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch, bad: list[str]
) -> None:
    """Drawn digits stand in for MNIST."""
    content = {path.name: path.read_bytes() for path in folder.iterdir()}
    files = [RemoteFile(name, len(content[name]), hashlib.sha256(content[name]).hexdigest()) for name in MNIST_NAMES]
    cache = tmp_path / "cache" / "mnistnet"
    folder.rename(tmp_path / "folder")
    cache.mkdir(parents=True)
    for name in content:
        if name not in bad:
            (cache / name).write_bytes(content[name])
        elif len(bad) == 1:
            (cache / name).write_bytes(b"damaged")
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache.parent))
    downloaded: list[str] = []
    with Mirror(content, [whole]) as mirror:
        monkeypatch.setattr(sources_module, "verify", partial(verify, files=files))
        fetch = partial(download_module.download, mirrors=[mirror.url], files=files)
        monkeypatch.setattr(download_module, "download", fetch)
        training = load_training(["mnist"], lambda progress: downloaded.append(progress.name))
        test = load_split("mnist", "test", 0)
        assert [seen.path for seen in mirror.seen] == [f"/mnist/{name}" for name in bad]
    assert (len(training), len(test)) == (600, 50)
    assert set(downloaded) == set(bad)


def test_several_sources_are_one_after_the_other(folder: Path, pictures: Path) -> None:
    (pictures / "3" / "x.txt").touch()
    both = load_training([str(folder), str(pictures)])
    parts = [load_training([str(source)]) for source in (folder, pictures)]
    assert np.array_equal(both.images, np.concatenate([part.images for part in parts]))
    assert np.array_equal(both.labels, np.concatenate([part.labels for part in parts]))
    assert both.notes == parts[1].notes != ()


def test_the_validation_set_is_that_of_the_training_which_must_have_been_on_the_same_data(
    folder: Path, digits: Dataset
) -> None:
    training, validation = hold_out(load_training([str(folder)]), 150)
    assert validation is not None
    loaded = load_split(str(folder), "validation", 150, training.digest())
    assert np.array_equal(loaded.images, validation.images)
    assert np.array_equal(load_split(str(folder), "train", 150).images, training.images)
    for count in (150, 600):  # other images, and no more than the validation set
        with pytest.raises(DatasetError, match="not the data that the model was trained on; use --split test"):
            load_split(str(folder), "validation", count, digits.digest())
    with pytest.raises(DatasetError, match="trained without validation images; use --split test"):
        load_split(str(folder), "validation", 0)


def test_a_folder_of_pictures_is_test_images_as_a_whole_and_has_the_validation_set_of_its_training(
    pictures: Path,
) -> None:
    seen: list[Progress] = []
    assert len(load_split(str(pictures), "test", 0, progress=seen.append)) == 20
    assert seen[-1] == Progress("pictures", 20, 20, unit="picture")
    training, validation = hold_out(load_training([str(pictures)]), 10)
    assert validation is not None
    loaded = load_split(str(pictures), "validation", 10, training.digest())
    assert loaded.paths == validation.paths
    assert load_split(str(pictures), "train", 10).paths == training.paths
    assert load_split(str(pictures), "test", 10, "another digest").notes == ()
    (note,) = load_split(str(pictures), "test", 10, training.digest()).notes
    assert "the model was trained on these pictures" in note


def test_unreadable_pictures_are_listed_when_measuring_and_refused_when_training(pictures: Path) -> None:
    (pictures / "3" / "broken.png").write_bytes(b"not a picture")
    assert len(load_split(str(pictures), "test", 0).unreadable) == 1
    with pytest.raises(DatasetError, match=r"broken\.png: .* \(unreadable pictures: 1\)"):
        load_training([str(pictures)])


@pytest.mark.usefixtures("few_strokes")
def test_strokes_need_no_files_and_their_test_images_are_not_their_training_images() -> None:
    test, training = load_split("strokes", "test", 0), load_training(["strokes"])
    assert (len(training), len(test)) == (600, 200)
    assert not {bytes(image) for image in test.images} & {bytes(image) for image in training.images}


def test_an_unknown_split_is_refused() -> None:
    with pytest.raises(ValueError, match="split is 'tset', expected one of test, validation, train"):
        load_split("strokes", "tset", 0)  # type: ignore[arg-type]


TRANSPOSED = "looks like EMNIST, whose images are transposed: mnistnet would misread them"


@pytest.mark.parametrize(
    ("source", "file", "reason"),
    [
        ("nowhere", "", f"no such file or folder; give {SOURCES_HELP}"),
        ("n" * 300, "", "can't be read (File name too long)"),
        ("own", "own/notes.txt", f"expected {SOURCES_HELP}"),
        ("own/notes.txt", "own/notes.txt", f"expected {SOURCES_HELP}"),
        ("own", "own/emnist-digits-train-images-idx3-ubyte.gz", f"-images-idx3-ubyte.gz; {TRANSPOSED}"),
        ("emnist-digits-train.csv", "emnist-digits-train.csv", f".csv: {TRANSPOSED}"),
        ("own", "own/mnist.npz", "found mnist.npz; give this file"),
        ("own", "own/train.csv", "found train.csv; give this file"),
        ("own/train-labels-idx1-ubyte", "own/train-labels-idx1-ubyte", "give the folder that it is in"),
        ("own", "own/mnist_png.tar.gz", "found mnist_png.tar.gz; unpack it, and give its contents"),
        ("own", "own/IMG_1.JPG", "found IMG_1.JPG; put each picture into a folder named after its digit, 0 to 9"),
        ("own", "own/mnist_png/7/1.png", "found mnist_png; give this folder"),
    ],
)
def test_an_error_about_a_source_says_what_was_found_and_what_to_give(
    tmp_path: Path, source: str, file: str, reason: str
) -> None:
    if file:
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).touch()
    with pytest.raises(DatasetError) as caught:
        load_training([str(tmp_path / source)])
    assert str(caught.value).startswith(f"{tmp_path / source}: ")
    assert str(caught.value).endswith(reason)


def test_no_source_at_all_is_an_error() -> None:
    with pytest.raises(DatasetError, match="^: no such file or folder; give"):
        load_training([""])
