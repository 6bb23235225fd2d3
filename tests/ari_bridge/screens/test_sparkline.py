"""Laws of the picture of the caller's last readings."""

from __future__ import annotations

import io
from collections.abc import Sequence

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from analysis.emotion.score import Estimate
from ari_bridge.screens.sparkline import HEIGHT_PX, MAX_READINGS, WIDTH_PX, png

PAPER, MIDDLE, HATCH, BAND, LINE = (
    (255, 255, 255), (205, 210, 216), (150, 156, 164), (176, 206, 232), (20, 72, 120)
)  # fmt: skip
STEP_PX = WIDTH_PX // MAX_READINGS

estimates = st.builds(Estimate, st.floats(0, 1), st.floats(0, 1))


def decoded(trace: Sequence[Estimate | None]) -> NDArray[np.uint8]:
    """Red, green and blue of each pixel, as another program reads them."""
    return np.asarray(Image.open(io.BytesIO(png(trace))).convert("RGB"))


def rows_of(pixels: NDArray[np.uint8], column: int, colour: tuple[int, int, int]) -> list[int]:
    """Where in a column a colour stands, from the top."""
    return np.flatnonzero((pixels[:, column] == colour).all(axis=-1)).tolist()


@given(st.lists(st.none() | estimates, max_size=MAX_READINGS))
def test_any_trace_is_a_small_picture(readings: list[Estimate | None]) -> None:
    """Whatever was read: a PNG that others can read, of the one size, below what one packet holds, always the same."""
    assert decoded(readings).shape == (HEIGHT_PX, WIDTH_PX, 3)
    assert len(png(readings)) < 1200
    assert png(readings) == png(tuple(readings))


@given(estimates)
def test_a_reading_stands_at_its_height_within_its_error(estimate: Estimate) -> None:
    """Tense is above; the band reaches one sigma to each side, as far as the scale goes."""
    pixels = decoded((estimate,))
    line, band = rows_of(pixels, WIDTH_PX - 1, LINE), rows_of(pixels, WIDTH_PX - 1, BAND)
    assert len(line) == 2
    assert abs(line[0] - (1 - estimate.value) * (HEIGHT_PX - 1)) <= 1.5
    reach = sorted({*line, *band})
    assert abs(reach[0] - (1 - min(estimate.value + estimate.sigma, 1)) * (HEIGHT_PX - 1)) <= 1.5
    assert abs(reach[-1] - (1 - max(estimate.value - estimate.sigma, 0)) * (HEIGHT_PX - 1)) <= 1.5


def test_what_was_not_measured_is_hatched_from_top_to_bottom() -> None:
    """An abstention looks like nothing that was measured, least of all like calm; what is not yet is left empty."""
    pixels = decoded((Estimate(0.0, 0.0), None))
    silent = pixels[:, WIDTH_PX - STEP_PX :]
    assert (silent == HATCH).all(axis=-1).any(axis=1).all()
    assert not (silent == LINE).all(axis=-1).any()
    assert not (silent == BAND).all(axis=-1).any()
    early = pixels[:, : WIDTH_PX - 2 * STEP_PX]
    assert {tuple(colour) for colour in early.reshape(-1, 3)} == {PAPER, MIDDLE}


def test_the_newest_are_drawn() -> None:
    """What has no room is the oldest."""
    readings = [Estimate(index / 100, 0.1) for index in range(MAX_READINGS + 5)]
    assert png(readings) == png(readings[5:])
    assert png(readings) != png(readings[:-5])
