"""The model file: an uncompressed `.npz` of plain arrays, readable with `numpy.load`, never a pickle.

| member | |
|---|---|
| `weights_1`, `weights_2`, … | float32 (n_out, n_in), (20, 784) first |
| `biases_1`, `biases_2`, … | float32 (n_out,) |
| `mean_inputs` | float32 (784,), subtracted from every input |
| `history` | float64 (epochs, 2 or 3): cost, learning rate and, where images were held out, their accuracy |
| `metadata` | JSON in UTF-8, as uint8: format, sizes, settings, epochs, accuracy, SHA-256 of the data, versions |
| `velocity_weights_1`, … | for going on: gradient descent's momentum, in the shapes of weights and biases |
| `latest_weights_1`, … | with patience: where gradient descent is, when the best epoch was an earlier one |

The file is read as strictly as if an enemy had written it: nothing in it decides how much memory is taken, and nothing
in it runs. It must hold exactly these members, stored and not compressed, with their checksums, shapes, dtypes and
finite values; every size is bounded before it is read.
"""

from __future__ import annotations

import errno
import io
import json
import math
import os
import re
import struct
import zipfile
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from mnistnet.errors import MnistnetError, ModelError, one_line
from mnistnet.images import PIXELS, FloatArray
from mnistnet.network import MAX_PARAMETER, Network
from mnistnet.saving import check_replaceable, replace_file
from mnistnet.settings import MAX_EPOCHS, Settings

FORMAT = 3  # it changes whenever the inputs do: old weights would look at new inputs
MAX_METADATA = 1 << 16  # bytes; a real one has under 1,000
MAX_HEADER = 1 << 10  # bytes of an array's head; ours have 128
MAX_REASON = 200  # characters
PARAMETERS = "parameters"
PROGRESS = ("velocity", "latest")  # vectors that only going on with the training needs
# The head of an array as NumPy writes it. NumPy reads one as a Python literal, and where it is none the parser fails
# in ways that nobody has listed: no other head gets that far.
ARRAY_HEAD = re.compile(
    rb"\x93NUMPY\x01\x00..\{'descr': '([<>|]?\w+)', 'fortran_order': (False|True), 'shape': \(([\d, ]*)\), \} *\n",
    re.DOTALL,
)
# What zipfile raises on archives that lie: the last two where an offset is beyond the file, or beyond 64 bits.
ZIP_ERRORS = (zipfile.BadZipFile, EOFError, ValueError, NotImplementedError, RuntimeError, struct.error, OverflowError)
END_OF_DIRECTORY, LOCATOR_64 = b"PK\x05\x06", b"PK\x06\x07"  # signatures of a zip archive's last records
END_SIZE, LOCATOR_SIZE = 22, 20  # bytes


@dataclass
class Contents:
    """What a model file holds.

    Attributes:
        settings: of the training.
        vectors: flat, float32 (parameters,), in the order of `Network.parameters`: `parameters` themselves, and for
            going on `velocity` and `latest`, where there are any.
        mean_inputs: float32 (784,).
        history: float64 (epochs, 2 or 3): cost, learning rate and, where images were held out, their accuracy.
        facts: `epoch`, `best_epoch`, `validation_accuracy`, `data_digest` and `versions`, as JSON holds them.
    """

    settings: Settings
    vectors: dict[str, FloatArray]
    mean_inputs: FloatArray
    history: npt.NDArray[np.float64]
    facts: dict[str, Any]


class _NotAModelError(MnistnetError):
    """What is wrong with a model file, in a few words."""


def write_model_file(path: str | os.PathLike[str], contents: Contents) -> None:
    """Write a model file whole: the file at `path` is the old one or the new one, never a part.

    Raises:
        ModelError: the file can't be written; what was there is untouched.
    """
    network = network_of(contents.settings)
    arrays = {"mean_inputs": contents.mean_inputs, "history": contents.history}
    for name, vector in contents.vectors.items():
        arrays |= _members(network, name, vector)
    metadata = {
        "format": FORMAT,
        "sizes": contents.settings.sizes,
        "settings": asdict(contents.settings),
        **contents.facts,
    }
    arrays["metadata"] = np.frombuffer(json.dumps(metadata).encode(), np.uint8)
    content = io.BytesIO()  # not straight to the disk: zipfile adds errors of its own to that of a full one
    np.savez(content, allow_pickle=False, **arrays)
    try:
        replace_file(path, content.getbuffer())
    except OSError as error:
        raise _unwritable(path, error) from None


def check_writable(path: str | os.PathLike[str]) -> None:
    """Find out before a long training whether a model can be saved at `path`.

    Raises:
        ModelError: it can't.
    """
    try:
        check_replaceable(path)
    except OSError as error:
        raise _unwritable(path, error) from None


def read_model_file(path: str | os.PathLike[str]) -> Contents:
    """Read what `write_model_file` wrote.

    Raises:
        ModelError: the file is missing, unreadable, damaged, or anything but a model of ours.
    """
    try:
        with Path(path).open("rb") as file:
            return _read(file)
    except FileNotFoundError:
        raise ModelError(f"{path}: no such model file; train one with 'mnistnet train'") from None
    except OSError as error:
        raise ModelError(f"{path}: can't be read ({error.strerror}); give another model file") from None
    except _NotAModelError as error:
        reason = one_line(str(error))
        if len(reason) > MAX_REASON:  # it quotes the file, which can hold words of any length
            reason = reason[:MAX_REASON] + "…"
        raise ModelError(f"{path}: not a mnistnet model ({reason}); train one with 'mnistnet train'") from None


def _unwritable(path: str | os.PathLike[str], error: OSError) -> ModelError:
    first = _FIRST_ADVICE.get(error.errno or 0, "")
    return ModelError(f"{path}: can't be written ({error.strerror}); {first}choose another file")


_FIRST_ADVICE = {
    **dict.fromkeys((errno.ENOSPC, errno.EDQUOT, errno.EFBIG), "make room, or "),
    errno.ENOENT: "make its folder, or ",
}


def network_of(settings: Settings) -> Network:
    """Return the network that settings describe, with all its numbers 0."""
    return Network(settings.sizes, activation=settings.activation, cost=settings.cost)


def _members(network: Network, name: str, vector: FloatArray) -> dict[str, npt.NDArray[Any]]:
    """The parts of a flat vector under the names they have in a file, as views."""
    prefix = "" if name == PARAMETERS else f"{name}_"
    weights, biases = network.views(vector)
    names = [f"{prefix}{kind}_{layer}" for kind in ("weights", "biases") for layer in range(1, len(weights) + 1)]
    return dict(zip(names, weights + biases, strict=True))


def _read(file: IO[bytes]) -> Contents:
    with _open_zip(file) as archive:
        members = {info.filename.removesuffix(".npy"): info for info in archive.infolist()}
        if len(members) != len(archive.infolist()):
            raise _NotAModelError("it holds two members of one name")
        if "metadata" not in members:
            raise _NotAModelError("it has no metadata")
        metadata = _parse_metadata(_read_member(archive, members["metadata"], np.uint8, None))
        settings = _parse_settings(metadata)

        network = network_of(settings)
        vectors = {
            name: np.empty_like(network.parameters)
            for name in (PARAMETERS, *PROGRESS)
            if name == PARAMETERS or f"{name}_weights_1" in members
        }
        contents = Contents(
            settings,
            vectors,
            mean_inputs=np.empty(PIXELS, np.float32),
            history=np.empty((metadata["epoch"], 2 if metadata["validation_accuracy"] is None else 3)),
            facts=metadata,
        )
        expected = {"mean_inputs": contents.mean_inputs, "history": contents.history}
        for name, vector in vectors.items():
            expected |= _members(network, name, vector)
        if members.keys() != expected.keys() | {"metadata"}:
            wrong = sorted(members.keys() ^ (expected.keys() | {"metadata"}))
            raise _NotAModelError(f"missing or unknown in it: {', '.join(map(repr, wrong[:3]))}")
        for name, array in expected.items():
            array[...] = _read_member(archive, members[name], array.dtype.type, array.shape)
    if max(np.abs(contents.mean_inputs).max(), np.abs(vectors[PARAMETERS]).max()) > MAX_PARAMETER:
        raise _NotAModelError(f"it holds a weight, bias or mean beyond ±{MAX_PARAMETER:g}")
    return contents


def _open_zip(file: IO[bytes]) -> zipfile.ZipFile:
    """Open an archive whose directory is small, so that a directory of millions of entries can't fill memory."""
    length = file.seek(0, os.SEEK_END)
    if length == 0:
        raise _NotAModelError("it is empty")
    file.seek(max(0, length - LOCATOR_SIZE - END_SIZE))
    tail = file.read(LOCATOR_SIZE + END_SIZE)
    # "End of central directory": signature, disks, counts, directory size and offset, comment. A locator before it
    # leads to another one, for huge archives, which would be believed instead.
    locator, end = tail[:-END_SIZE], tail[-END_SIZE:]
    if len(end) < END_SIZE or not end.startswith(END_OF_DIRECTORY):
        raise _NotAModelError("it is not an .npz file, or cut short")
    (count,) = struct.unpack("<H", end[10:12])
    (directory_size,) = struct.unpack("<I", end[12:16])
    if directory_size > MAX_METADATA or locator.startswith(LOCATOR_64):
        raise _NotAModelError("its directory is too large")
    try:
        archive = zipfile.ZipFile(file)
    except ZIP_ERRORS as error:
        raise _NotAModelError(f"damaged: {error}") from None
    if len(archive.infolist()) != count:  # a wrong length can swallow the last ones
        raise _NotAModelError("damaged: its directory is not as long as it says")
    return archive


def _read_member(
    archive: zipfile.ZipFile, info: zipfile.ZipInfo, dtype: type[np.generic], shape: tuple[int, ...] | None
) -> npt.NDArray[Any]:
    """Read one array, of that dtype and shape (None: any length up to MAX_METADATA), every number finite."""
    name = info.filename.removesuffix(".npy")
    itemsize = np.dtype(dtype).itemsize
    most = MAX_HEADER + (MAX_METADATA if shape is None else math.prod(shape) * itemsize)
    if info.compress_type != zipfile.ZIP_STORED or info.file_size != info.compress_size:
        raise _NotAModelError(f"{name} is compressed")
    if info.file_size > most:
        raise _NotAModelError(f"{name} has {info.file_size:,} bytes, expected at most {most:,}")
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
    if len(data) != math.prod(wanted_shape) * itemsize:
        raise _NotAModelError(f"{name} has {len(data):,} bytes of numbers, expected {wanted_shape}")
    array = np.frombuffer(data, dtype).reshape(wanted_shape)
    if not np.isfinite(array).all():
        raise _NotAModelError(f"{name} holds a number that is not finite")
    return array


def _parse_metadata(data: npt.NDArray[np.uint8]) -> dict[str, Any]:
    try:
        metadata = json.loads(data.tobytes().decode())
    except (ValueError, RecursionError):
        raise _NotAModelError("its metadata is not JSON") from None
    if not isinstance(metadata, dict) or not isinstance(metadata.get("format"), int):
        raise _NotAModelError("its metadata has no format version")
    if metadata["format"] < FORMAT:
        raise _NotAModelError(f"format {metadata['format']}, of an older mnistnet; this one reads {FORMAT}")
    if metadata["format"] > FORMAT:
        raise _NotAModelError(f"format {metadata['format']}, this version reads {FORMAT}: update mnistnet")
    epoch, best, accuracy = (metadata.get(name) for name in ("epoch", "best_epoch", "validation_accuracy"))
    for name, proper in (
        ("epoch", type(epoch) is int and 0 <= epoch <= MAX_EPOCHS),
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
