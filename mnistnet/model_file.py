"""The model file: an uncompressed `.npz` of plain arrays, readable with `numpy.load`, never a pickle.

| member | |
|---|---|
| `weights_1`, `weights_2`, … | float32 (n_out, n_in), (20, 784) first |
| `biases_1`, `biases_2`, … | float32 (n_out,) |
| `mean_inputs` | float32 (784,), subtracted from every input |
| `history` | float64 (epochs, 2 or 3): cost, learning rate and, with a validation set, validation accuracy |
| `metadata` | JSON in UTF-8, as uint8: format, sizes, settings, epochs, accuracy, SHA-256 of the data, versions |
| `velocity_weights_1`, … | optimizer state, for resuming: the momentum buffer, in the shapes of weights and biases |
| `latest_weights_1`, … | with patience, if the last epoch isn't the best: the parameters after the last epoch |

The file is untrusted: nothing in it is executed, and every size is bounded before it is read. It must hold exactly
these members, stored and not compressed, with their checksums, shapes, dtypes and bounded values.
"""

from __future__ import annotations

import errno
import io
import json
import math
import os
import re
import stat
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
from mnistnet.settings import MAX_COST, MAX_EPOCHS, MAX_LEARNING_RATE, Settings

FORMAT = 3  # raise it when the inputs or the settings change
MAX_METADATA = 1 << 16  # bytes; real metadata have under 1,000
MAX_HEADER = 1 << 10  # bytes of an array's header; real ones have 128
MAX_REASON = 200  # characters of a reason that quotes the file
PARAMETERS = "parameters"
OPTIMIZER_STATE = ("velocity", "latest")  # vectors that only resuming needs
# An array's header as NumPy writes it. NumPy parses it as a Python literal, which can fail in undocumented ways, so no
# other header is accepted.
ARRAY_HEADER = re.compile(
    rb"\x93NUMPY\x01\x00..\{'descr': '([<>|]?\w+)', 'fortran_order': (False|True), 'shape': \(([\d, ]*)\), \} *\n",
    re.DOTALL,
)
# What zipfile raises on damaged archives; the last two if an offset is beyond the file, or beyond 64 bits.
ZIP_ERRORS = (zipfile.BadZipFile, EOFError, ValueError, NotImplementedError, RuntimeError, struct.error, OverflowError)
END_OF_DIRECTORY, LOCATOR_64 = b"PK\x05\x06", b"PK\x06\x07"  # signatures of a zip archive's last records
END_SIZE, LOCATOR_SIZE = 22, 20  # bytes


@dataclass
class Contents:
    """The contents of a model file.

    Attributes:
        settings: the settings of the training.
        vectors: float32 (parameters,) each, in the order of `Network.parameters`: `parameters` and, where the file has
            optimizer state, `velocity` and `latest`.
        mean_inputs: float32 (784,).
        history: float64 (epochs, 2 or 3): cost, learning rate and, with a validation set, validation accuracy.
        facts: `epoch`, `best_epoch`, `validation_accuracy`, `data_digest` and `versions`, as JSON holds them.
    """

    settings: Settings
    vectors: dict[str, FloatArray]
    mean_inputs: FloatArray
    history: npt.NDArray[np.float64]
    facts: dict[str, Any]


class _NotAModelError(MnistnetError):
    """The file isn't a valid model file; the message says why in a few words."""


def write_model_file(path: str | os.PathLike[str], contents: Contents) -> None:
    """Write a model file; `path` always holds the old file or the new one, never a part.

    Raises:
        ModelError: the file can't be written; the old file is untouched.
    """
    network = network_of(contents.settings)
    arrays: dict[str, Any] = {"mean_inputs": contents.mean_inputs, "history": contents.history}
    for name, vector in contents.vectors.items():
        arrays |= _members(network, name, vector)
    metadata = {
        "format": FORMAT,
        "sizes": contents.settings.sizes,
        "settings": asdict(contents.settings),
        **contents.facts,
    }
    arrays["metadata"] = np.frombuffer(json.dumps(metadata).encode(), np.uint8)
    content = io.BytesIO()  # in memory, because zipfile hides the error of a full disk behind its own
    np.savez(content, **arrays)
    try:
        replace_file(path, content.getbuffer())
    except OSError as error:
        raise _unwritable(path, error) from None


def check_writable(path: str | os.PathLike[str]) -> None:
    """Check before a long run that a model can be saved at `path`.

    Raises:
        ModelError: it can't.
    """
    try:
        check_replaceable(path)
    except OSError as error:
        raise _unwritable(path, error) from None


def read_model_file(path: str | os.PathLike[str]) -> Contents:
    """Read a file that `write_model_file` wrote.

    Raises:
        ModelError: the file is missing, unreadable, damaged, or not a mnistnet model.
    """
    try:
        if not stat.S_ISREG(Path(path).stat().st_mode):  # opening a pipe would block
            raise ModelError(f"{path}: not a regular file; give another model file")
        with Path(path).open("rb") as file:
            return _read(file)
    except FileNotFoundError:
        raise ModelError(f"{path}: no such model file; train one with 'mnistnet train'") from None
    except (OSError, ValueError) as error:  # ValueError: a null byte in the path
        reason = getattr(error, "strerror", None) or str(error)
        raise ModelError(f"{one_line(str(path))}: can't be read ({reason}); give another model file") from None
    except _NotAModelError as error:
        reason = one_line(str(error))
        if len(reason) > MAX_REASON:
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
    """Return a network with the architecture of the settings; all its parameters are 0."""
    return Network(settings.sizes, activation=settings.activation, cost=settings.cost)


def _members(network: Network, name: str, vector: FloatArray) -> dict[str, npt.NDArray[Any]]:
    """Return views of a flat vector by the names of the file's members."""
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
            for name in (PARAMETERS, *OPTIMIZER_STATE)
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
            raise _NotAModelError(f"missing or unknown members: {', '.join(map(repr, wrong[:3]))}")
        for name, array in expected.items():
            array[...] = _read_member(archive, members[name], array.dtype.type, array.shape)
    if max(np.abs(contents.mean_inputs).max(), np.abs(vectors[PARAMETERS]).max()) > MAX_PARAMETER:
        raise _NotAModelError(f"it holds a weight, bias or mean beyond ±{MAX_PARAMETER:g}")
    bounds = np.array([MAX_COST, MAX_LEARNING_RATE, 1])[: contents.history.shape[1]]
    if (contents.history < 0).any() or (contents.history > bounds).any():
        raise _NotAModelError("its history holds a value out of range")
    return contents


def _open_zip(file: IO[bytes]) -> zipfile.ZipFile:
    """Open an archive, unless its directory is so large that it could fill the memory."""
    length = file.seek(0, os.SEEK_END)
    if length == 0:
        raise _NotAModelError("it is empty")
    file.seek(max(0, length - LOCATOR_SIZE - END_SIZE))
    tail = file.read(LOCATOR_SIZE + END_SIZE)
    # The "end of central directory" record: signature, disks, counts, directory size and offset, comment. zipfile would
    # prefer a ZIP64 record, which a locator before this one points to.
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
    if len(archive.infolist()) != count:  # a wrong length can hide the last entries
        raise _NotAModelError("damaged: the number of entries in its directory is wrong")
    return archive


def _read_member(
    archive: zipfile.ZipFile, info: zipfile.ZipInfo, dtype: type[np.generic], shape: tuple[int, ...] | None
) -> npt.NDArray[Any]:
    """Read one array of finite numbers, of this dtype and shape; None is any length up to MAX_METADATA."""
    name = info.filename.removesuffix(".npy")
    itemsize = np.dtype(dtype).itemsize
    most = MAX_HEADER + (MAX_METADATA if shape is None else math.prod(shape) * itemsize)
    if info.compress_type != zipfile.ZIP_STORED or info.file_size != info.compress_size:
        raise _NotAModelError(f"{name} is compressed")
    if info.file_size > most:
        raise _NotAModelError(f"{name} has {info.file_size:,} bytes, expected at most {most:,}")
    try:
        content = archive.read(info)  # the whole member, because only then its checksum is compared
    except ZIP_ERRORS as error:
        raise _NotAModelError(f"{name} is damaged: {error}") from None
    header = ARRAY_HEADER.match(content)
    if header is None or int.from_bytes(content[8:10], "little") != header.end() - 10:
        raise _NotAModelError(f"{name} is not an array as mnistnet writes it")
    data = memoryview(content)[header.end() :]
    wanted_shape = (len(data),) if shape is None else shape
    wanted = (np.dtype(dtype).str.encode(), b"False", str(wanted_shape)[1:-1].encode())
    if header.groups() != wanted:
        order = ", Fortran order" if header[2] == b"True" else ""
        got = f"{header[1].decode('ascii', 'backslashreplace')} ({header[3].decode()}){order}"
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
    for name, is_valid in (
        ("epoch", type(epoch) is int and 0 <= epoch <= MAX_EPOCHS),
        ("best_epoch", type(best) is type(epoch) is int and 0 <= best <= epoch),
        ("validation_accuracy", accuracy is None or (isinstance(accuracy, int | float) and 0 <= accuracy <= 1)),
        ("data_digest", isinstance(metadata.get("data_digest"), str)),
    ):
        if not is_valid:
            raise _NotAModelError(f"its metadata has no valid {name}")
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
        raise _NotAModelError("the sizes in its metadata contradict its settings")
    return settings
