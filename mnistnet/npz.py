"""Read arrays from an untrusted `.npz` file: every size is bounded before it is read, and checksums are compared."""

from __future__ import annotations

import os
import re
import struct
import zipfile
import zlib
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from mnistnet.errors import MnistnetError

MAX_DIRECTORY = 1 << 16  # bytes of the archive's directory; NumPy writes some 60 for each array
MAX_HEADER = 1 << 10  # bytes of an array's header; NumPy writes 128
# An array's header as NumPy writes it. NumPy parses it as a Python literal, which can fail in undocumented ways, so no
# other header is accepted.
ARRAY_HEADER = re.compile(
    rb"\x93NUMPY\x01\x00(..)\{'descr': '([<>|](?:[iu][1248]|f[48]))', 'fortran_order': False, "
    rb"'shape': \(([\d, ]*)\), \} *\n",
    re.DOTALL,
)
# What zipfile raises on damaged archives; the last two if an offset is beyond the file, or beyond 64 bits.
ZIP_ERRORS = (zipfile.BadZipFile, zlib.error, EOFError, ValueError, RuntimeError, struct.error, OverflowError)
END_OF_DIRECTORY, LOCATOR_64 = b"PK\x05\x06", b"PK\x06\x07"  # signatures of a zip archive's last records
END_SIZE, LOCATOR_SIZE = 22, 20  # bytes


class NpzError(MnistnetError):
    """The file isn't what it should be; the message says why in a few words."""


def open_npz(file: BinaryIO) -> zipfile.ZipFile:
    """Open an archive, unless its directory is so large that it could fill the memory.

    Raises:
        NpzError: the file isn't an archive as NumPy writes it.
    """
    file.seek(max(0, file.seek(0, os.SEEK_END) - LOCATOR_SIZE - END_SIZE))
    tail = file.read()
    # The "end of central directory" record: signature, disks, counts, directory size and offset, comment. zipfile would
    # prefer a ZIP64 record, which a locator before this one points to.
    locator, end = tail[:-END_SIZE], tail[-END_SIZE:]
    if len(end) < END_SIZE or not end.startswith(END_OF_DIRECTORY):
        raise NpzError("it is not an .npz file, or is cut short")
    count, directory_size = struct.unpack("<HI", end[10:16])
    if directory_size > MAX_DIRECTORY or locator.startswith(LOCATOR_64):
        raise NpzError("its directory is too large")
    try:
        archive = zipfile.ZipFile(file)
    except ZIP_ERRORS as error:
        raise NpzError(f"damaged: {error}") from None
    if len(archive.infolist()) != count:  # a wrong length can hide the last entries
        raise NpzError("damaged: the number of entries in its directory is wrong")
    return archive


def read_array(archive: zipfile.ZipFile, info: zipfile.ZipInfo, max_bytes: int) -> npt.NDArray[Any]:
    """Read one array of at most `max_bytes`, of any numeric dtype and shape.

    Raises:
        NpzError: it is damaged, larger, or not an array of numbers as NumPy writes it.
    """
    name = info.filename.removesuffix(".npy")
    if info.file_size > MAX_HEADER + max_bytes:
        raise NpzError(f"{name} has {info.file_size:,} bytes, expected at most {MAX_HEADER + max_bytes:,}")
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):  # others decompress without a limit
        raise NpzError(f"{name} is compressed in an unusual way")
    try:
        content = archive.read(info)  # the whole member, because only then its checksum is compared
        header = ARRAY_HEADER.match(content)
        if header is None or int.from_bytes(header[1], "little") != header.end() - 10:
            raise NpzError(f"{name} is not an array of numbers as NumPy writes it")
        shape = tuple(int(length) for length in re.findall(rb"\d+", header[3]))
        return np.frombuffer(content, np.dtype(header[2].decode()), offset=header.end()).reshape(shape)
    except ZIP_ERRORS as error:
        raise NpzError(f"{name} is damaged: {error}") from None
