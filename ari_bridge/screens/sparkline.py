"""The caller's last readings as a small picture: each with the band of its error, and hatched where nothing was known.

Every reading is drawn as the stretch that it is: no line joins two of them, since nothing is known of what is between.
The words beside the picture say the same: it has no letters, and is for families with colour images only.
Written as PNG (ISO/IEC 15948) with a palette, in a few lines, so that a bridge needs no library for pictures.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from analysis.emotion.score import Estimate

MAX_READINGS: Final = 24
"""The newest; what is older than some minutes says nothing of now."""
WIDTH_PX: Final = 144
HEIGHT_PX: Final = 48

_PAPER, _MIDDLE, _HATCH, _BAND, _LINE = range(5)
_PALETTE: Final = bytes((255, 255, 255, 205, 210, 216, 150, 156, 164, 176, 206, 232, 20, 72, 120))
"""Red, green and blue of each of them: paper, the line of the middle, hatching, band, reading."""
_LINE_PX: Final = 2


def png(readings: Sequence[Estimate | None]) -> bytes:
    """The picture of 144 x 48 pixels: tense above, calm below, the newest of `readings` at the right.

    They are activations, the oldest first, of which the newest 24 are drawn; None where nothing was known, or where an
    agent contested it. Same readings, same bytes.
    """
    return _encoded(_pixels(readings[-MAX_READINGS:]))


def _pixels(readings: Sequence[Estimate | None]) -> NDArray[np.uint8]:
    """Indices into the palette, shape (48, 144)."""
    pixels = np.full((HEIGHT_PX, WIDTH_PX), _PAPER, np.uint8)
    pixels[HEIGHT_PX // 2, ::4] = _MIDDLE
    step_px = WIDTH_PX // MAX_READINGS
    left = WIDTH_PX - step_px * len(readings)
    for index, reading in enumerate(readings):
        stretch = pixels[:, left + index * step_px : left + (index + 1) * step_px]
        if reading is None:
            rows, columns = np.indices(stretch.shape)
            stretch[(rows + columns) % step_px == 0] = _HATCH
            continue
        stretch[_row(reading.value + reading.sigma) : _row(reading.value - reading.sigma) + 1] = _BAND
        middle = min(_row(reading.value), HEIGHT_PX - _LINE_PX)
        stretch[middle : middle + _LINE_PX] = _LINE
    return pixels


def _row(value: float) -> int:
    return round((1.0 - min(max(value, 0.0), 1.0)) * (HEIGHT_PX - 1))


def _encoded(pixels: NDArray[np.uint8]) -> bytes:
    height, width = pixels.shape
    header = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)  # 8 bits, palette, no interlace
    rows = b"".join(b"\0" + row.tobytes() for row in pixels)  # filter 0: none
    chunks = ((b"IHDR", header), (b"PLTE", _PALETTE), (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, data) for name, data in chunks)


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
