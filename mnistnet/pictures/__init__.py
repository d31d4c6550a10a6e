"""From any picture to the digits in it, each as MNIST would hold it."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mnistnet.pictures.files import PICTURE_SUFFIXES, write_picture
    from mnistnet.pictures.reading import read_picture

MAX_DIGITS = 20  # of one number: a longer row is text

__all__ = ["MAX_DIGITS", "PICTURE_SUFFIXES", "read_picture", "write_picture"]

if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from mnistnet.pictures import files, reading  # late: they need NumPy and Pillow

        return getattr(reading, name, None) or getattr(files, name)
