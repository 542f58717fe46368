"""Writes the outlines of the glyphs that the generator prints to outlines.json.

    python3 extract.py /usr/share/fonts/truetype/dejavu > outlines.json

Needs Debian's python3-fonttools and fonts-dejavu. Run once; its result is committed. Curves are flattened, and
units are thousandths of the font size with y pointing down from the baseline.
"""

import json
import sys
from pathlib import Path

from fontTools.pens.basePen import BasePen
from fontTools.ttLib import TTFont

FONTS = {"sans": "DejaVuSans", "bold": "DejaVuSans-Bold", "serif": "DejaVuSerif", "mono": "DejaVuSansMono"}
CHARACTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
CURVE_STEPS = 3


class Flatten(BasePen):
    """Collects contours as lists of points; a quadratic curve becomes a few lines."""

    def __init__(self, glyphs: object, scale: float) -> None:
        super().__init__(glyphs)
        self.scale = scale
        self.contours: list[list[int]] = []

    def _point(self, point: tuple[float, float]) -> list[int]:
        return [round(point[0] * self.scale), round(-point[1] * self.scale)]

    def _moveTo(self, point: tuple[float, float]) -> None:
        self.contours.append(self._point(point))

    def _lineTo(self, point: tuple[float, float]) -> None:
        self.contours[-1] += self._point(point)

    def _qCurveToOne(self, control: tuple[float, float], end: tuple[float, float]) -> None:
        start = self._getCurrentPoint()
        for step in range(1, CURVE_STEPS + 1):
            t = step / CURVE_STEPS
            weights = ((1 - t) ** 2, 2 * t * (1 - t), t * t)
            points = (start, control, end)
            self._lineTo(tuple(sum(w * p[axis] for w, p in zip(weights, points)) for axis in (0, 1)))


def outlines(path: Path) -> dict[str, list]:
    """Per character: the advance, then its contours as x, y, x, y ..."""
    font = TTFont(path)
    glyphs, names = font.getGlyphSet(), font.getBestCmap()
    scale = 1000 / font["head"].unitsPerEm
    result = {}
    for character in CHARACTERS:
        glyph = glyphs[names[ord(character)]]
        pen = Flatten(glyphs, scale)
        glyph.draw(pen)
        result[character] = [round(glyph.width * scale), *pen.contours]
    return result


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    fonts = {name: outlines(folder / f"{file}.ttf") for name, file in FONTS.items()}
    rows = [
        f'"{n}":{{\n'
        + ",\n".join(f'"{c}":{json.dumps(g, separators=(",", ":"))}' for c, g in f.items())
        + "}"
        for n, f in fonts.items()
    ]
    print("{" + ",\n".join(rows) + "}")
