"""A file on its way: under a hidden name that is one process's alone, and kept for the next when it is interrupted."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from itertools import count
from pathlib import Path


@contextmanager
def part_file(directory: Path, name: str) -> Iterator[Path]:
    """Yield the hidden file to receive a file into, which holds what an interrupted download left.

    It is the first of .NAME.1.part, .NAME.2.part, … that no other download is at work on. After an error only what a
    later download can go on with stays there.
    """
    with ExitStack() as locks:
        candidates = (directory / f".{name}.{number}.part" for number in count(1))
        path = next(path for path in candidates if _claim(path, locks))
        try:
            yield path
        except BaseException as error:
            with suppress(OSError):
                # An OSError: the disk is full, or worse; its space is given back.
                if isinstance(error, OSError) or path.stat().st_size == 0:
                    path.unlink()
            raise


def _claim(path: Path, locks: ExitStack) -> bool:
    """Lock a file, made when it is missing, and return whether that worked. A lock ends with its process."""
    try:
        path.touch(exist_ok=False)
        is_new = True
    except FileExistsError:  # a link counts, wherever it leads
        is_new = False
        if path.is_symlink() or not path.is_file():
            return False
    try:
        import fcntl

        lock = locks.enter_context(path.open("rb"))
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return os.path.samestat(os.fstat(lock.fileno()), path.stat())  # not renamed by its owner in the meantime
    except (BlockingIOError, FileNotFoundError):
        return False
    except (ImportError, OSError):  # no locks here (Windows, some network file systems)
        # Only a new file is surely nobody else's, and what is left of it will never be.
        locks.push(lambda failed, *_: path.unlink(missing_ok=True) if failed and is_new else None)
        return is_new
