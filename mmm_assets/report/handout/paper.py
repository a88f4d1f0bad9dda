"""Pages of paper to write and draw on, in points from the upper left corner of an A4 page."""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib.resources import files
from io import BytesIO
from pathlib import Path
from typing import Literal

from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.utils import simpleSplit
from reportlab.pdfbase.pdfmetrics import registerFont, stringWidth
from reportlab.pdfbase.ttfonts import TTFError, TTFont
from reportlab.pdfgen.canvas import Canvas

WIDTH, HEIGHT = landscape(A4)
MARGIN = 42.0
"""Between the edge and what is written, points."""
INK, MUTED, RULE, SOFT, DARK, FILL = 0.1, 0.38, 0.75, 0.93, 0.28, 0.66
"""Shades, from 0 (black) to 1 (white)."""

_FONTS = {"plain": "SourceSansPro-Regular.ttf", "bold": "SourceSansPro-Semibold.ttf"}
_UNKNOWN = "□"
"""Stands for a sign that no font has."""

Align = Literal["left", "right", "middle"]


class UnusableFont(ValueError):
    """A file that is no font which can be embedded."""


@dataclass
class Paper:
    """A document that is written page by page.

    Parameters
    ----------
    title
        For the file's properties.
    font
        TrueType font for texts that have signs which the embedded one lacks.

    Raises
    ------
    UnusableFont
        If the font cannot be read.
    """

    title: str
    font: Path | None = None
    lacking: set[str] = field(default_factory=set, init=False)
    """Signs that were asked for and no font has."""

    def __post_init__(self) -> None:
        self._saved = BytesIO()
        self._canvas = Canvas(self._saved, pagesize=(WIDTH, HEIGHT), invariant=1)
        self._canvas.setTitle(self.title)
        folder = files("font_source_sans_pro").joinpath("files")
        self._known: dict[str, set[int]] = {}
        for name, file in _FONTS.items():
            self._register(name, str(folder.joinpath(file)))
        if self.font is not None:
            self._register("other", str(self.font))

    def _register(self, name: str, file: str) -> None:
        try:
            font = TTFont(name, file)
        except (TTFError, OSError) as error:
            raise UnusableFont(f"{file} is no TrueType font that can be embedded") from error
        registerFont(font)
        self._known[name] = set(font.face.charToGlyph)

    def turn(self) -> None:
        """Begin the next page."""
        self._canvas.showPage()

    def finished(self) -> bytes:
        """Return the document."""
        self._canvas.save()
        return self._saved.getvalue()

    def width(self, text: str, size: float, bold: bool = False) -> float:
        """Points that a text takes."""
        text, font = self._written(text, bold)
        return float(stringWidth(text, font, size))

    def write(
        self,
        x: float,
        y: float,
        text: str,
        size: float = 9,
        *,
        bold: bool = False,
        shade: float = INK,
        align: Align = "left",
        room: float | None = None,
    ) -> None:
        """Write one line, its base at ``y``; shortened where it is wider than ``room``."""
        if room is not None:
            while len(text) > 1 and self.width(text, size, bold) > room:
                text = text[:-2].rstrip() + "…"
        text, font = self._written(text, bold)
        self._canvas.setFillGray(shade)
        self._canvas.setFont(font, size)
        draw = {"left": self._canvas.drawString, "right": self._canvas.drawRightString,
                "middle": self._canvas.drawCentredString}[align]  # fmt: skip
        draw(x, HEIGHT - y, text)

    def paragraph(
        self, x: float, y: float, text: str, size: float, room: float, most: int = 4,
        *, bold: bool = False, shade: float = INK,
    ) -> float:  # fmt: skip
        """Write lines no wider than ``room``, at ``most`` so many; return where the next begins."""
        text, font = self._written(text, bold)
        lines = simpleSplit(text, font, size, room)
        if len(lines) > most:
            lines = [*lines[: most - 1], " ".join(lines[most - 1 :])]
        for line in lines:
            self.write(x, y, line, size, bold=bold, shade=shade, room=room)
            y += 1.28 * size
        return y

    def line(
        self, x: float, y: float, to_x: float, to_y: float, shade: float = RULE, width: float = 0.6,
        dashed: bool = False,
    ) -> None:  # fmt: skip
        """Draw a line."""
        self._canvas.setStrokeGray(shade)
        self._canvas.setLineWidth(width)
        self._canvas.setDash([2, 2] if dashed else [])
        self._canvas.line(x, HEIGHT - y, to_x, HEIGHT - to_y)

    def box(
        self, x: float, y: float, width: float, height: float, shade: float = DARK,
        hollow: bool = False,
    ) -> None:  # fmt: skip
        """Draw a box below and right of a point, filled or as its outline alone."""
        self._canvas.setDash([])
        self._canvas.setLineWidth(0.9)
        self._canvas.setStrokeGray(shade)
        self._canvas.setFillGray(1 if hollow else shade)
        self._canvas.rect(x, HEIGHT - y - height, width, height, stroke=int(hollow), fill=1)

    def dot(self, x: float, y: float, radius: float = 2.2, shade: float = INK) -> None:
        """Draw a filled circle around a point."""
        self._canvas.setFillGray(shade)
        self._canvas.circle(x, HEIGHT - y, radius, stroke=0, fill=1)

    def _written(self, text: str, bold: bool) -> tuple[str, str]:
        """The text as it can be written, and by which font."""
        text = " ".join(text.replace("\u00a0", "\u2007").split()).replace("\u2007", "\u00a0")
        usual = "bold" if bold else "plain"
        lacking = {sign for sign in text if ord(sign) not in self._known[usual]}
        if not lacking:
            return text, usual
        known = self._known.get("other", set())
        if all(ord(sign) in known for sign in text):
            return text, "other"
        self.lacking |= lacking
        blank = _UNKNOWN if ord(_UNKNOWN) in self._known[usual] else "?"
        return "".join(blank if sign in lacking else sign for sign in text), usual
