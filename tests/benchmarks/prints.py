"""Printed digits, and pictures of what is no digit; each kind is a function of chance, NumPy's random generator."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache, partial

import numpy as np
from numpy.random import Generator
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from scenes import FULL, as_picture, on_paper, on_screen, photographed, placed, shown

FONTS = (  # those that most Linux systems have; what is missing is left out
    *(f"DejaVu{name}.ttf" for name in ("Sans", "Sans-Oblique", "Serif", "Serif-Italic", "SansMono")),
    *(f"Liberation{name}.ttf" for name in ("Sans-Regular", "Sans-Italic", "Serif-Regular", "Serif-Italic")),
)
BOLD_FONTS = (
    *(f"DejaVu{name}.ttf" for name in ("Sans-Bold", "Sans-BoldOblique", "Serif-Bold", "Serif-BoldItalic")),
    *(f"Liberation{name}.ttf" for name in ("Sans-Bold", "Sans-BoldItalic", "Serif-Bold", "Serif-BoldItalic")),
)
LETTERS = "AEFHKMNRTWXaefhkmrtwxÄ&@#%"  # none of them is a digit in any hand: not B, G, I, l, O, q, S, Z
SEGMENTS = {0: "abcdef", 1: "bc", 2: "abged", 3: "abgcd", 4: "fgbc", 5: "afgcd", 6: "afgedc", 7: "abc", 8: "abcdefg"}
SEGMENTS[9] = "abfgcd"
Printed = Callable[[int, Generator], Image.Image]
Shown = Callable[[Generator], Image.Image]


@cache
def fonts(bold: bool = False) -> tuple[str, ...]:
    """Return those of the fonts that are installed."""
    return tuple(name for name in (BOLD_FONTS if bold else FONTS) if _is_installed(name))


def _is_installed(name: str) -> bool:
    try:
        ImageFont.truetype(name)
    except OSError:
        return False
    return True


def _text(text: str, font: str, size: float, outline: int = 0) -> Image.Image:
    """Set text, or only its outline of so many pixels: mode L, bright, cropped."""
    type_ = ImageFont.truetype(font, size)
    page = Image.new("L", (int(size * (len(text) + 2)), int(2 * size)))
    ink = 0 if outline else FULL
    ImageDraw.Draw(page).text((size, size / 4), text, ink, type_, stroke_width=outline, stroke_fill=FULL)
    return page.crop(page.getbbox())


def _choose(names: Sequence[str], chance: Generator) -> str:
    return names[int(chance.integers(len(names)))]


def printed(digit: int, chance: Generator, bold: bool = False) -> Image.Image:
    """Print upright or italic."""
    return _shown(_text(str(digit), _choose(fonts(bold), chance), chance.uniform(30, 200)), chance)


def outlined(digit: int, chance: Generator) -> Image.Image:
    size = chance.uniform(80, 200)
    return _shown(_text(str(digit), _choose(fonts(bold=True), chance), size, 1 + int(size / 60)), chance)


def _shown(ink: Image.Image, chance: Generator) -> Image.Image:
    return shown(placed(ink, 300, 280, chance), chance)


def seven_segments(digit: int, chance: Generator) -> Image.Image:
    """Show on a display of seven bars."""
    pen, gap = int(chance.integers(8, 18)), int(chance.integers(1, 6))
    right, bottom = int(chance.integers(50, 70)), int(chance.integers(110, 140))
    middle = bottom // 2
    ends = {"a": (0, 0, right, 0), "d": (0, bottom, right, bottom), "g": (0, middle, right, middle)}
    ends |= {"f": (0, 0, 0, middle), "b": (right, 0, right, middle)}
    ends |= {"e": (0, middle, 0, bottom), "c": (right, middle, right, bottom)}
    page = Image.new("L", (right + 2 * pen, bottom + 2 * pen))
    for name in SEGMENTS[digit]:
        x0, y0, x1, y1 = (place + pen for place in ends[name])
        along_x, along_y = (gap, 0) if y0 == y1 else (0, gap)
        bar = (x0 + along_x, y0 + along_y, x1 - along_x, y1 - along_y)
        ImageDraw.Draw(page).line(bar, fill=FULL, width=pen)
    lean = chance.uniform(0, 0.15)
    leaning = page.transform((page.width + 20, page.height), Image.Transform.AFFINE, (1, lean, -20, 0, 1, 0))
    return on_screen(placed(leaning, 260, 260, chance), chance)


PRINTED: dict[str, Printed] = {
    "printed": printed,
    "printed bold": partial(printed, bold=True),
    "printed outlines": outlined,
    "seven segments": seven_segments,
}


def printed_number(chance: Generator) -> tuple[Image.Image, str]:
    """Print a number of two to six digits; return it with its picture."""
    number = "".join(map(str, chance.integers(0, 10, chance.integers(2, 7))))
    ink = _text(number, _choose(fonts(), chance), chance.uniform(30, 90))
    page = placed(ink, ink.width + 60, ink.height + 60, chance)
    return on_screen(page, chance), number


# No digits


def letters(chance: Generator) -> Image.Image:
    return _shown(_text(_choose(LETTERS, chance), _choose(fonts(), chance), chance.uniform(60, 200)), chance)


def several_digits(chance: Generator) -> Image.Image:
    """Print two digits beside each other, where one is asked for."""
    text = "  ".join(map(str, chance.integers(0, 10, 2)))
    return _shown(_text(text, _choose(fonts(), chance), chance.uniform(30, 120)), chance)


def page_of_text(chance: Generator) -> Image.Image:
    page = Image.new("L", (500, 640))
    face = ImageFont.truetype(_choose(fonts(), chance), int(chance.integers(12, 26)))
    for line in range(18):
        words = ["".join(chance.choice(list("abcdeghiklmnoprstuvw"), chance.integers(2, 9))) for _ in range(6)]
        ImageDraw.Draw(page).text((40, 30 + 32 * line), " ".join(words), fill=FULL, font=face)
    return photographed(on_paper(page), chance)


def discs(chance: Generator) -> Image.Image:
    page = Image.new("L", (240, 240))
    for _ in range(int(chance.integers(1, 4))):
        x, y, radius = chance.uniform(50, 190), chance.uniform(50, 190), chance.uniform(15, 50)
        ImageDraw.Draw(page).ellipse((x - radius, y - radius, x + radius, y + radius), fill=FULL)
    return on_screen(page, chance)


def noise(chance: Generator) -> Image.Image:
    side = int(chance.choice([16, 60, 240]))
    return as_picture(chance.normal(128, chance.uniform(5, 80), (side, side))).resize((240, 240))


def empty_sheets(chance: Generator) -> Image.Image:
    side = int(chance.choice([120, 240, 600]))
    return photographed(np.full((side, side), chance.uniform(150, 240)), chance, dimming=chance.uniform(0, 0.6))


def walls(chance: Generator) -> Image.Image:
    """Photograph a bare wall: blotches of neighbouring greys, in uneven light."""
    blotches = as_picture(chance.normal(128, 60, (240, 240))).filter(ImageFilter.GaussianBlur(chance.uniform(1, 12)))
    grey = np.asarray(blotches, np.float64)
    return photographed(chance.uniform(90, 200) + chance.uniform(5, 30) * (grey - grey.mean()) / grey.std(), chance)


NO_DIGITS: dict[str, Shown] = {
    "letters": letters,
    "several digits": several_digits,
    "page of text": page_of_text,
    "discs": discs,
    "noise": noise,
    "empty sheets": empty_sheets,
    "walls": walls,
}
NEED_FONTS = {*PRINTED, "numbers, printed", "letters", "several digits", "page of text"} - {"seven segments"}
