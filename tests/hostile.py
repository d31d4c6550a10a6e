"""Model and data files as an attacker would make them, and what came of reading one."""

from __future__ import annotations

import gzip
import io
import json
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

from mnistnet.errors import ModelError
from mnistnet.model import Model, load
from mnistnet.model_file import FORMAT

Members = dict[str, bytes]


def members(path: Path) -> Members:
    """The files in an archive, by name."""
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def archived(files: Members, compression: int = zipfile.ZIP_STORED) -> bytes:
    """An archive with right checksums, whatever the files in it hold."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", compression) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return stream.getvalue()


def array(head: str, data: bytes = b"", version: bytes = b"\x01\x00", length: int | None = None) -> bytes:
    """A file of NumPy's with any head."""
    text = head.encode().ljust(118) + b"\n" if length is None else head.encode()
    size = struct.pack("<H" if version == b"\x01\x00" else "<I", len(text) if length is None else length)
    return b"\x93NUMPY" + version + size + text + data


def saved(values: Any) -> bytes:
    """An array as NumPy writes it."""
    stream = io.BytesIO()
    np.save(stream, values)
    return stream.getvalue()


def with_metadata(files: Members, changes: dict[str, Any]) -> bytes:
    """The archive with other metadata; changes to the settings are made in them."""
    metadata = json.loads(files["metadata.npy"][128:])
    settings = metadata["settings"] | changes.get("settings", {})
    text = json.dumps(metadata | changes | {"settings": settings})
    return archived({**files, "metadata.npy": saved(np.frombuffer(text.encode(), np.uint8))})


def with_entry_field(content: bytes, offset: int, field: bytes) -> bytes:
    """The archive with another field in the first entry of its directory."""
    entry = content.index(b"PK\x01\x02") + offset
    return content[:entry] + field + content[entry + len(field) :]


def with_swallowed_entries(content: bytes, name: bytes) -> bytes:
    """The archive with a directory in which the entries of that name are the comment of the one before them."""
    directory = content.index(b"PK\x01\x02")
    starts = [directory + found.start() for found in re.finditer(rb"PK\x01\x02", content[directory:])]
    named = [start for start in starts if content[start + 46 :].startswith(name)]
    before = starts[starts.index(named[0]) - 1]
    behind = starts[starts.index(named[-1]) + 1]
    return content[: before + 32] + struct.pack("<H", behind - named[0]) + content[before + 34 :]


HEADS = {
    "code": "__import__('os').system('touch trapped')",
    "object": "{'descr': '|O', 'fortran_order': False, 'shape': (20,), }",
    "record": "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (20,), }",
    "nested": "(" * 5000,
    "minus": "-" * 9000 + "1",
    "python 2": "{'descr': '<f4', 'fortran_order': False, 'shape': (20L,), }",
    "mixed keys": "{1: 2, 'descr': '<f4', (): []}",
    "huge": "{'descr': '<f4', 'fortran_order': False, 'shape': (" + "9" * 90 + ",), }",
    "negative": "{'descr': '<f4', 'fortran_order': False, 'shape': (-20,), }",
    "escape": "{'descr': '\\d', 'fortran_order': False, 'shape': (20,), }",
    "empty": "",
}
SETTINGS: dict[str, Any] = {"learning_rate": 10**400, "epochs": 10**400, "weight_decay": -1, "hidden": [1] * 9}
SETTINGS["activation"] = []
METADATA: tuple[dict[str, Any], ...] = (  # changes that make the metadata false
    *({"settings": {name: value}} for name, value in SETTINGS.items()),
    {"settings": {"hidden": [10**9, 10]}},  # refused before its memory is taken
    *({"epoch": value} for value in (-1, True, 1.5)),
    *({"format": value} for value in (FORMAT - 1, FORMAT + 1, 10**1000)),
    *({"best_epoch": 10**9}, {"data_digest": None}, {"sizes": [784, 20, 10, 11]}),
    *({"validation_accuracy": value} for value in (float("nan"), 2)),
)


def hostile_models(good: Path) -> dict[str, bytes]:
    """Files that are to be refused, by the names of the attacks."""
    files, content = members(good), good.read_bytes()
    biases = files["biases_1.npy"]
    texts = {"nested": b"[" * 65_000, "digits": b"9" * 65_000, "no text": b"\xff\xfe\xfd", "nothing": b""}
    texts["surrogate"] = b'{"format": "\\ud800"}'
    arrays = {f"head: {name}": array(head, bytes(80)) for name, head in HEADS.items()} | {
        "head: longer than the file": array(HEADS["huge"], b"", length=65535),
        **{f"head: version {number}": array("{}", bytes(80), bytes([number, 0])) for number in (2, 3, 255)},
        "head: of another length": biases[:8] + b"\x64\0" + biases[10:],
        "head: twice": biases[:128] + biases,
        "a number too many": biases + bytes(4),
        "a number too few": biases[:-4],
        "pickle": b"cos\nsystem\n(S'touch trapped'\ntR.",
    }
    attacks = {name: archived({**files, "biases_1.npy": data}) for name, data in arrays.items()}
    for value, name in product((np.nan, np.inf, -np.inf), ("biases_1.npy", "velocity_biases_1.npy")):
        attacks[f"{name}: {value}"] = archived({**files, name: saved(np.array([0] * 19 + [value], np.float32))})
    for name, text in texts.items():
        attacks[f"metadata: {name}"] = archived({**files, "metadata.npy": saved(np.frombuffer(text, np.uint8))})
    attacks |= {f"metadata: {str(change)[:40]}": with_metadata(files, change) for change in METADATA}
    longer = struct.pack("<I", len(next(iter(files.values()))) + 4)
    for name, offset, field in (
        ("method", 10, struct.pack("<H", 99)),
        ("encrypted", 8, struct.pack("<H", 1)),
        ("patch", 8, struct.pack("<H", 0x20)),
        ("strongly encrypted", 8, struct.pack("<H", 0x40)),
        ("version needed", 6, b"\xff\x00"),
        ("checksum", 16, bytes(4)),
        ("more bytes in the archive than there are", 20, longer),
        ("sizes", 20, struct.pack("<II", 0xFFFFFFFE, 0xFFFFFFFE)),
        ("64-bit sizes", 20, struct.pack("<II", 0xFFFFFFFF, 0xFFFFFFFF)),
        ("place at the end of the file", 42, struct.pack("<I", len(content) - 4)),
        ("place beyond the file", 42, struct.pack("<I", 0xFFFFFFF0)),
    ):
        attacks[f"directory: {name}"] = with_entry_field(content, offset, field)
    return attacks | {
        "directory: the velocity is a comment": with_swallowed_entries(content, b"velocity_"),
        "directory: place beyond 64 bits": zip64_with_far_entry(),
        "deflated": archived(files, zipfile.ZIP_DEFLATED),
        "bzip2": archived(files, zipfile.ZIP_BZIP2),
        "bomb: metadata": archived({**files, "metadata.npy": bytes(1 << 28)}, zipfile.ZIP_DEFLATED),
        "bomb: another member": archived({"bomb": bytes(1 << 20)}, zipfile.ZIP_DEFLATED),
        "extra member": archived({**files, "../../trapped": b"x"}),
        "member in a folder": archived({f"a/{name}": file for name, file in files.items()}),
        "name of 60,000 letters": archived({**files, "x" * 60_000: b""}),
        "name with a line break": archived({**files, "x\nError: all is well": b""}),
        "huge directory": archived({f"{number:06}": b"" for number in range(2000)}),
        "huge directory behind a 64-bit one": zip64_with_entries(3_000_000),
        "text before the archive's end": content[:-22] + b"junk" + content[-22:],
    }


def zip64_with_entries(count: int) -> bytes:
    """An archive whose end names a small directory, but for a locator of a 64-bit one with so many entries."""
    entry = struct.pack("<4s6H3I5H2I", b"PK\x01\x02", *(20, 20, 0, 0, 0, 0), *(0, 0, 0), *(1, 0, 0, 0, 0), 0, 0) + b"x"
    directory = entry * count
    end64 = struct.pack("<4sQ2H2I4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, count, count, len(directory), 0)
    locator = struct.pack("<4sIQI", b"PK\x06\x07", 0, len(directory), 1)
    return directory + end64 + locator + struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, 1, 1, 47, 0, 0)


def zip64_with_far_entry() -> bytes:
    """An archive of one member that stands beyond the last byte that any file can have."""
    extra = struct.pack("<HHQ", 1, 8, (1 << 64) - 1)
    fields = (*(20, 20, 0, 0, 0, 0), *(0, 0, 0), *(12, len(extra), 0, 0, 0), 0, 0xFFFFFFFF)
    directory = struct.pack("<4s6H3I5H2I", b"PK\x01\x02", *fields) + b"metadata.npy" + extra
    return directory + struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, 1, 1, len(directory), 0, 0)


def header_bytes(content: bytes) -> list[int]:
    """The offsets of the bytes of an archive that are headers, and not the contents of its arrays."""
    inside = np.zeros(len(content), bool)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for info in archive.infolist():
            name, extra = struct.unpack("<HH", content[info.header_offset + 26 : info.header_offset + 30])
            start = info.header_offset + 30 + name + extra
            inside[start + 128 : start + info.file_size] = True
    return np.flatnonzero(~inside).tolist()


def outcome(path: Path, original: Model) -> str:
    """`refused` in one short line, or `same` as the original; fails on anything else."""
    try:
        model = load(path)
    except ModelError as error:
        message = str(error)
        if message.isprintable() and len(message) < len(str(path)) + 300:
            return "refused"
        raise
    assert _facts(model) == _facts(original)
    return "same"


def _facts(model: Model) -> tuple[Any, ...]:
    assert model.velocity is not None
    vectors = (model.network.parameters, model.velocity, model.inputs.mean, model.history)
    rest = replace(model, network=None, inputs=None, history=None, velocity=None)  # type: ignore[arg-type]
    return (*(vector.tobytes() for vector in vectors), model.inputs.encoding.name, rest)


def flips(path: Path, places: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Flip one bit of a file after another, each alone: its byte and its number."""
    with path.open("r+b", buffering=0) as file:
        for place, bit in places:
            file.seek(place)
            (before,) = file.read(1)
            for value in (before ^ 1 << bit, before):
                file.seek(place)
                file.write(bytes([value]))
                if value != before:
                    yield place, bit


def idx(count: int, data: bytes, side: int = 28) -> bytes:
    """An IDX file of images whose header claims so many."""
    return struct.pack(">4I", 0x00000803, count, side, side) + data


def gzipped(content: bytes, zeros: int = 0) -> bytes:
    """The content gzipped, and then so many MiB of zeros."""
    return gzip.compress(content) + gzip.compress(bytes(1 << 20)) * zeros


def hostile_images() -> dict[str, bytes]:
    """IDX files of images that are to be refused, by the names of the attacks; what ends with .gz is gzipped."""
    image = bytes(784)
    plain = {
        "claims more than there is": idx(3, image * 2),
        "claims all there can be": idx(0xFFFFFFFF, image),
        "claims a million": idx(1_000_000, image),
        "overflows 32 bits": idx(2, image * 2, side=0x10000),
        "holds more than it claims": idx(2, image * 3),
        "holds one byte more": idx(2, image * 2 + b"\x00"),
        "holds one byte less": idx(2, image * 2)[:-1],
        "claims none": idx(0, b""),
        "four dimensions": b"\x00\x00\x08\x04" + struct.pack(">4I", 1, 28, 28, 1) + image,
        "floats": b"\x00\x00\x0d\x03" + idx(1, image * 4)[4:],
    }
    good = gzipped(idx(2, image * 2))
    full = gzipped(idx(1_000_000, b""), zeros=747) + gzipped(bytes(784_000_000 - 747 * (1 << 20)))
    return {
        **plain,
        **{f"{name}.gz": gzipped(content) for name, content in plain.items()},
        "bomb that claims a million.gz": full,
        "bomb that claims one.gz": gzipped(idx(1, image), zeros=4000),
        "wrong checksum.gz": good[:-8] + bytes(4) + good[-4:],
        "wrong length.gz": good[:-4] + bytes(4),
        "junk behind it.gz": good + b"junk",
        "raw deflate.gz": zlib.compress(idx(2, image * 2)),
    }
