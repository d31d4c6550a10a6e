"""Find picture files, given as paths of files and of folders."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from mnistnet.pictures.files import FORMAT_NAMES, PICTURE_SUFFIXES

MAX_NAMED = 3  # names in one note; a folder may hold thousands
NO_PICTURES = f"files that aren't {', '.join(FORMAT_NAMES)}"


def find_pictures(
    paths: Iterable[str], recursive: bool = False, note: Callable[[str], object] = lambda _text: None
) -> list[str]:
    """Return the files among the paths, and in place of each folder the pictures in it, sorted by name.

    A folder without pictures, or one that can't be listed, is returned unchanged: reading it raises the error.

    Args:
        paths: files and folders; `-` is standard input.
        recursive: whether sub-folders are searched, too.
        note: called with a line about the files of a folder that are left out.
    """
    found: list[str] = []
    for path in paths:
        found += (_pictures_in(Path(path), recursive, note) if _is_folder(path) else []) or [path]
    return found


def list_folder(folder: Path) -> list[Path]:
    """Return what is in a folder, sorted by name, without names that start with a dot.

    Raises:
        OSError: the folder can't be listed.
    """
    return sorted(path for path in folder.iterdir() if not path.name.startswith("."))


def is_picture(path: Path) -> bool:
    """Return whether a file has the name of a picture that can be read."""
    return path.suffix.lower() in PICTURE_SUFFIXES


def left_out(folder: Path, what: str, names: Sequence[str]) -> str:
    """Return a note that some of what is in a folder is left out: what it is, and the first of its names."""
    more = f" and {len(names) - MAX_NAMED} more" if len(names) > MAX_NAMED else ""
    return f"{folder}: left out {what}: {', '.join(names[:MAX_NAMED])}{more}"


def explain(path: str) -> str | None:
    """Return why a path isn't a picture, if there is more to say than that it can't be opened; else None."""
    if _is_folder(path):
        try:
            list_folder(Path(path))
        except OSError as error:
            return f"can't be listed ({error.strerror})"
        return "no pictures in this folder (--recursive reads its sub-folders, too)"
    if "://" in path:
        return "a URL; download the picture first"
    if set("*?[") & set(path) and not os.path.lexists(path):
        return "no such file; the pattern matches no file, or is in quotes"
    return None


def _is_folder(path: str) -> bool:
    try:
        return path not in ("", "-") and Path(path).is_dir()
    except (OSError, ValueError):  # a name that is too long, a parent folder without access, or a null byte
        return False


def _pictures_in(top: Path, recursive: bool, note: Callable[[str], object]) -> list[str]:
    pictures: list[Path] = []
    folders = [top]  # a stack, because folders can be nested deeper than Python's recursion limit
    while folders:
        folder = folders.pop()
        others: list[str] = []
        inner: list[Path] = []
        try:
            for path in list_folder(folder):
                if path.is_dir():
                    inner.append(path)
                elif not is_picture(path):
                    others.append(path.name)
                elif path.is_file():
                    pictures.append(path)
                else:  # opening a pipe would block
                    note(f"{path}: not a regular file; left out")
        except OSError:
            pictures.append(folder)
        if others:
            note(left_out(folder, NO_PICTURES, others))
        if recursive:
            folders += [path for path in reversed(inner) if not path.is_symlink()]  # a link may lead to a parent folder
    return list(map(str, pictures))
