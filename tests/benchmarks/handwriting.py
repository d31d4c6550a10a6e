"""Handwritten digits in all that people write them on and with: each kind is a function of a digit and of chance.

A digit is uint8 (28, 28) from MNIST, with bright ink; chance is NumPy's random generator.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

import numpy as np
from numpy.random import Generator
from PIL import Image, ImageDraw, ImageFilter, ImageOps

from mnistnet.images import BOX, SIDE, BoolArray, ByteArray
from scenes import FULL, as_picture, enlarged, in_jpeg, on_paper, on_screen, photographed, placed, shown, slope, written

Handwritten = Callable[[ByteArray, Generator], Image.Image]

# On a screen


def plain(digit: ByteArray, chance: Generator) -> Image.Image:
    return on_screen(written(digit, chance), chance)


def filling(digit: ByteArray, chance: Generator) -> Image.Image:
    """Fill the picture, but for three pixels at most."""
    ink = enlarged(digit, chance.uniform(40, 300), pen=int(chance.integers(-3, 7)))
    return on_screen(ImageOps.expand(ink, tuple(chance.integers(0, 4, 4).tolist())), chance)


def bitmap(digit: ByteArray, chance: Generator) -> Image.Image:
    whole = Image.fromarray(digit)
    left, top, right, bottom = whole.getbbox() or (0, 0, SIDE, SIDE)
    box = Image.new("L", (BOX, BOX))
    box.paste(whole.crop((left, top, right, bottom)), ((BOX - right + left) // 2, (BOX - bottom + top) // 2))
    small = np.asarray(box.resize((8, 8), Image.Resampling.BOX), np.float64)
    return on_screen(as_picture(small * (FULL / small.max())), chance)


def enlarged_bitmap(digit: ByteArray, chance: Generator) -> Image.Image:
    way = Image.Resampling.NEAREST if chance.random() < 0.5 else Image.Resampling.BICUBIC
    return bitmap(digit, chance).resize((64, 64), way)


def tiny(digit: ByteArray, chance: Generator) -> Image.Image:
    """Write 10 to 16 pixels high, in an icon or on a large page."""
    side = int(chance.integers(18, 40) if chance.random() < 0.5 else chance.integers(200, 500))
    return on_screen(placed(enlarged(digit, chance.uniform(10, 16)), side, side, chance), chance)


def hairline(digit: ByteArray, chance: Generator) -> Image.Image:
    line = _thinned(np.asarray(enlarged(digit, chance.uniform(90, 260))) > FULL / 2)
    thick = Image.fromarray(line).convert("L").filter(ImageFilter.MaxFilter(int(chance.choice([1, 3]))))
    return on_screen(placed(thick, 500, 400, chance), chance)


def _thinned(ink: BoolArray) -> BoolArray:
    """Return the middle lines of strokes. Source: Zhang and Suen 1984."""
    ink = np.pad(ink, 1)
    while True:
        before = ink.copy()
        for corners in (((0, 2, 4), (2, 4, 6)), ((0, 2, 6), (0, 4, 6))):
            steps = ((-1, 0), (-1, 1), (0, 1), (1, 1), (1, 0), (1, -1), (0, -1), (-1, -1))  # around, from above
            around = np.stack([np.roll(ink, (-y, -x), (0, 1)) for y, x in steps])
            begins = (~around & np.roll(around, -1, 0)).sum(axis=0)
            has_gap = [~around[list(places)].all(axis=0) for places in corners]
            filled = around.sum(axis=0)
            ink = ink & ~((begins == 1) & (filled >= 2) & (filled <= 6) & has_gap[0] & has_gap[1])
        if np.array_equal(ink, before):
            return ink


def brush(digit: ByteArray, chance: Generator) -> Image.Image:
    ink = enlarged(digit, chance.uniform(80, 160), pen=int(chance.integers(6, 9)))
    return on_screen(placed(ink, 240, 240, chance), chance)


def turned(digit: ByteArray, chance: Generator) -> Image.Image:
    ink = enlarged(digit, chance.uniform(80, 130), angle=30 if chance.random() < 0.5 else -30)
    return on_screen(placed(ink, 240, 240, chance), chance)


def compressed(digit: ByteArray, chance: Generator) -> Image.Image:
    return in_jpeg(as_picture(on_paper(written(digit, chance, side=160))), int(chance.integers(10, 30)))


# On paper


def encircled(digit: ByteArray, chance: Generator) -> Image.Image:
    """Draw a circle or an oval around it, on a small page or on a large one."""
    side, share = (240, 0.4) if chance.random() < 0.7 else (900, 0.12)
    page = written(digit, chance, side, share)
    left, top, right, bottom = page.getbbox() or (0, 0, *page.size)
    radius = math.hypot(right - left, bottom - top) / 2 * chance.uniform(1.25, 1.6)
    stretch = chance.uniform(0.87, 1.15)
    x, y = (left + right) / 2 + chance.normal(0, 2), (top + bottom) / 2 + chance.normal(0, 2)
    oval = (x - radius * stretch, y - radius / stretch, x + radius * stretch, y + radius / stretch)
    ImageDraw.Draw(page).ellipse(oval, outline=FULL, width=int(chance.integers(2, 9)))
    return shown(page, chance)


def boxed(digit: ByteArray, chance: Generator) -> Image.Image:
    """Write into the box of a form; every second picture is cropped to the box."""
    page = written(digit, chance)
    side = page.width
    left, top, right, bottom = page.getbbox() or (0, 0, side, side)
    beside, above = chance.integers(10, 40, 2).tolist()
    grey, width = (int(each) for each in (chance.integers(120, 256), chance.integers(1, 13)))
    box = (left - beside - width, top - above - width, right + beside + width, bottom + above + width)
    ImageDraw.Draw(page).rectangle(box, outline=grey, width=width)
    if chance.random() < 0.5:
        page = page.crop((max(0, box[0]), max(0, box[1]), min(side, box[2] + 1), min(side, box[3] + 1)))
    return photographed(on_paper(page), chance)


def underlined(digit: ByteArray, chance: Generator) -> Image.Image:
    page = written(digit, chance)
    left, _, right, bottom = page.getbbox() or (0, 0, *page.size)
    width, apart, over = (int(chance.integers(*each)) for each in ((2, 9), (6, 25), (0, 30)))
    for line in range(int(chance.integers(1, 3))):
        y = bottom + apart + line * (width + 8)
        slope = chance.uniform(-3, 3)
        ImageDraw.Draw(page).line((left - over, y - slope, right + over, y + slope), fill=FULL, width=width)
    return shown(page, chance)


def on_lines(digit: ByteArray, chance: Generator, pitches: tuple[float, float], squared: bool) -> Image.Image:
    """Write large or small, anywhere between the lines or on one of them; pitches: of the page, from line to line."""
    pitch = chance.uniform(*pitches)
    side, share = (320, 0.3) if chance.random() < 0.7 else (960, 0.1)
    step, pen = round(side * pitch), side // 320
    ink = written(digit, chance, side, share)
    lines = Image.new("L", ink.size)
    draw = ImageDraw.Draw(lines)
    lean = chance.uniform(-4, 4)  # pixels, across the page
    first = int(chance.integers(step))
    if chance.random() < 0.5:
        first = (ink.getbbox() or ink.size)[-1] % step  # the digit stands on a line
    for place in range(first, side, step):
        draw.line((0, place - lean / 2, side, place + lean / 2), fill=FULL, width=int(chance.integers(1, 3)) * pen)
        if squared:
            draw.line((place - lean, 0, place, side), fill=FULL, width=pen)
    return photographed(np.minimum(on_paper(ink, 40), on_paper(lines, chance.uniform(150, 190))), chance)


def pencil(digit: ByteArray, chance: Generator) -> Image.Image:
    """Write with a pencil: faint and grainy."""
    grain = Image.fromarray(chance.integers(90, 256, (240, 240)).astype(np.uint8)).filter(ImageFilter.GaussianBlur(1))
    share = np.asarray(written(digit, chance)) / FULL * (np.asarray(grain) / FULL)
    return photographed(225 - chance.uniform(70, 130) * share, chance)


def blackboard(digit: ByteArray, chance: Generator) -> Image.Image:
    """Write with chalk on a green board that was not wiped well."""
    chalk = np.asarray(written(digit, chance)) / FULL * chance.uniform(0.6, 1, (240, 240))
    smears = Image.fromarray(chance.integers(0, 256, (12, 12)).astype(np.uint8)).resize((240, 240))
    board = 45 + 25 * np.asarray(smears) / FULL
    grey = np.asarray(photographed(board + (215 - board) * chalk, chance))
    return Image.fromarray((grey[:, :, np.newaxis] * (0.85, 1.0, 0.9)).astype(np.uint8))


def coloured(digit: ByteArray, chance: Generator) -> Image.Image:
    inks, papers = ((30, 60, 190), (190, 30, 40), (20, 110, 60)), ((255, 240, 150), (250, 200, 210), (240, 240, 240))
    ink, paper = np.array(inks[chance.integers(3)]), np.array(papers[chance.integers(3)])
    share = np.asarray(written(digit, chance))[:, :, np.newaxis] / FULL
    return Image.fromarray((paper + (ink - paper) * share).astype(np.uint8))


# In light and shadow, on a desk


def falling_light(digit: ByteArray, chance: Generator) -> Image.Image:
    """Let the light fall to between 60 and 30 % across the page, or from its middle to its corners."""
    page, dimming = on_paper(written(digit, chance), 50), chance.uniform(0.4, 0.7)
    if chance.random() < 0.7:
        return photographed(page, chance, dimming)
    y, x = np.mgrid[-1 : 1 : page.shape[0] * 1j, -1 : 1 : page.shape[1] * 1j]
    return photographed(page * (1 - dimming * (x**2 + y**2) / 2), chance)


def hard_shadow(digit: ByteArray, chance: Generator) -> Image.Image:
    page = on_paper(written(digit, chance), 45)
    in_shadow = slope(page.shape, chance) > chance.uniform(0.3, 0.7)
    return photographed(np.where(in_shadow, chance.uniform(0.5, 0.75), 1) * page, chance)


def soft_shadow(digit: ByteArray, chance: Generator) -> Image.Image:
    """Let a head or a hand throw its shadow."""
    page = on_paper(written(digit, chance), 45)
    y, x = np.mgrid[: page.shape[0], : page.shape[1]]
    left, top = chance.uniform(0, 240, 2)
    beyond = np.hypot(x - left, y - top) - chance.uniform(50, 130)  # pixels outside of the round shadow
    light = 1 - chance.uniform(0.3, 0.5) / (1 + np.exp(beyond / chance.uniform(6, 20)))
    return photographed(page * light, chance)


def sheet_on_desk(digit: ByteArray, chance: Generator) -> Image.Image:
    """Photograph a whole sheet on a desk, or one that runs out of the picture at a side."""
    desk, angle = int(chance.integers(30, 130)), chance.uniform(-15, 15)
    page = on_paper(written(digit, chance, side=260), 45, chance.uniform(210, 240))
    if chance.random() < 0.3:  # a slate
        desk, page = FULL - desk, FULL - page
    sheet = as_picture(page).crop((15, 0, 245, 260))
    shape = Image.new("L", sheet.size, FULL).rotate(angle, expand=True)
    scene = Image.new("L", (420, 420), desk)
    left, top = chance.integers(-15, 420 - max(shape.size), 2).tolist()
    scene.paste(sheet.rotate(angle, Image.Resampling.BICUBIC, expand=True), (left, top), shape)
    grain = chance.normal(0, 4, (420, 1)) * (np.asarray(scene) == desk)
    return photographed(np.asarray(scene) + grain, chance)


def desk_beside_page(digit: ByteArray, chance: Generator) -> Image.Image:
    """Photograph a page so close that the desk shows at one side only."""
    spare = int(chance.integers(10, 75))
    page = np.pad(on_paper(written(digit, chance, side=240), 45), spare, constant_values=235)
    side = len(page)
    edge = chance.uniform(0.4, 1.2) * spare + chance.uniform(-9, 9) * np.linspace(-1, 1, side)[:, np.newaxis]
    is_desk = np.rot90(np.arange(side) < edge, int(chance.integers(4)))
    return photographed(np.where(is_desk, chance.uniform(40, 150), page), chance)


HANDWRITING: dict[str, Handwritten] = {
    "on a screen": plain,
    "fills the picture": filling,
    "8×8 pixels": bitmap,
    "8×8 pixels, enlarged": enlarged_bitmap,
    "tiny": tiny,
    "hairline": hairline,
    "brush": brush,
    "turned by 30°": turned,
    "JPEG of low quality": compressed,
    "in a circle or an oval": encircled,
    "in a box": boxed,
    "underlined": underlined,
    "ruled paper": partial(on_lines, pitches=(0.09, 0.19), squared=False),
    "squared paper": partial(on_lines, pitches=(0.056, 0.094), squared=True),
    "pencil": pencil,
    "blackboard": blackboard,
    "coloured": coloured,
    "light that falls off": falling_light,
    "hard shadow": hard_shadow,
    "soft shadow": soft_shadow,
    "sheet on a desk": sheet_on_desk,
    "desk beside the page": desk_beside_page,
}
