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

The format is stable from mnistnet 1.0 on: every later 1.x reads format 3.

The file is untrusted: nothing in it is executed, and every size is bounded before it is read. It must hold exactly
these members, stored and not compressed, with their checksums, shapes, dtypes and bounded values.
"""

from __future__ import annotations

import io
import json
import math
import os
import stat
import zipfile
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from mnistnet.errors import MnistnetError, ModelError, one_line
from mnistnet.images import PIXELS, FloatArray
from mnistnet.network import MAX_PARAMETER, Network
from mnistnet.npz import NpzError, open_npz, read_array
from mnistnet.saving import replace_file
from mnistnet.settings import MAX_COST, MAX_EPOCHS, MAX_LEARNING_RATE, Settings

FORMAT = 3  # raise it when the inputs or the settings change, and go on reading 3
MAX_METADATA = 1 << 16  # bytes; real metadata have under 1,000
MAX_REASON = 200  # characters of a reason that quotes the file
PARAMETERS = "parameters"
OPTIMIZER_STATE = ("velocity", "latest")  # vectors that only resuming needs


@dataclass
class Contents:
    """The contents of a model file.

    Attributes:
        settings: the settings of the training run.
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


def write_model_file(path: str | os.PathLike[str], contents: Contents) -> None:
    """Write a model file; `path` always holds the old file or the new one, never a part.

    Raises:
        MnistnetError: the file can't be written; the old file is untouched.
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
    replace_file(path, content.getbuffer())


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
    except NpzError as error:
        reason = one_line(str(error))
        if len(reason) > MAX_REASON:
            reason = reason[:MAX_REASON] + "…"
        raise ModelError(f"{path}: not a mnistnet model ({reason}); train one with 'mnistnet train'") from None


def network_of(settings: Settings) -> Network:
    """Return a network with the architecture of the settings; all its parameters are 0."""
    return Network(settings.sizes, activation=settings.activation, cost=settings.cost)


def _members(network: Network, name: str, vector: FloatArray) -> dict[str, npt.NDArray[Any]]:
    """Return views of a flat vector by the names of the file's members."""
    prefix = "" if name == PARAMETERS else f"{name}_"
    weights, biases = network.views(vector)
    names = [f"{prefix}{kind}_{layer}" for kind in ("weights", "biases") for layer in range(1, len(weights) + 1)]
    return dict(zip(names, weights + biases, strict=True))


def _read(file: BinaryIO) -> Contents:
    with open_npz(file) as archive:
        members = {info.filename.removesuffix(".npy"): info for info in archive.infolist()}
        if len(members) != len(archive.infolist()):
            raise NpzError("it holds two members of one name")
        if "metadata" not in members:
            raise NpzError("it has no metadata")
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
            raise NpzError(f"missing or unknown members: {', '.join(map(repr, wrong[:3]))}")
        for name, array in expected.items():
            array[...] = _read_member(archive, members[name], array.dtype, array.shape)
    if max(np.abs(contents.mean_inputs).max(), np.abs(vectors[PARAMETERS]).max()) > MAX_PARAMETER:
        raise NpzError(f"it holds a weight, bias or mean beyond ±{MAX_PARAMETER:g}")
    bounds = np.array([MAX_COST, MAX_LEARNING_RATE, 1])[: contents.history.shape[1]]
    if (contents.history < 0).any() or (contents.history > bounds).any():
        raise NpzError("its history holds a value out of range")
    return contents


def _read_member(
    archive: zipfile.ZipFile, info: zipfile.ZipInfo, dtype: npt.DTypeLike, shape: tuple[int, ...] | None
) -> npt.NDArray[Any]:
    """Read one array of finite numbers, of this dtype and shape; None is any length up to MAX_METADATA."""
    name, dtype = info.filename.removesuffix(".npy"), np.dtype(dtype)
    if info.compress_type != zipfile.ZIP_STORED or info.file_size != info.compress_size:
        raise NpzError(f"{name} is compressed")
    array = read_array(archive, info, MAX_METADATA if shape is None else math.prod(shape) * dtype.itemsize)
    wanted = (array.size,) if shape is None else shape
    if (array.dtype, array.shape) != (dtype, wanted):
        raise NpzError(f"{name} is {array.dtype.str} {array.shape}, expected {dtype.str} {wanted}")
    if not np.isfinite(array).all():
        raise NpzError(f"{name} holds a number that is not finite")
    return array


def _parse_metadata(data: npt.NDArray[np.uint8]) -> dict[str, Any]:
    try:
        metadata = json.loads(data.tobytes().decode())
    except (ValueError, RecursionError):
        raise NpzError("its metadata is not JSON") from None
    if not isinstance(metadata, dict) or not isinstance(metadata.get("format"), int):
        raise NpzError("its metadata has no format version")
    if metadata["format"] < FORMAT:
        raise NpzError(f"format {metadata['format']}, of an older mnistnet; this one reads {FORMAT}")
    if metadata["format"] > FORMAT:
        raise NpzError(f"format {metadata['format']}, this version reads {FORMAT}: update mnistnet")
    epoch, best, accuracy = (metadata.get(name) for name in ("epoch", "best_epoch", "validation_accuracy"))
    for name, is_valid in (
        ("epoch", type(epoch) is int and 0 <= epoch <= MAX_EPOCHS),
        ("best_epoch", type(best) is type(epoch) is int and 0 <= best <= epoch),
        ("validation_accuracy", accuracy is None or (isinstance(accuracy, int | float) and 0 <= accuracy <= 1)),
        ("data_digest", isinstance(metadata.get("data_digest"), str)),
    ):
        if not is_valid:
            raise NpzError(f"its metadata has no valid {name}")
    return metadata


def _parse_settings(metadata: dict[str, Any]) -> Settings:
    values = metadata.get("settings")
    if not isinstance(values, dict) or values.keys() != {field.name for field in fields(Settings)}:
        raise NpzError("its metadata lacks training settings, or has unknown ones")
    if isinstance(values["hidden"], list):
        values["hidden"] = tuple(values["hidden"])
    try:
        settings = Settings(**values)
    except MnistnetError as error:
        raise NpzError(f"its metadata is wrong: {error}") from None
    if metadata.get("sizes") != list(settings.sizes):
        raise NpzError("the sizes in its metadata contradict its settings")
    return settings
