"""The family of errors: every failure that a user can cause or meet is a MnistnetError.

A message says what was wrong and where, what was expected and what was got, and what to do next, in one line.
"""


def one_line(text: str) -> str:
    """Text that stays in its line: a file name may hold a line break, or a code that moves the cursor."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)


class MnistnetError(Exception):
    """What all expected failures have in common; its text is one line for the user."""


class OptionError(MnistnetError):
    """A choice makes no sense: wrong usage, for which the program ends with 2."""


class DownloadError(MnistnetError):
    """A file could not be fetched whole and right from any mirror."""


class DatasetError(MnistnetError):
    """Training or test data is missing, damaged, or not what it says it is."""


class PictureError(MnistnetError):
    """A picture can't be read, or shows no digit."""


class ModelError(MnistnetError):
    """A model file is missing, damaged, or not a model of ours."""


class TrainingError(MnistnetError):
    """Training went astray, or can't go on."""


class PageError(MnistnetError):
    """The page can't be written."""
