"""Draw normalized digits and the network's outputs as text."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple, TextIO

import numpy as np

from mnistnet.cli.messages import can_encode
from mnistnet.images import SIDE, ByteArray, FloatArray

if TYPE_CHECKING:
    from mnistnet.inputs import Pixels
    from mnistnet.prediction import Digit

HALF_BLOCKS = " ▀▄█"  # two pixels per character: neither, the upper, the lower or both bright
SHADES = " .:-=+*#%@"
FIRST_GREY, GREYS = 232, 24  # greys in a terminal's 256 colours, from black to white
BAR = 20  # length of a full bar, characters
GAP = "  "


class Terminal(NamedTuple):
    """What a terminal can show."""

    unicode: bool
    colour: bool
    width: int

    @classmethod
    def of(cls, stream: TextIO) -> Terminal:
        """Return what the terminal or the file of a stream can show."""
        plain = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
        return cls(can_encode(HALF_BLOCKS, stream), stream.isatty() and not plain, shutil.get_terminal_size().columns)


def draw(digits: Sequence[Digit], encoding: Pixels, terminal: Terminal) -> str:
    """Draw the digits of a picture: one digit beside ten bars, several side by side below their answers.

    Args:
        digits: at least one.
        encoding: the network's input encoding, which normalizes the digit.
        terminal: what the terminal can show.
    """
    drawings = [_drawing(encoding.normalize(digit.image[np.newaxis])[0], terminal) for digit in digits]
    if len(digits) == 1:
        bars = ["", "", *_bars(digits[0].outputs, terminal), "", ""]  # ten bars in the middle of fourteen lines
        return _beside([drawings[0], bars])
    columns = [
        [f"{digit.digit} ({digit.probability * 100:.0f} %{', unsure' if digit.unsure else ''})".center(SIDE), *drawing]
        for digit, drawing in zip(digits, drawings, strict=True)
    ]
    fit = max(1, (terminal.width + len(GAP)) // (SIDE + len(GAP)))
    return "\n\n".join(_beside(columns[start : start + fit]) for start in range(0, len(columns), fit))


def _beside(columns: Sequence[Sequence[str]]) -> str:
    return "\n".join(GAP.join(line).rstrip() for line in zip(*columns, strict=True))


def _drawing(image: ByteArray, terminal: Terminal) -> list[str]:
    """Draw uint8 (28, 28), two rows of pixels in each line of text."""
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
