"""Exceptions: every expected failure is a MnistnetError.

A message is one line: what was wrong and where, what was expected, what was found, and what to do next.
"""


def one_line(text: str) -> str:
    """Escape what isn't printable: a file name may hold a line break, or a code that moves the cursor."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)


class MnistnetError(Exception):
    """An expected failure; its text is one line for the user."""


class OptionError(MnistnetError):
    """An option has a wrong value; the program exits with 2."""


class DownloadError(MnistnetError):
    """A file could not be downloaded from any mirror, or has the wrong content."""


class DatasetError(MnistnetError):
    """Training or test data is missing, damaged, or of another format."""


class PictureError(MnistnetError):
    """A picture can't be read, or shows no digit."""


class ModelError(MnistnetError):
    """A model file is missing, damaged, or not a mnistnet model."""


class TrainingError(MnistnetError):
    """Training diverged, can't be resumed, or would overwrite a file that isn't its history."""
