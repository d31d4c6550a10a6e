"""Every way to part the ink of a row into digits.

The ink is parted into atoms that no two digits share: its connected pieces, and where digits may touch, what lies on
either side of a cut. Atoms side by side make candidates, each with a cost: how much its form speaks against it.
Costs are natural logarithms of probabilities, as the network's outputs are weighed; lengths are in heights of the row.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from mnistnet.errors import PictureError
from mnistnet.images import BoolArray, ByteArray, FloatArray, IntArray
from mnistnet.pictures.cuts import MIN_TALL, Cut, Seams
from mnistnet.pictures.digit import is_blot
from mnistnet.pictures.filters import Box, Pieces, grow_mask, pen_width
from mnistnet.pictures.outlines import filled
from mnistnet.pictures.preparation import VISIBLE, draw_like_mnist

MAX_ATOMS = 100  # twenty digits, each in five parts; more is noise, or text
MAX_PARTS = 5  # of one digit, unless it is one piece: what was cut may be one after all
MAX_GAP = 0.35  # between two parts of one digit
MAX_WIDE = 1.5  # what is wider is not put together,
MAX_WIDEST = 2.2  # unless it is one piece

# The costs, chosen on numbers that people wrote
MAX_COST = 2.5  # of what is put together; more has hardly a chance
CUT, CUT_POWER = 0.55, 1.6  # of a cut, by the widths of the pen that it crosses
CUT_AGAIN = 0.45  # of each stroke after the first that it crosses: digits touch in one place, a 0 is crossed twice
SPLIT = 0.5  # of parting what stands one above the other
JOIN, JOIN_APART = 1.75, 0.65  # of joining what stands side by side all the way down; the same by the space between
SHORT, MIN_HEIGHT = 3.3, 0.78  # of being lower than the others
TALL, MAX_HEIGHT = 0.6, 1.5  # of being higher
WIDE, MAX_WIDTH = 1.2, 0.75  # of being wider than most digits are


@dataclass(frozen=True, eq=False)
class Candidate:
    """Ink that may be one digit.

    Attributes:
        image: uint8 (28, 28), as MNIST would hold it.
        box: where it is.
        start: its first atom.
        stop: one past its last atom.
        cost: how much its form speaks against it.
    """

    image: ByteArray
    box: Box
    start: int
    stop: int
    cost: float = 0.0


@dataclass(frozen=True, eq=False)
class Row:
    """All that may be the digits of one number.

    Attributes:
        candidates: by their first atoms.
        splits: for each atom, how much speaks against a digit beginning with it.
        extents: for each atom, how large it is.
        is_alone: whether nothing else is written in the picture.
    """

    candidates: tuple[Candidate, ...]
    splits: tuple[float, ...] = (0.0,)
    extents: tuple[float, ...] = (1.0,)
    is_alone: bool = True


@dataclass(frozen=True, eq=False)
class _Atom:
    """Ink that no two digits share.

    Attributes:
        own: bool (height, width), where in its box it is.
        box: where that is.
        piece: the piece that it is of.
        whole: the box of that piece.
        cut: what is on its left, if not the left end of the piece.
    """

    own: BoolArray
    box: Box
    piece: int
    whole: Box
    cut: Cut | None

    @property
    def sides(self) -> tuple[IntArray, IntArray]:
        """The first column and one past the last column of the ink in each of the box's rows; none: width and 0."""
        width = self.own.shape[1]
        filled = self.own.any(axis=1)
        left = np.where(filled, self.own.argmax(axis=1), width)
        right = np.where(filled, width - self.own[:, ::-1].argmax(axis=1), 0)
        return self.box.left + left, self.box.left + right


def part(grey: FloatArray, pieces: Pieces, chosen: BoolArray, height: float) -> Row:
    """Part the ink of a row.

    Args:
        grey: float32 (rows, columns), 0 to 1, the row's ink alone.
        pieces: the pieces of all ink.
        chosen: bool, which of them make the row.
        height: of its digits, in pixels.

    Returns:
        All that may be its digits; their boxes are in pixels of `grey`.

    Raises:
        PictureError: it has far more parts than any number.
    """
    pen = max(1.0, pen_width(grey))  # one pen for the whole row
    seams = Seams(grey, height, pen)
    atoms = [atom for piece in np.flatnonzero(chosen) for atom in _atoms_of(pieces, int(piece), seams)]
    if len(atoms) > MAX_ATOMS:
        raise PictureError("too much in a row to be a number; crop to one number")
    atoms.sort(key=lambda atom: atom.box.left + atom.box.right)
    candidates = tuple(_candidates(grey, atoms, height, pen))
    if not candidates:
        raise PictureError("no digit in it that stands out; crop to one number, or draw it larger")
    return Row(
        candidates=candidates,
        splits=(0.0, *(_split_cost(atoms, place, height) for place in range(1, len(atoms)))),
        extents=tuple(math.hypot(*atom.own.shape) / height for atom in atoms),
    )


def _atoms_of(pieces: Pieces, piece: int, seams: Seams) -> Iterator[_Atom]:
    """Yield the parts of a piece between its cuts, from left to right."""
    left, top, right, bottom = whole = pieces.box(piece)
    mask = pieces.labels[top:bottom, left:right] == piece
    cuts = seams.cuts(whole, mask)
    before = [np.arange(left, right) < cut.path[:, np.newaxis] for cut in cuts]
    for cut, begins, ends in zip([None, *cuts], [~mask & False, *before], [*before, mask | True], strict=True):
        own = mask & ends & ~begins
        rows, columns = np.flatnonzero(own.any(axis=1)).tolist(), np.flatnonzero(own.any(axis=0)).tolist()
        if rows:
            box = Box(left + columns[0], top + rows[0], left + columns[-1] + 1, top + rows[-1] + 1)
            yield _Atom(own[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1], box, piece, whole, cut)


def _candidates(grey: FloatArray, atoms: list[_Atom], height: float, pen: float) -> Iterator[Candidate]:
    """Yield what may be a digit, by their first atoms."""
    labels = np.full(grey.shape, -1, np.intp)
    atoms_of = Counter(atom.piece for atom in atoms)
    for place, atom in enumerate(atoms):
        labels[atom.box.top : atom.box.bottom, atom.box.left : atom.box.right][atom.own] = place
    for start in range(len(atoms)):
        cost = 0.0
        for stop in range(start + 1, len(atoms) + 1):
            parts = atoms[start:stop]
            box = _around(parts)
            of_pieces = {atom.piece for atom in parts}
            is_one_piece = len(of_pieces) == 1
            if len(parts) > MAX_PARTS and not is_one_piece:
                break
            if len(parts) > 1:
                if parts[-1].box.left - _around(parts[:-1]).right > MAX_GAP * height:
                    break
                cost += _join_cost(parts[-2], parts[-1], height)
                widest = (MAX_WIDEST if is_one_piece else MAX_WIDE) * max(height, box.height)
                if box.width > widest:
                    continue
            total = cost + _form_cost(box, height)
            if box.height > MIN_TALL * height and (total < MAX_COST or len(parts) == 1):
                ink = _ink_of(grey, labels, box, start, stop)
                if 255 * ink.max() >= VISIBLE and not is_blot(ink):
                    yield Candidate(draw_like_mnist(ink, pen), box, start, stop, total)
                    are_whole = sum(atoms_of[piece] for piece in of_pieces) == len(parts)
                    if are_whole and (full := filled(ink)) is not None:  # what is cut is no closed line
                        yield Candidate(draw_like_mnist(full), box, start, stop, total)  # with a pen of its own


def _around(parts: list[_Atom]) -> Box:
    lefts, tops, rights, bottoms = zip(*(atom.box for atom in parts), strict=True)
    return Box(min(lefts), min(tops), max(rights), max(bottoms))


def _ink_of(grey: FloatArray, labels: IntArray, box: Box, start: int, stop: int) -> FloatArray:
    """The ink of some atoms with its soft edges, cropped to it."""
    around = np.s_[max(0, box.top - 1) : box.bottom + 1, max(0, box.left - 1) : box.right + 1]
    own = (labels[around] >= start) & (labels[around] < stop)
    return np.where(own | (grow_mask(own) & (labels[around] < 0)), grey[around], 0)


# The costs of a form


def _form_cost(box: Box, height: float) -> float:
    tall, wide = box.height / height, box.width / height
    return (
        SHORT * max(0.0, MIN_HEIGHT - tall)
        + TALL * max(0.0, tall - MAX_HEIGHT)
        + WIDE * max(0.0, wide - MAX_WIDTH * max(1.0, tall))
    )


def _split_cost(atoms: list[_Atom], place: int, height: float) -> float:
    """How much speaks against two digits, of which the one ends before that atom and the other begins with it."""
    before = {atom.piece for atom in atoms[:place]}
    parted = {atom.piece: atom.cut for atom in reversed(atoms[place:]) if atom.piece in before}  # the first cut of each
    cost = sum(_cut_cost(cut) for cut in parted.values() if cut is not None)
    one, other = atoms[place - 1], atoms[place]
    if one.piece == other.piece:
        return cost
    narrower: int = min(one.own.shape[1], other.own.shape[1])
    overlap = max(0, min(one.box.right, other.box.right) - max(one.box.left, other.box.left)) / narrower
    return cost + SPLIT * overlap * (1 - _beside(one, other, height)[0])


def _cut_cost(cut: Cut) -> float:
    return CUT * math.pow(cut.crossed, CUT_POWER) + CUT_AGAIN * max(0, cut.strokes - 1)


def _join_cost(one: _Atom, other: _Atom, height: float) -> float:
    """How much speaks against one digit that both are parts of."""
    outer, inner = sorted((one.whole, other.whole), key=lambda box: box.left - box.right)
    if outer.left <= inner.left and inner.right <= outer.right:  # of one piece, or the dot in a 0
        return 0.0
    beside, apart = _beside(one, other, height)
    return JOIN * beside + JOIN_APART * apart


def _beside(one: _Atom, other: _Atom, height: float) -> tuple[float, float]:
    """In how many rows the other stands on the right of the one, at most 1; and the least space between the two."""
    top, bottom = max(one.box.top, other.box.top), min(one.box.bottom, other.box.bottom)
    right = one.sides[1][max(0, top - one.box.top) : max(0, bottom - one.box.top)]
    left = other.sides[0][max(0, top - other.box.top) : max(0, bottom - other.box.top)]
    common = (right > one.box.left) & (left < other.box.right)
    if not common.any():
        return 0.0, max(0, other.box.left - one.box.right, one.box.left - other.box.right) / height
    space = (left - right)[common]
    return min(1.0, int((space >= 0).sum()) / height), max(0, int(space.min())) / height
