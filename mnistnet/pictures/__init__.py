"""From any picture to the digits in it, each as MNIST would hold it."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mnistnet.pictures.preparation import PICTURE_SUFFIXES, digit_in, read_picture, write_picture

__all__ = ["PICTURE_SUFFIXES", "digit_in", "read_picture", "write_picture"]

if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from mnistnet.pictures import preparation  # late: it needs NumPy and Pillow

        return getattr(preparation, name)
