"""Write files atomically."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from tempfile import NamedTemporaryFile

from mnistnet.errors import MnistnetError


def replace_file(path: str | os.PathLike[str], content: bytes | memoryview) -> None:
    """Write a file atomically: `path` always holds the old file or the new one, never a part.

    The content is written to a temporary file in the same folder and flushed to the disk, then the file is renamed. A
    link stays a link, and a file keeps its mode.

    Raises:
        OSError: the file can't be written, is write-protected, or isn't a regular file; the old file is untouched.
    """
    target = Path(os.path.realpath(path))
    mode = _mode_to_keep(target)
    # A random name, so that two programs that save the same file don't collide.
    temporary = target.with_name(f".{target.name}-{os.urandom(4).hex()}.tmp")
    try:
        with temporary.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if mode is not None:
            temporary.chmod(mode)
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)


def check_replaceable(path: str | os.PathLike[str]) -> None:
    """Check before long work that `replace_file` can write to `path`.

    Raises:
        OSError: it can't.
    """
    target = Path(os.path.realpath(path))
    _mode_to_keep(target)
    NamedTemporaryFile(dir=target.parent, prefix=f".{target.name}-", suffix=".tmp").close()


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
