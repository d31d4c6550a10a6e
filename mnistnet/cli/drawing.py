"""A digit and the network's outputs as lines of text, for a terminal or for a file."""

from __future__ import annotations

import os
from typing import NamedTuple, TextIO

from mnistnet.images import ByteArray, FloatArray

HALF_BLOCKS = " ▀▄█"  # for two pixels, one above the other, of which neither, the upper, the lower or both are bright
SHADES = " .:-=+*#%@"
FIRST_GREY, GREYS = 232, 24  # of a terminal's 256 colours, from black to white
BAR = 20  # characters


class Terminal(NamedTuple):
    """What the reader's terminal can do."""

    unicode: bool
    colour: bool

    @classmethod
    def of(cls, stream: TextIO) -> Terminal:
        """Find out what the terminal or the file at the end of a stream can do."""
        try:
            "▀▄█".encode(stream.encoding)
            unicode = True
        except UnicodeEncodeError:
            unicode = False
        plain = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
        return cls(unicode, colour=stream.isatty() and not plain)


def show(image: ByteArray, outputs: FloatArray, terminal: Terminal) -> str:
    """Draw a digit, two rows of pixels in each line of text, and beside it a bar for each output.

    Args:
        image: uint8 (28, 28), ink bright.
        outputs: float (10,), 0 to 1.
        terminal: what the reader's terminal can do.
    """
    left = _digit(image, terminal)
    right = ["", "", *_bars(outputs, terminal), "", ""]  # ten bars in the middle of fourteen lines
    return "\n".join(f"{drawn}  {bar}".rstrip() for drawn, bar in zip(left, right, strict=True))


def _digit(image: ByteArray, terminal: Terminal) -> list[str]:
    upper, lower = image[0::2].astype(int), image[1::2].astype(int)
    if terminal.unicode and terminal.colour:
        upper, lower = (FIRST_GREY + half * GREYS // 256 for half in (upper, lower))
        return [
            "".join(f"\x1b[38;5;{top};48;5;{bottom}m▀" for top, bottom in zip(*rows, strict=True)) + "\x1b[0m"
            for rows in zip(upper, lower, strict=True)
        ]
    if terminal.unicode:
        cells, alphabet = (upper > 127) + 2 * (lower > 127), HALF_BLOCKS
    else:
        cells, alphabet = (upper + lower) * len(SHADES) // 512, SHADES
    return ["".join(alphabet[cell] for cell in row) for row in cells]


def _bars(outputs: FloatArray, terminal: Terminal) -> list[str]:
    block = "█" if terminal.unicode else "#"
    return [
        f"{digit} {block * round(float(output) * BAR):{BAR}} {output * 100:5.1f} %"
        for digit, output in enumerate(outputs)
    ]
