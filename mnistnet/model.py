"""A trained classifier: network, normalization, and how it was trained; its `.npz` file.

The file is an uncompressed `.npz` of plain arrays, never a pickle. It is read as strictly as if an enemy had
written it: nothing in it decides how much memory is taken, and nothing in it runs.
"""

from __future__ import annotations

import errno
import io
import json
import os
import re
import struct
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt

import mnistnet
from mnistnet.errors import MnistnetError, ModelError, one_line
from mnistnet.images import PIXELS, ByteArray, FloatArray, IntArray, check_images
from mnistnet.inputs import Normalization
from mnistnet.network import Network
from mnistnet.settings import Settings
from mnistnet.threads import one_thread

FORMAT = 1
LARGEST_METADATA = 1 << 16  # bytes; a real one has under 1,000
LONGEST_REASON = 200  # characters
BLOCK = 128  # images that go through the network at a time: it bounds the memory
# The head of an array as NumPy writes it. NumPy reads one as a Python literal, and where it is none the parser fails
# in ways that nobody has listed: no other head gets that far.
ARRAY_HEAD = re.compile(
    rb"\x93NUMPY\x01\x00..\{'descr': '([<>|]?\w+)', 'fortran_order': (False|True), 'shape': \(([\d, ]*)\), \} *\n",
    re.DOTALL,
)
PRETRAINED = Path(__file__).with_name("pretrained.npz")  # the model that comes with the package
# What zipfile raises on archives that lie: the last two where an offset is beyond the file, or beyond 64 bits.
ZIP_ERRORS = (zipfile.BadZipFile, EOFError, ValueError, NotImplementedError, RuntimeError, struct.error, OverflowError)
PROGRESS = ("velocity", "latest")  # attributes of a model that only going on with its training needs


@dataclass
class Model:
    """A classifier of 28×28 images, and what is known of its training.

    Attributes:
        network: the trained network, float32.
        normalization: how images become its inputs.
        settings: what its training was told.
        epoch: whole epochs trained.
        best_epoch: the one that the network is of: with patience the best so far, else the last.
        validation_accuracy: of the network on the held-out images, 0 to 1; None where none were held out.
        data_digest: SHA-256 of the training images and labels, in hexadecimal.
        velocity: float32 (parameters,), gradient descent's momentum, for going on; None in a model made only
            to be used.
        latest: float32 (parameters,), where gradient descent is, when that is not the best epoch; else None.
    """

    network: Network
    normalization: Normalization
    settings: Settings
    epoch: int = 0
    best_epoch: int = 0
    validation_accuracy: float | None = None
    data_digest: str = ""
    velocity: FloatArray | None = None
    latest: FloatArray | None = None

    def outputs(self, images: ByteArray) -> FloatArray:
        """The network's ten outputs for each image, the same to the bit whatever images stand beside it.

        Args:
            images: uint8 (n, 28, 28), ink bright.

        Returns:
            float32 (n, 10), 0 to 1.

        Raises:
            ValueError: the images have another shape or dtype.
        """
        check_images(images)
        outputs = np.empty((len(images), self.network.sizes[-1]), np.float32)
        with one_thread():
            for start in range(0, len(images), BLOCK):
                part = slice(start, start + BLOCK)
                outputs[part] = self.network.forward(self.normalization(images[part]))
        return outputs

    def predict(self, images: ByteArray) -> IntArray:
        """The digit with the highest output for each image: uint8 (n, 28, 28) to integers (n,), 0 to 9."""
        digits: IntArray = self.outputs(images).argmax(axis=1)
        return digits

    def cost(self, images: ByteArray, labels: IntArray) -> float:
        """The network's cost C, averaged over the images.

        Args:
            images: uint8 (n, 28, 28), ink bright, at least one.
            labels: integers (n,), 0 to 9.

        Raises:
            ValueError: the images have another shape or dtype, there are none, or not as many labels.
        """
        check_images(images)
        if not 0 < len(images) == len(labels):
            raise ValueError(f"{len(images)} images with {len(labels)} labels, expected as many, and at least one")
        total = 0.0
        with one_thread():
            for start in range(0, len(images), BLOCK):
                part = slice(start, start + BLOCK)
                inputs = self.normalization(images[part])
                total += self.network.cost(inputs, labels[part]) * len(inputs)
        return total / len(images)


def save_model(model: Model, path: str | os.PathLike[str]) -> None:
    """Write a model to an `.npz` file: the file at `path` is the old one or the new one, never a part.

    Raises:
        ModelError: the file can't be written; what was there is untouched.
    """
    arrays = _arrays(model.network, "", model.network.parameters)
    arrays["mean_image"] = model.normalization.mean_image
    arrays["metadata"] = np.frombuffer(json.dumps(_metadata(model)).encode(), np.uint8)
    for name in PROGRESS:
        if (vector := getattr(model, name)) is not None:
            arrays |= _arrays(model.network, f"{name}_", vector)
    content = io.BytesIO()  # not straight to the disk: zipfile adds errors of its own to that of a full one
    np.savez(content, allow_pickle=False, **arrays)
    with _temporary_beside(path) as file:
        file.write(content.getbuffer())
        file.flush()
        os.fsync(file.fileno())
        if os.name == "nt":
            file.close()  # Windows renames no open file; elsewhere it stays locked, lest it be taken for abandoned
        Path(file.name).replace(os.path.realpath(path))  # a link stays a link


def check_writable(path: str | os.PathLike[str]) -> None:
    """Find out before a long training whether a model can be saved at `path`.

    Raises:
        ModelError: it can't.
    """
    with _temporary_beside(path):
        pass


def load_model(path: str | os.PathLike[str]) -> Model:
    """Read a model that `save_model` wrote.

    Raises:
        ModelError: the file is missing, unreadable, damaged, or anything but a model of ours.
    """
    try:
        with Path(path).open("rb") as file:
            return _read_model(file)
    except FileNotFoundError:
        raise ModelError(f"{path}: no such model file; train one with 'mnistnet train'") from None
    except OSError as error:
        raise ModelError(f"{path}: can't be read ({error.strerror}); give another model file") from None
    except _NotAModelError as error:
        reason = one_line(str(error))
        if len(reason) > LONGEST_REASON:  # it quotes the file, which can hold words of any length
            reason = reason[:LONGEST_REASON] + "…"
        raise ModelError(f"{path}: not a mnistnet model ({reason}); train one with 'mnistnet train'") from None


class _NotAModelError(MnistnetError):
    """What is wrong with a model file, in a few words."""


def _arrays(network: Network, prefix: str, vector: FloatArray) -> dict[str, npt.NDArray[Any]]:
    """The parts of a flat vector under the names they have in a file, as views."""
    weights, biases = network.views(vector)
    names = [f"{prefix}{kind}_{layer}" for kind in ("weights", "biases") for layer in range(1, len(weights) + 1)]
    return dict(zip(names, weights + biases, strict=True))


def _metadata(model: Model) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "sizes": model.network.sizes,
        "settings": asdict(model.settings),
        "epoch": model.epoch,
        "best_epoch": model.best_epoch,
        "validation_accuracy": model.validation_accuracy,
        "data_digest": model.data_digest,
        "versions": {"mnistnet": mnistnet.__version__, "numpy": np.__version__},
    }


def _read_model(file: IO[bytes]) -> Model:
    with _open_zip(file) as archive:
        members = {info.filename.removesuffix(".npy"): info for info in archive.infolist()}
        if len(members) != len(archive.infolist()):
            raise _NotAModelError("a member stands in it twice")
        if "metadata" not in members:
            raise _NotAModelError("it has no metadata")
        metadata = _parse_metadata(_read_member(archive, members["metadata"], np.uint8, None))
        settings = _parse_settings(metadata)

        network = Network(settings.sizes, activation=settings.activation, cost=settings.cost)
        mean_image = np.empty(PIXELS, np.float32)
        expected = _arrays(network, "", network.parameters) | {"mean_image": mean_image}
        progress = {name: np.empty_like(network.parameters) for name in PROGRESS if f"{name}_weights_1" in members}
        for name, vector in progress.items():
            expected |= _arrays(network, f"{name}_", vector)
        if members.keys() != expected.keys() | {"metadata"}:
            wrong = sorted(members.keys() ^ (expected.keys() | {"metadata"}))
            raise _NotAModelError(f"missing or unknown in it: {', '.join(map(repr, wrong[:3]))}")
        for name, array in expected.items():
            array[...] = _read_member(archive, members[name], np.float32, array.shape)
    return Model(
        network=network,
        normalization=Normalization(settings.normalize, mean_image),
        settings=settings,
        epoch=metadata["epoch"],
        best_epoch=metadata["best_epoch"],
        validation_accuracy=metadata["validation_accuracy"],
        data_digest=metadata["data_digest"],
        **progress,
    )


def _open_zip(file: IO[bytes]) -> zipfile.ZipFile:
    """Open an archive whose directory is small, so that a directory of millions of entries can't fill memory."""
    length = file.seek(0, os.SEEK_END)
    if length == 0:
        raise _NotAModelError("it is empty")
    file.seek(max(0, length - 42))
    tail = file.read(42)
    # "End of central directory": signature, disks, counts, directory size and offset, comment. A locator before it
    # leads to another one, for huge archives, which would be believed instead.
    locator, end = tail[:-22], tail[-22:]
    if len(end) < 22 or end[:4] != b"PK\x05\x06":
        raise _NotAModelError("it is not an .npz file, or cut short")
    if struct.unpack("<I", end[12:16])[0] > LARGEST_METADATA or locator[:4] == b"PK\x06\x07":
        raise _NotAModelError("its directory is too large")
    try:
        archive = zipfile.ZipFile(file)
    except ZIP_ERRORS as error:
        raise _NotAModelError(f"damaged: {error}") from None
    if len(archive.infolist()) != struct.unpack("<H", end[10:12])[0]:  # a wrong length can swallow the last ones
        raise _NotAModelError("damaged: its directory is not as long as it says")
    return archive


def _read_member(
    archive: zipfile.ZipFile, info: zipfile.ZipInfo, dtype: type[np.generic], shape: tuple[int, ...] | None
) -> npt.NDArray[Any]:
    """One array, of that dtype and shape (None: any length up to LARGEST_METADATA), every number finite."""
    name = info.filename.removesuffix(".npy")
    largest = LARGEST_METADATA if shape is None else int(np.prod(shape)) * np.dtype(dtype).itemsize
    header = 1 << 10  # more than any header of ours
    if info.compress_type != zipfile.ZIP_STORED or info.file_size != info.compress_size:
        raise _NotAModelError(f"{name} is compressed")
    if info.file_size > largest + header:
        raise _NotAModelError(f"{name} has {info.file_size:,} bytes, expected at most {largest + header:,}")
    try:
        content = archive.read(info)  # the whole member: only then is its checksum compared
    except ZIP_ERRORS as error:
        raise _NotAModelError(f"{name} is damaged: {error}") from None
    head = ARRAY_HEAD.match(content)
    if head is None or int.from_bytes(content[8:10], "little") != head.end() - 10:
        raise _NotAModelError(f"{name} is not an array as mnistnet writes it")
    data = memoryview(content)[head.end() :]
    wanted_shape = (len(data),) if shape is None else shape
    wanted = (np.dtype(dtype).str.encode(), b"False", str(wanted_shape)[1:-1].encode())
    if head.groups() != wanted:
        order = ", Fortran order" if head[2] == b"True" else ""
        got = f"{head[1].decode('ascii', 'backslashreplace')} ({head[3].decode()}){order}"
        raise _NotAModelError(f"{name} is {got}, expected {np.dtype(dtype).str} {wanted_shape}")
    if len(data) != int(np.prod(wanted_shape)) * np.dtype(dtype).itemsize:
        raise _NotAModelError(f"{name} has {len(data):,} bytes of numbers, expected {wanted_shape}")
    array = np.frombuffer(data, dtype).reshape(wanted_shape)
    if not np.isfinite(array).all():
        raise _NotAModelError(f"{name} holds a number that is not finite")
    return array


def _parse_metadata(data: ByteArray) -> dict[str, Any]:
    try:
        metadata = json.loads(data.tobytes().decode())
    except (ValueError, RecursionError):
        raise _NotAModelError("its metadata is not JSON") from None
    if not isinstance(metadata, dict) or not isinstance(metadata.get("format"), int):
        raise _NotAModelError("its metadata has no format version")
    if metadata["format"] != FORMAT:
        raise _NotAModelError(f"format {metadata['format']}, this version reads {FORMAT}: update mnistnet")
    epoch, best, accuracy = (metadata.get(name) for name in ("epoch", "best_epoch", "validation_accuracy"))
    for name, proper in (
        ("epoch", type(epoch) is int and epoch >= 0),
        ("best_epoch", type(best) is type(epoch) is int and 0 <= best <= epoch),
        ("validation_accuracy", accuracy is None or (isinstance(accuracy, int | float) and 0 <= accuracy <= 1)),
        ("data_digest", isinstance(metadata.get("data_digest"), str)),
    ):
        if not proper:
            raise _NotAModelError(f"its metadata has no proper {name}")
    return metadata


def _parse_settings(metadata: dict[str, Any]) -> Settings:
    values = metadata.get("settings")
    if not isinstance(values, dict) or values.keys() != {field.name for field in fields(Settings)}:
        raise _NotAModelError("its metadata lacks training settings, or has unknown ones")
    if isinstance(values["hidden"], list):
        values["hidden"] = tuple(values["hidden"])
    try:
        settings = Settings(**values)
    except MnistnetError as error:
        raise _NotAModelError(f"its metadata is wrong: {error}") from None
    if metadata.get("sizes") != list(settings.sizes):
        raise _NotAModelError("its metadata contradicts itself on the sizes")
    return settings


@contextmanager
def _temporary_beside(path: str | os.PathLike[str]) -> Iterator[IO[bytes]]:
    """A new file in the folder of `path`, where a rename is atomic; removed unless it was renamed."""
    target = Path(os.path.realpath(path))
    # A name of its own, so that two programs that save to one file can't mix what they write.
    temporary = target.with_name(f".{target.name}-{os.urandom(4).hex()}.tmp")
    try:
        if target.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        if target.exists() and not target.is_file():
            raise OSError(errno.EINVAL, "not a plain file")  # a rename would replace a device, such as /dev/null
        try:
            with _create_locked(temporary) as file:
                _remove_abandoned(target)
                yield file
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        first = _FIRST_ADVICE.get(error.errno or 0, "")
        raise ModelError(f"{path}: can't be written ({error.strerror}); {first}choose another file") from None


_FIRST_ADVICE = {
    **dict.fromkeys((errno.ENOSPC, errno.EDQUOT, errno.EFBIG), "make room, or "),
    errno.ENOENT: "make its folder, or ",
}


def _create_locked(path: Path) -> IO[bytes]:
    """A new file, locked as long as it is open, so that `_remove_abandoned` can tell it from an abandoned one."""
    while True:
        file = path.open("xb")
        _lock(file, wait=True)
        if path.exists():
            return file
        file.close()  # another program took it for abandoned before it was locked


def _remove_abandoned(target: Path) -> None:
    """Remove what a program that was killed while it saved to `target` has left."""
    names = re.compile(re.escape(f".{target.name}-") + r"[0-9a-f]{8}\.tmp")
    for path in target.parent.iterdir():
        if names.fullmatch(path.name):
            with suppress(OSError), path.open("r+b") as file:
                if _lock(file, wait=False):
                    path.unlink()


def _lock(file: IO[bytes], *, wait: bool) -> bool:
    """Lock a file until it is closed; false when another program has it locked, or where there are no locks."""
    try:
        import fcntl

        fcntl.flock(file, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (ImportError, OSError):  # Windows, some network file systems
        return False
    return True
