"""Write a file whole or not at all."""

from __future__ import annotations

import errno
import os
import stat
from contextlib import suppress
from pathlib import Path


def replace_file(path: str | os.PathLike[str], content: bytes | memoryview) -> None:
    """Write a file so that, whatever happens, there is the old one or the new one at `path`, never a part.

    The bytes go to a temporary file in the same folder, where a rename is atomic, and from there to the disk. A
    link stays a link, and a file keeps its mode.

    Raises:
        OSError: the file can't be written, is write-protected, or is no plain file; what was there is untouched.
    """
    target = Path(os.path.realpath(path))
    mode = _mode_to_keep(target)
    temporary = _temporary_beside(target)
    try:
        with temporary.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if mode is not None:
            temporary.chmod(mode)
        temporary.replace(target)
        sync_folder(target.parent)
    finally:
        temporary.unlink(missing_ok=True)


def check_replaceable(path: str | os.PathLike[str]) -> None:
    """Find out before long work whether `replace_file` can write to `path`.

    Raises:
        OSError: it can't.
    """
    target = Path(os.path.realpath(path))
    _mode_to_keep(target)
    temporary = _temporary_beside(target)
    try:
        temporary.open("xb").close()
    finally:
        temporary.unlink(missing_ok=True)


def sync_folder(folder: Path) -> None:
    """Make a rename in a folder last through a power cut, where the system lets a folder be flushed."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _temporary_beside(target: Path) -> Path:
    """Name a file in the same folder, one of its own: two programs that save to one file can't mix what they write."""
    return target.with_name(f".{target.name}-{os.urandom(4).hex()}.tmp")


def _mode_to_keep(target: Path) -> int | None:
    """The mode of the file that is there, None when there is none."""
    try:
        mode = target.stat().st_mode
    except FileNotFoundError:
        return None
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(target))
    if not stat.S_ISREG(mode):  # a rename would replace a device, such as /dev/null
        raise OSError(errno.EINVAL, "not a plain file", str(target))
    if not mode & stat.S_IWUSR:  # a rename needs no permission of the file itself
        raise PermissionError(errno.EACCES, "write-protected", str(target))
    return stat.S_IMODE(mode)
