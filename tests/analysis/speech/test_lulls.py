"""What is asked about the line when nobody speaks."""

import numpy as np
import pytest

from analysis.speech.lulls import NEAR_CHUNKS, lulls
from analysis.speech.marks import Mark

LETTERS = {"?": Mark.UNHEARD, "-": Mark.SILENT, "s": Mark.SPEAKS}


@pytest.mark.parametrize(
    ("marks", "found"),
    [
        ("----------", "xxxxxx"),
        ("-----s----", "x....."),
        ("s---------", ".xxxxx"),
        ("---------s", "xxxxx."),
        ("-?---s----", "x....."),
        ("---?------", "x.xxxx"),
        ("??????????", "......"),
        ("ssssssssss", "......"),
    ],
)
def test_a_lull_is_heard_silent_and_away_from_speech(marks: str, found: str) -> None:
    """Law: what was not heard, and what lies within 64 ms of speech, tells nothing of the line."""
    told = lulls(np.array([LETTERS[letter] for letter in marks], np.uint8))
    assert len(told) == len(marks) - 2 * NEAR_CHUNKS
    assert "".join("x" if one else "." for one in told) == found
