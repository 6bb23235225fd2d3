"""A picture of a phone's screen. The one door to Pillow, which a bridge does not need: `ouidire[reports]`.

The letters are DejaVu Sans, which comes with matplotlib: they hold every letter that a card may have in our languages.
"""

from __future__ import annotations

import io
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from PIL import Image, ImageDraw, ImageFont
from PIL.PngImagePlugin import PngInfo

from ari_bridge.cli.phones.looks import Look
from ari_bridge.cli.phones.seen import Seen, seen

DIGEST: Final = "document-sha256"
"""The PNG's text that names the document it was drawn from."""

_BODY: Final = (43, 46, 51)
_EDGE: Final = (90, 95, 102)
_FRAME_PX: Final = 14
_MORE: Final = "…"
_COLOURS: Final = 48
"""Of the picture; a phone's screen has few."""
_PADDING_PX: Final = 6

Font = ImageFont.FreeTypeFont


def png(body: bytes, look: Look) -> bytes:
    """The screen that shows the document `body`, as a PNG which names the document's sha256.

    Raises:
        ModuleNotFoundError: no matplotlib, hence no letters.
        ParseError: `body` is no XML.
    """
    image = _framed(_screen(seen(body), look))
    info = PngInfo()
    info.add_text(DIGEST, sha256(body).hexdigest())
    out = io.BytesIO()
    image.quantize(_COLOURS).save(out, "PNG", optimize=True, pnginfo=info)
    return out.getvalue()


def _screen(shown: Seen, look: Look) -> Image.Image:
    image = Image.new("RGB", (look.width_px * look.scale, look.height_px * look.scale), look.paper)
    draw = ImageDraw.Draw(image)
    font = _font("DejaVuSans.ttf", look.letter_px * look.scale)
    bold = _font("DejaVuSans-Bold.ttf", look.letter_px * look.scale)
    row_px = round(look.letter_px * look.scale * 1.4)
    bar_px = row_px + _PADDING_PX
    top = 0
    if shown.title:
        draw.rectangle((0, 0, image.width, bar_px), fill=look.bar)
        _centred(draw, shown.title, (0, 0, image.width, bar_px), bold, look.bar_ink)
        top = bar_px
    bottom = image.height
    if shown.keys:
        bottom -= bar_px
        label = _font("DejaVuSans.ttf", round(look.letter_px * look.scale * 0.85))
        _softkeys(draw, shown.keys, (0, bottom, image.width, image.height), look, label)
    if shown.prompt:
        bottom -= row_px
        draw.text((_PADDING_PX, bottom), shown.prompt, font=font, fill=look.ink)
    _text(draw, shown.lines, (0, top + _PADDING_PX // 2, image.width, bottom), look, (font, bold), row_px)
    return image


def _text(
    draw: ImageDraw.ImageDraw, lines: tuple[str, ...], box: tuple[int, int, int, int], look: Look,
    fonts: tuple[Font, Font], row_px: int,
) -> None:  # fmt: skip
    """The lines from the top, the first (the consent) bold; a bar at the side where there is more than has room."""
    left, top, right, bottom = box
    width = right - left - 3 * _PADDING_PX
    rows = [
        (row, fonts[index == 0]) for index, line in enumerate(lines) for row in _wrapped(line, fonts[index == 0], width)
    ]
    room = max((bottom - top) // row_px, 1)
    for index, (row, font) in enumerate(rows[:room]):
        draw.text((left + _PADDING_PX, top + index * row_px), row, font=font, fill=look.ink)
    if len(rows) > room:
        height = (bottom - top) * room // len(rows)
        draw.rectangle((right - _PADDING_PX, top, right - _PADDING_PX // 2, top + height), fill=look.bar)


def _softkeys(
    draw: ImageDraw.ImageDraw, labels: tuple[str, ...], box: tuple[int, int, int, int], look: Look, font: Font
) -> None:
    left, top, right, bottom = box
    if len(labels) > look.softkeys:  # the phone keeps the rest behind its last key
        labels = (*labels[: look.softkeys - 1], _MORE)
    width = (right - left) // look.softkeys
    for index, label in enumerate(labels):
        place = (left + index * width + 1, top + 1, left + (index + 1) * width - 2, bottom - 2)
        draw.rectangle(place, fill=look.bar)
        _centred(draw, _fitting(label, font, width - 4), place, font, look.bar_ink)


def _centred(
    draw: ImageDraw.ImageDraw, text: str, box: tuple[int, int, int, int], font: Font, ink: tuple[int, int, int]
) -> None:
    left, top, right, bottom = box
    draw.text(((left + right) / 2, (top + bottom) / 2), text, font=font, fill=ink, anchor="mm")


def _wrapped(line: str, font: Font, width_px: int) -> list[str]:
    rows: list[str] = []
    row = ""
    for word in line.split(" "):
        longer = f"{row} {word}" if row else word
        if row and font.getlength(longer) > width_px:
            rows.append(row)
            row = word
        else:
            row = longer
    return [_fitting(one, font, width_px) for one in (*rows, row)]


def _fitting(text: str, font: Font, width_px: int) -> str:
    """The text, or as much of it as has room, with an ellipsis."""
    if font.getlength(text) <= width_px:
        return text
    while text and font.getlength(f"{text}…") > width_px:
        text = text[:-1]
    return f"{text}…"


def _framed(screen: Image.Image) -> Image.Image:
    """The screen in the dark body of a phone."""
    framed = Image.new("RGB", (screen.width + 2 * _FRAME_PX, screen.height + 2 * _FRAME_PX), (255, 255, 255))
    draw = ImageDraw.Draw(framed)
    draw.rounded_rectangle((0, 0, framed.width - 1, framed.height - 1), _FRAME_PX, fill=_BODY, outline=_EDGE)
    framed.paste(screen, (_FRAME_PX, _FRAME_PX))
    return framed


def _font(name: str, size_px: int) -> Font:
    found = find_spec("matplotlib")
    if found is None or found.origin is None:
        raise ModuleNotFoundError("No module named 'matplotlib'", name="matplotlib")
    return ImageFont.truetype(str(Path(found.origin).parent / "mpl-data" / "fonts" / "ttf" / name), size_px)
