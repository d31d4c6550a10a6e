"""The styles in which people write digits: a table of skeletons, the points along a pen's path.

The styles are those of pupils and adults in many countries, drawn by eye. `strokes` varies points, proportions, slant
and stroke width, so that each row stands for a family of shapes.
"""

from __future__ import annotations

from typing import NamedTuple

SHEET = 100  # height of a skeleton, in units of its coordinates


class Skeleton(NamedTuple):
    """One way to write a digit.

    weight: relative frequency among the digit's skeletons.
    strokes: points "x,y" of the pen's path, on a sheet 100 wide and 100 high, y downwards. The path is smooth, except
        at points marked "!", which are corners. "/" separates strokes.
    """

    digit: int
    style: str
    weight: float
    strokes: str


# The weights aren't the frequencies of one country. MNIST contains the common American styles: a style that it lacks
# has the weight of a common one if a whole country writes it, and at most half of that if only some people do.
SKELETONS = (
    # Round or narrow everywhere; engineers add a slash. Quick writing leaves the top open, or adds a bar there.
    Skeleton(0, "round", 6, "50,0 20,12 5,50 20,88 50,100 80,88 95,50 80,12 50,0"),
    Skeleton(0, "narrow", 5, "52,0 32,14 23,50 32,86 50,100 68,86 77,50 68,14 48,0"),
    Skeleton(0, "begun inside", 2, "66,14 46,2 22,18 13,55 24,90 50,100 76,86 87,45 74,10 54,1 40,6"),
    Skeleton(0, "tail", 1, "40,6 18,22 8,56 22,92 50,100 78,84 88,48 72,10 42,2 30,12 46,20"),
    Skeleton(0, "boxy", 1, "35,0 12,12 5,50 12,88 35,100 65,100 88,88 95,50 88,12 65,0 35,0"),
    Skeleton(0, "slashed inside", 1, "50,0 28,14 17,50 28,86 50,100 72,86 83,50 72,14 50,0 / 72,18 28,82"),
    Skeleton(0, "slashed across", 1, "50,0 26,14 15,50 26,86 50,100 74,86 85,50 74,14 50,0 / 92,2 8,98"),
    Skeleton(0, "open at the top", 1, "28,8 10,44 24,90 54,100 84,82 90,42 70,8"),
    Skeleton(0, "bar at the top", 1, "-4,16 40,8 76,18 92,58 62,98 22,84 18,40 54,4"),
    Skeleton(0, "wide", 1.5, "50,0 4,16 -14,50 8,88 50,100 96,86 114,50 94,14 50,0"),
    # A single stem in English-speaking countries and Korea. With a flag in continental Europe and Latin America: in
    # France and Czechia it is often as long as the stem, straight or curved, and only the angle at the top and the
    # missing bar distinguish it from a 7. A foot comes with a flag, as in print, and most often in Brazil.
    Skeleton(1, "plain", 8, "50,0 50,100"),
    Skeleton(1, "bent", 2, "54,0 48,50 52,100"),
    Skeleton(1, "short flag", 3, "28,32 52,0! 52,100"),
    Skeleton(1, "round flag", 1, "26,32 42,21 54,0! 52,100"),
    Skeleton(1, "long flag", 3, "12,44 52,0! 52,100"),
    Skeleton(1, "very long flag", 2, "10,62 54,0! 50,100"),
    Skeleton(1, "foot", 0.5, "50,0 50,100 / 20,100 80,100"),
    Skeleton(1, "flag and foot", 4, "24,32 50,0! 50,100 / 16,100 84,100"),
    Skeleton(1, "flag and narrow foot", 2, "28,28 50,0! 50,100 / 30,100 72,100"),
    Skeleton(1, "long flag and foot", 2, "14,40 54,0! 54,100 / 14,100 92,100"),
    Skeleton(1, "flag as long as the stem", 3, "4,86 48,0! 60,100"),
    Skeleton(1, "round and long flag", 2, "6,78 28,30 46,3 58,10 62,40 64,100"),
    Skeleton(1, "swung flag", 3, "0,66 20,58 40,34 58,0! 58,100"),
    Skeleton(1, "swung flag from the line", 2, "0,90 26,80 46,46 62,0! 60,100"),
    Skeleton(1, "curled flag", 2, "0,42 8,62 26,60 46,34 60,0! 58,100"),
    Skeleton(1, "swung flag from the waist", 1.5, "2,54 34,46 52,24 56,0! 56,100"),
    Skeleton(1, "flag and foot, one line", 2, "22,32 54,0! 46,96! 6,98! 96,94"),
    Skeleton(1, "flag as long as the stem, foot", 2, "4,80 50,0! 54,100 / 8,100 100,98"),
    Skeleton(1, "flag and wide foot", 2, "22,30 52,0! 50,90 / -14,94 112,92"),
    # Cursive styles have loops: at the foot in the Americas, in the head in France. A small head and a long, flat foot
    # are common in Korea. In quick writing, the head or the foot is only a bend.
    Skeleton(2, "plain", 4, "10,24 24,6 50,0 76,9 80,32 62,58 36,80 8,100! 90,100"),
    Skeleton(2, "sharp foot", 3, "8,16 34,1 64,3 76,22 66,48 40,74 6,97! 50,94 94,98"),
    Skeleton(2, "like a Z", 2, "10,5 85,5! 10,95! 90,95"),
    Skeleton(2, "curved Z", 2, "8,14 36,2 66,2 80,16 64,44 38,70 10,95! 92,92"),
    Skeleton(2, "small loop", 3, "12,22 34,2 62,4 74,24 66,50 44,76 20,95 6,90 14,78 36,82 62,95 96,96"),
    Skeleton(2, "large loop", 2, "10,22 34,2 64,6 70,32 54,66 28,96 4,95 2,76 26,70 58,88 98,90"),
    Skeleton(2, "swan", 2, "14,30 20,9 46,0 72,8 78,30 60,58 34,82 10,98! 36,90 64,98 94,90"),
    Skeleton(2, "curled start", 1, "26,26 14,30 10,14 30,1 60,2 76,20 66,50 38,78 8,100! 90,98"),
    Skeleton(2, "round with loop", 3, "22,44 10,22 34,0 70,8 76,38 48,80 18,96 2,84 22,74 60,84 100,84"),
    Skeleton(2, "long foot", 2, "8,26 30,4 62,3 74,22 50,54 0,88! 54,86 118,78"),
    Skeleton(2, "closed head", 3, "58,40 34,44 22,24 42,2 66,8 70,34 52,66 12,96! 96,94"),
    Skeleton(2, "closed head, swan", 2, "52,36 28,40 20,20 44,0 68,14 66,42 42,74 10,98! 36,88 66,96 96,84"),
    Skeleton(2, "two loops", 2, "44,42 20,34 26,6 56,0 72,22 58,56 32,86 10,98 4,88 18,80 50,92 96,94"),
    Skeleton(2, "closed head, curled foot", 1, "56,38 26,38 24,10 54,0 70,18 66,56 48,90 24,98 16,88 34,84 84,98"),
    Skeleton(2, "small head", 2, "14,20 34,2 48,6 48,24 30,56 4,94! 50,92 108,88"),
    Skeleton(2, "like an L", 2, "16,10 30,0 36,12 28,50 10,92! 92,88"),
    Skeleton(2, "like a round L", 2, "6,14 20,0 30,8 24,44 18,78 28,98 60,96 94,80"),
    Skeleton(2, "short foot", 2, "12,30 30,4 58,2 66,24 54,60 36,94! 66,98 92,90"),
    Skeleton(2, "round foot", 3, "16,16 46,0 72,14 70,38 46,62 22,82 24,97 54,98 86,92"),
    Skeleton(2, "wide", 2, "0,30 40,4 80,10 70,50 20,92! 70,88 130,84"),
    Skeleton(2, "like a wide L", 1.5, "8,8 20,0 24,14 14,88! 70,84 130,92"),
    Skeleton(2, "like an angle", 1.5, "28,4 36,0 32,16 0,74! 50,76 112,80"),
    Skeleton(2, "like a question mark", 1.5, "12,24 34,2 60,12 58,36 40,62 34,88 46,100 64,94"),
    Skeleton(2, "like a 1", 1.5, "26,22 46,2 60,8 48,52 10,98! 104,92"),
    Skeleton(2, "crossed head", 1.5, "84,36 40,46 20,24 40,2 62,10 60,34 36,70 6,98! 40,90 90,100"),
    Skeleton(2, "wave", 0.5, "0,40 20,20 38,30 36,58 34,84! 64,66 116,16"),
    # Taught forms are round or have a flat top; quick ones are slim, and lack the waist or the end of the tail.
    Skeleton(3, "round", 4, "12,14 34,1 64,3 77,22 64,40 38,47! 70,54 85,76 68,96 38,100 8,88"),
    Skeleton(3, "flat top", 2, "12,3 80,3! 42,42! 74,50 86,74 68,96 38,100 8,88"),
    Skeleton(3, "shallow waist", 2, "14,10 44,0 72,10 74,30 56,46! 78,60 80,84 54,99 10,92"),
    Skeleton(3, "waist loop", 2, "12,12 40,0 72,8 74,28 54,44 34,50 36,43 60,48 82,66 78,90 46,100 8,90"),
    Skeleton(3, "angular", 2, "12,4 78,8! 40,45! 82,68! 64,96 10,96"),
    Skeleton(3, "curled", 1, "22,24 12,14 34,0 66,4 76,22 62,41 40,46! 74,56 84,78 66,97 34,100 14,88 24,78"),
    Skeleton(3, "slim", 2, "20,10 50,0 60,14 46,38 34,48! 58,56 66,74 52,94 24,100"),
    Skeleton(3, "open tail", 1.5, "10,20 40,6 80,4 58,34! 80,52 72,80 48,100"),
    Skeleton(3, "boxy", 1, "10,2 88,2! 44,44! 88,52 92,92! 8,98"),
    # Open and of two strokes almost everywhere; closed, as in print, most often in Korea and North America; in France
    # and Czechia often an L with a low bar and a short second stroke. In one stroke it looks like a Y or an h.
    Skeleton(4, "printed, foot", 1, "94,74 4,74! 66,0! 66,100 / 38,100 92,100"),
    Skeleton(4, "open", 4, "22,0 10,56! 90,56 / 68,4 64,100"),
    Skeleton(4, "open and round", 3, "20,0 12,30 18,50 44,55 82,48 / 80,0 72,100"),
    Skeleton(4, "open, tall stem", 2, "32,20 8,66! 92,64 / 66,0 60,100"),
    Skeleton(4, "open, short stem", 2, "38,0 6,62! 94,60 / 64,32 58,100"),
    Skeleton(4, "closed", 3, "64,0 6,66! 94,66 / 64,0 64,100"),
    Skeleton(4, "closed, one line", 2, "94,64 8,66! 62,0! 62,100"),
    Skeleton(4, "closed, no overhang", 1, "70,52 14,54! 66,0! 66,100"),
    Skeleton(4, "upright", 2, "14,0 12,52! 82,52 / 78,0 78,100"),
    Skeleton(4, "like a Y", 3, "10,6 22,44 44,48 78,34 / 92,0 48,100"),
    Skeleton(4, "small bowl", 2, "30,0 12,36 24,50 78,40 / 70,14 56,100"),
    Skeleton(4, "round triangle", 2, "100,44 30,52 8,42 28,18 60,0! 54,100"),
    Skeleton(4, "low bar", 3, "40,0 10,70! 92,66 / 60,46 56,100"),
    Skeleton(4, "like an h", 1.5, "30,0 14,66! 70,44! 64,100"),
    Skeleton(4, "one line", 2, "18,4 12,48 40,54 78,8! 66,100"),
    Skeleton(4, "looped elbow", 1, "34,0 14,48 6,64 20,66 92,54 / 66,22 58,100"),
    Skeleton(4, "round head", 1.5, "62,20 34,10 8,40 30,50 104,44 / 62,0 56,100"),
    Skeleton(4, "leaning stem", 1.5, "44,0 10,60! 82,52 / 70,26 36,100"),
    Skeleton(4, "small triangle, long stem", 1.5, "86,36 16,38! 56,0! 50,100"),
    # Two strokes as taught, a body and a bar; written in one stroke it resembles an S.
    Skeleton(5, "plain", 3, "24,2 18,44! 46,37 76,48 84,72 66,95 36,100 8,88 / 24,2 84,1"),
    Skeleton(5, "one line", 2, "84,2 25,3! 20,44! 50,36 79,50 82,78 58,98 10,92"),
    Skeleton(5, "apart bar", 2, "28,12 20,46! 46,40 74,52 80,76 60,97 34,100 6,90 / 40,2 92,-4"),
    Skeleton(5, "slanted", 3, "40,8 24,42! 54,46 66,66 50,90 26,100 4,94 / 40,8 96,2"),
    Skeleton(5, "like an S", 2, "84,4 56,0 30,14 28,36 56,50 76,68 66,92 38,100 8,90"),
    Skeleton(5, "angular", 1, "80,3 22,3! 20,44! 76,46! 78,94! 10,96"),
    Skeleton(5, "long bar", 3, "38,8 28,40! 54,44 60,66 42,90 4,96 / 38,10 104,0"),
    Skeleton(5, "small bowl", 2, "30,4 22,56! 48,50 66,66 60,88 36,100 8,94 / 30,4 88,2"),
    # The loop differs: wide and open, or small and closed at the line; the stem is straight, or hooked at its top.
    Skeleton(6, "curved stem", 3, "74,6 50,1 26,24 12,62 24,93 52,100 78,86 78,64 54,53 28,62 14,78"),
    Skeleton(6, "straight stem", 4, "66,0 40,28 18,66 24,94 50,100 74,86 72,66 50,58 26,72 20,86"),
    Skeleton(6, "upright stem", 2, "30,0 18,40 18,76 32,98 56,98 72,80 62,62 40,62 20,80"),
    Skeleton(6, "large loop", 3, "66,0 34,16 10,52 16,88 48,100 80,86 86,60 62,42 32,46 12,64"),
    Skeleton(6, "small loop", 2, "62,0 34,36 22,74 28,96 46,100 62,90 58,76 42,74 26,88"),
    Skeleton(6, "wide bowl", 3, "44,0 20,40 10,80 26,99 64,96 88,80 78,64 54,68 34,92"),
    Skeleton(6, "hooked stem", 2, "82,16 66,1 42,12 18,44 14,80 34,100 62,94 74,74 60,58 36,64 22,80"),
    Skeleton(6, "bowl apart", 2, "40,0 18,44 14,84 36,100 66,92 74,74 58,62 34,76"),
    Skeleton(6, "tiny loop", 3, "64,0 40,40 26,80 34,98 48,98 54,84 44,76 30,86"),
    Skeleton(6, "swan", 3, "84,26 76,4 52,4 24,36 12,76 30,100 62,94 72,68 50,56 22,78"),
    Skeleton(6, "long top", 1.5, "110,8 60,2 26,20 18,60 26,94 54,100 70,80 54,62 22,70"),
    Skeleton(6, "long hook", 2, "80,22 72,4 54,0 30,24 14,70 30,98 58,86 68,62 54,50 34,62 22,84"),
    # A bar in continental Europe and Latin America, where a 1 has a flag, often with a serif or a wave at the top.
    Skeleton(7, "plain", 4, "10,4 88,4! 42,100"),
    Skeleton(7, "bent stem", 3, "8,8 48,4 86,5! 58,44 44,100"),
    Skeleton(7, "round corner", 2, "8,10 44,3 76,6 78,26 62,56 48,100"),
    Skeleton(7, "serif", 2, "10,22 12,4! 86,4! 44,100"),
    Skeleton(7, "wave", 1, "8,18 16,4 42,9 66,9 84,2! 58,48 44,100"),
    Skeleton(7, "deep serif", 2, "8,42 14,6! 84,4! 66,52 60,100"),
    Skeleton(7, "bar", 4, "10,4 86,4! 42,100 / 30,50 84,48"),
    Skeleton(7, "bent stem and bar", 2, "8,8 48,4 84,5! 60,44 46,100 / 26,52 86,48"),
    Skeleton(7, "serif and bar", 2, "10,22 12,4! 86,4! 44,100 / 32,52 84,48"),
    Skeleton(7, "wave and bar", 1, "8,18 16,4 42,9 66,9 84,2! 58,48 44,100 / 28,52 82,46"),
    Skeleton(7, "upright with bar", 2, "10,6 44,3 78,3! 60,36 52,66 50,100 / 22,48 88,46"),
    Skeleton(7, "hook and bar", 2, "8,26 16,4 50,8 84,2! 56,46 42,100 / 24,50 84,46"),
    Skeleton(7, "low bar", 1, "10,4 84,4! 50,100 / 28,66 80,62"),
    Skeleton(7, "large wave and bar", 1.5, "0,28 20,10 44,20 82,0! 60,44 44,100 / 16,60 90,44"),
    Skeleton(7, "round corner and bar", 2, "8,18 22,4 52,4 76,8 72,28 58,52 48,100 / 22,52 88,48"),
    # Mostly one stroke from the right shoulder; also two circles, or a start in the waist.
    Skeleton(8, "one line", 4, "76,14 52,0 26,14 34,36 62,54 76,76 54,99 26,90 24,68 46,50 70,34 76,14"),
    Skeleton(8, "open at the top", 3, "74,10 48,2 28,18 40,40 60,58 66,82 44,100 22,86 32,62 58,42 86,4"),
    Skeleton(8, "two circles", 3, "50,46 24,34 30,3 70,3 76,34 50,46 / 50,46 16,64 26,97 74,97 84,64 50,46"),
    Skeleton(8, "from the waist", 2, "46,46 24,28 36,4 62,4 74,24 54,46 28,64 20,84 46,100 76,88 72,66 46,46"),
    Skeleton(8, "small head", 2, "68,16 52,3 36,14 42,32 66,52 80,76 54,99 22,88 24,62 48,40 64,28 68,16"),
    Skeleton(8, "straight upstroke", 4, "78,10 50,0 26,16 40,38 62,62 60,88 36,100 20,84 40,56 82,6"),
    Skeleton(8, "small foot", 2, "80,14 52,0 22,12 24,34 52,52 66,74 54,98 36,96 34,76 52,54 78,34 80,14"),
    # A straight stem in North America and Korea; in France and Czechia a round or flat tail, often with a small loop.
    Skeleton(9, "straight stem", 4, "76,16 50,0 22,10 16,34 38,48 64,38 78,12! 74,100"),
    Skeleton(9, "slanted stem", 3, "72,12 44,0 20,16 22,38 46,42 68,24 74,8! 62,54 46,100"),
    Skeleton(9, "bent stem", 2, "74,18 52,0 24,10 18,34 40,46 64,36 75,16 74,50 66,76 50,100"),
    Skeleton(9, "hooked", 4, "78,18 52,0 24,10 18,34 40,46 66,38 78,16 80,60 66,92 38,100 14,88"),
    Skeleton(9, "curled", 2, "80,16 54,0 24,8 16,32 40,46 70,36 80,12! 84,62 74,92 42,100 14,90 22,76"),
    Skeleton(9, "small loop", 1, "66,14 46,2 28,14 34,34 54,34 66,14! 66,100"),
    Skeleton(9, "arch", 2, "78,34 50,44 22,34 16,16 42,0 70,6 80,24 81,60 80,100"),
    Skeleton(9, "long stem", 1, "70,16 48,1 26,14 28,36 50,42 68,30 72,12 73,56 70,100"),
    Skeleton(9, "open", 2, "78,4 44,2 18,22 24,42 52,42 82,6! 66,56 52,100"),
    Skeleton(9, "angular", 2, "78,6 34,4 14,36! 46,42 78,8! 62,56 54,100"),
    Skeleton(9, "wide head", 2, "84,20 58,0 20,6 4,26 22,40 58,34 86,10 78,54 66,100"),
    Skeleton(9, "small loop, round tail", 3, "62,8 42,2 34,16 48,28 64,18 72,4! 78,50 68,86 40,100 10,88"),
    Skeleton(9, "like a g", 3, "66,20 48,0 28,10 32,32 54,36 68,20! 84,60 70,94 34,100 6,82"),
    Skeleton(9, "open loop, round tail", 2, "74,8 44,0 26,14 34,34 58,34 76,16! 86,58 68,94 32,98 8,86"),
    Skeleton(9, "flat tail", 1.5, "76,20 50,2 26,16 32,38 60,36 78,18! 80,96! 4,98"),
    Skeleton(9, "large loop", 2, "72,8 36,0 10,30 14,56 40,60 70,30 78,4! 76,100"),
)
