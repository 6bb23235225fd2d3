"""Laws of the picture of the caller's last readings."""

from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from analysis.emotion.score import Abstained, Estimate, Reason, ToneScore
from ari_bridge.screens.sparkline import HEIGHT_PX, MAX_READINGS, WIDTH_PX, Trace, png
from consent.errors import InvalidValue

PAPER, MIDDLE, HATCH, BAND, LINE = (
    (255, 255, 255), (205, 210, 216), (150, 156, 164), (176, 206, 232), (20, 72, 120)
)  # fmt: skip
STEP_PX = WIDTH_PX // MAX_READINGS

estimates = st.builds(Estimate, st.floats(0, 1), st.floats(0, 1))


def decoded(trace: Trace) -> NDArray[np.uint8]:
    """Red, green and blue of each pixel, as another program reads them."""
    return np.asarray(Image.open(io.BytesIO(png(trace))).convert("RGB"))


def rows_of(pixels: NDArray[np.uint8], column: int, colour: tuple[int, int, int]) -> list[int]:
    """Where in a column a colour stands, from the top."""
    return np.flatnonzero((pixels[:, column] == colour).all(axis=-1)).tolist()


@given(st.lists(st.none() | estimates, max_size=MAX_READINGS))
def test_any_trace_is_a_small_picture(readings: list[Estimate | None]) -> None:
    """Whatever was read: a PNG that others can read, of the one size, below what one packet holds, always the same."""
    trace = Trace(tuple(readings))
    assert decoded(trace).shape == (HEIGHT_PX, WIDTH_PX, 3)
    assert len(png(trace)) < 1200
    assert png(trace) == png(Trace(tuple(readings)))


@given(estimates)
def test_a_reading_stands_at_its_height_within_its_error(estimate: Estimate) -> None:
    """Tense is above; the band reaches one sigma to each side, as far as the scale goes."""
    pixels = decoded(Trace((estimate,)))
    line, band = rows_of(pixels, WIDTH_PX - 1, LINE), rows_of(pixels, WIDTH_PX - 1, BAND)
    assert len(line) == 2
    assert abs(line[0] - (1 - estimate.value) * (HEIGHT_PX - 1)) <= 1.5
    reach = sorted({*line, *band})
    assert abs(reach[0] - (1 - min(estimate.value + estimate.sigma, 1)) * (HEIGHT_PX - 1)) <= 1.5
    assert abs(reach[-1] - (1 - max(estimate.value - estimate.sigma, 0)) * (HEIGHT_PX - 1)) <= 1.5


def test_what_was_not_measured_is_hatched_from_top_to_bottom() -> None:
    """An abstention looks like nothing that was measured, least of all like calm; what is not yet is left empty."""
    pixels = decoded(Trace((Estimate(0.0, 0.0), None)))
    silent = pixels[:, WIDTH_PX - STEP_PX :]
    assert (silent == HATCH).all(axis=-1).any(axis=1).all()
    assert not (silent == LINE).all(axis=-1).any()
    assert not (silent == BAND).all(axis=-1).any()
    early = pixels[:, : WIDTH_PX - 2 * STEP_PX]
    assert {tuple(colour) for colour in early.reshape(-1, 3)} == {PAPER, MIDDLE}


def test_a_trace_keeps_the_newest_and_only_the_activation() -> None:
    """The oldest goes; anger is not drawn; an abstention is kept as such."""
    trace = Trace()
    for index in range(MAX_READINGS + 5):
        trace = trace.then(ToneScore(index, index + 1, Estimate(index / 100, 0.1), Estimate(0.9, 0.1), "m"))
    assert len(trace.readings) == MAX_READINGS
    assert trace.readings[0] == Estimate(0.05, 0.1)
    assert trace.then(Abstained(1, 2, Reason.NOISE)).readings[-1] is None
    with pytest.raises(InvalidValue):
        Trace((None,) * (MAX_READINGS + 1))


def test_a_contested_reading_is_drawn_no_more() -> None:
    """The newest reading becomes one that was not measured; of nothing, nothing is contested."""
    one, two = Estimate(0.2, 0.1), Estimate(0.8, 0.1)
    assert Trace((one, two)).contested() == Trace((one, None))
    assert Trace().contested() == Trace()
