"""Write files atomically."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile

from mnistnet.errors import MnistnetError

MAX_NAME = 200  # bytes of a picture's name in a file name; file systems allow 255 in all
_FIRST_ADVICE = {
    **dict.fromkeys((errno.ENOSPC, errno.EDQUOT, errno.EFBIG), "make room, or "),
    errno.ENOENT: "make its folder, or ",
}


@contextmanager
def writing(path: str | os.PathLike[str]) -> Iterator[None]:
    """Turn an OSError into a MnistnetError that says that `path` can't be written."""
    try:
        yield
    except OSError as error:
        reason, first = error.strerror or error, _FIRST_ADVICE.get(error.errno or 0, "")
        raise MnistnetError(f"{path}: can't be written ({reason}); {first}choose another name") from None


def replace_file(path: str | os.PathLike[str], content: bytes | memoryview) -> None:
    """Write a file atomically: `path` always holds the old file or the new one, never a part.

    The content is written to a temporary file in the same folder and flushed to the disk, then the file is renamed. A
    link stays a link, and a file keeps its mode.

    Raises:
        MnistnetError: the file can't be written, is write-protected, or isn't a regular file; the old one is untouched.
    """
    with writing(path):
        target = Path(os.path.realpath(path))
        # A random name, so that two programs that save the same file don't collide.
        temporary = target.with_name(f".{target.name}-{os.urandom(4).hex()}.tmp")
        mode = _mode_to_keep(target)
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


def check_writable(path: str | os.PathLike[str]) -> None:
    """Check before long work that `replace_file` can write to `path`.

    Raises:
        MnistnetError: it can't.
    """
    with writing(path):
        target = Path(os.path.realpath(path))
        _mode_to_keep(target)
        NamedTemporaryFile(dir=target.parent, prefix=f".{target.name}-", suffix=".tmp").close()


def make_empty_folder(path: str | os.PathLike[str]) -> Path:
    """Make a folder, or accept an empty one, and return its path.

    Raises:
        MnistnetError: it can't be made, or it isn't empty.
    """
    directory = Path(path)
    with writing(directory):
        directory.mkdir(parents=True, exist_ok=True)
        if any(directory.iterdir()):
            raise MnistnetError(f"{directory}: not empty; name a new folder")
    return directory


def _mode_to_keep(target: Path) -> int | None:
    """Return the mode of the file at the path; None if there is none."""
    try:
        mode = target.stat().st_mode
    except FileNotFoundError:
        return None
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    if not stat.S_ISREG(mode):  # a rename would replace a device, such as /dev/null
        raise OSError(errno.EINVAL, "not a regular file")
    if not mode & stat.S_IWUSR:  # a rename would ignore the file's own permission
        raise PermissionError(errno.EACCES, "write-protected")
    return stat.S_IMODE(mode)
