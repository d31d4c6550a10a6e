"""Which files of a folder are pictures to be read."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from mnistnet.pictures.files import FORMAT_NAMES, PICTURE_SUFFIXES

MAX_NAMED = 3  # files that a note names; a folder may hold thousands


def list_folder(folder: Path) -> list[Path]:
    """Return what is in a folder, sorted by name; what has a name that starts with a dot is not there.

    Raises:
        OSError: the folder can't be listed.
    """
    return sorted(path for path in folder.iterdir() if not path.name.startswith("."))


def is_picture(path: Path) -> bool:
    """Tell by its name whether a file is a picture that can be read."""
    return path.suffix.lower() in PICTURE_SUFFIXES


def left_out(folder: Path, files: Sequence[Path]) -> str:
    """Return a note about files of a folder that are no pictures, at least one."""
    named = ", ".join(path.name for path in files[:MAX_NAMED]) + (", …" if len(files) > MAX_NAMED else "")
    count, them = ("1 file that is", "it") if len(files) == 1 else (f"{len(files)} files that are", "them")
    return f"{folder}: {count} not {', '.join(FORMAT_NAMES)}: {named}; save {them} as JPEG"
