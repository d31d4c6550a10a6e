"""Write copies of pictures, annotated with the digits that were read."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

from mnistnet.pictures.marks import Mark, write_marked
from mnistnet.prediction import Answer
from mnistnet.saving import make_empty_folder, writing

MAX_NAME = 200  # bytes of a picture's name in a file name; file systems allow 255 in all


class AnnotatedCopies:
    """A folder of annotated copies, named like the pictures, and numbered where names repeat.

    Args:
        directory: created if it is missing; else it must be empty.

    Raises:
        MnistnetError: the folder can't be made, or isn't empty.
    """

    def __init__(self, directory: Path) -> None:
        make_empty_folder(directory)
        self._directory = directory
        self._copies: Counter[str] = Counter()

    def write(self, answer: Answer) -> None:
        """Write a PNG of the picture with a box around each digit; unsure ones are dashed.

        Raises:
            MnistnetError: the copy can't be written.
        """
        name = os.fsdecode(os.fsencode(Path(answer.path).stem)[:MAX_NAME])
        path = self._directory / f"{name}.png"
        while path.exists():
            self._copies[name] += 1
            path = self._directory / f"{name}-{self._copies[name] + 1}.png"
        marks = [Mark(each.box, str(each.digit), each.unsure or bool(answer.doubts)) for each in answer.digits]
        with writing(path):
            write_marked(path, answer.path, marks)
