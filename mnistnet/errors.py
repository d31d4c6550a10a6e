"""The family of errors: every failure that a user can cause or meet is a MnistnetError.

A message says what was wrong and where, what was expected and what was got, and what to do next, in one line.
"""


class MnistnetError(Exception):
    """What all expected failures have in common; its text is one line for the user."""


class DownloadError(MnistnetError):
    """A file could not be fetched whole and right from any mirror."""


class DatasetError(MnistnetError):
    """Training or test data is missing, damaged, or not what it says it is."""


class PictureError(MnistnetError):
    """A picture can't be read, or shows no digit."""


class ModelError(MnistnetError):
    """A model file is missing, damaged, or not a model of ours."""


class TrainingError(MnistnetError):
    """A setting of training makes no sense, or training went astray."""
