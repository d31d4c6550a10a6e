"""Write files atomically."""

from __future__ import annotations

import errno
import os
import stat
import time
from contextlib import suppress
from pathlib import Path

from mnistnet.errors import MnistnetError

MAX_AGE = 86_400  # seconds; an older temporary file was left by a killed program


def replace_file(path: str | os.PathLike[str], content: bytes | memoryview) -> None:
    """Write a file atomically: `path` always holds the old file or the new one, never a part.

    The content is written to a temporary file in the same folder and flushed to the disk, then the file is renamed. A
    link stays a link, and a file keeps its mode. Temporary files that a killed program left for this path are removed.

    Raises:
        OSError: the file can't be written, is write-protected, or isn't a regular file; the old file is untouched.
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
    _remove_abandoned(target)


def check_replaceable(path: str | os.PathLike[str]) -> None:
    """Check before long work that `replace_file` can write to `path`.

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
    """Flush a rename in a folder to the disk, if the system can."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def make_empty_folder(directory: Path) -> None:
    """Make a folder, or accept an empty one.

    Raises:
        MnistnetError: it can't be made, or it isn't empty.
    """
    try:
        directory.mkdir(parents=True, exist_ok=True)
        if any(directory.iterdir()):
            raise MnistnetError(f"{directory}: not empty; name a new folder")
    except OSError as error:
        raise MnistnetError(f"{directory}: can't be made ({error.strerror}); name another folder") from None


def _temporary_beside(target: Path) -> Path:
    """Return a random name in the same folder, so that two programs that save the same file don't collide."""
    return target.with_name(f".{target.name}-{os.urandom(4).hex()}.tmp")


def _remove_abandoned(target: Path) -> None:
    """Remove temporary files of the target that are older than a day."""
    prefix = f".{target.name}-"
    for path in target.parent.iterdir():
        if path.name.startswith(prefix) and path.suffix == ".tmp":
            with suppress(OSError):  # another program may remove it first
                if time.time() - path.stat().st_mtime > MAX_AGE:
                    path.unlink()


def _mode_to_keep(target: Path) -> int | None:
    """Return the mode of the file at the path; None if there is none."""
    try:
        mode = target.stat().st_mode
    except FileNotFoundError:
        return None
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(target))
    if not stat.S_ISREG(mode):  # a rename would replace a device, such as /dev/null
        raise OSError(errno.EINVAL, "not a regular file", str(target))
    if not mode & stat.S_IWUSR:  # a rename would ignore the file's own permission
        raise PermissionError(errno.EACCES, "write-protected", str(target))
    return stat.S_IMODE(mode)
