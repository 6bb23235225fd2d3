"""Who talks when, from stretch to stretch: overlaps and who began them, answers and how soon they came, pauses.

Built on who of two talks at each moment, after Heldner & Edlund, "Pauses, gaps and overlaps in conversations", Journal
of Phonetics 38 (2010), 555-568: a silence of both between two speakers is a *gap*, one within the same speaker's talk a
*pause*, and talk of both at once an *overlap*. Nothing hangs on words, and nothing is called an interruption.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Final

LONGEST_GAP_CHUNKS: Final = 93
"""3 s. After a longer silence one does not answer but begins anew. Gaps are of the order of 0.2 s (Levinson & Torreira
2015), in ten languages within 0.25 s of their common mean (Stivers et al. 2009), and 1 s is the longest that passes as
usual (Jefferson 1988); three times that leaves room for an agent's look at a screen."""
NO_OVERLAP_CHUNKS: Final = 4
"""128 ms. An overlap no longer than that at a change of speakers is an answer that took no time: listeners hear neither
gap nor overlap below about 120 ms (Heldner 2011), and the detector hears the end of a word as much too late."""
LEAST_OVERLAP_CHUNKS: Final = 16
"""512 ms of talk at once count as an overlap. Less is the rule and nobody's doing: the end of a turn foreseen, or a
"mhm" (Sacks, Schegloff & Jefferson 1974: overlaps are common, but brief)."""
SHORTEST_BREAK_CHUNKS: Final = 7
"""224 ms: an overlap that stops for less goes on. Pauses below 200 ms are the brief ones within one person's flow of
talk (Campione & Veronis 2002, "A large-scale multilingual study of silent pause duration")."""

LONGEST_HOLE_CHUNKS: Final = 4
"""128 ms: what is missing for no longer breaks no answer, overlap or pause, and counts nowhere. It is half of the
shortest talk that the detector knows: no word of anybody can have been in it alone."""


class Floor(IntEnum):
    """Who talks in one chunk of the call."""

    UNKNOWN = 0
    """One leg or both were not heard."""
    NOBODY = 1
    CALLER = 2
    AGENT = 3
    BOTH = 4


FLOORS: Final = (*(Floor.UNKNOWN,) * 4, Floor.NOBODY, Floor.AGENT, Floor.UNKNOWN, Floor.CALLER, Floor.BOTH)
"""By the caller's mark times three plus the agent's."""


class Answers:
    """How soon one party answers: a histogram of gaps, so that a call of hours takes the room of one of minutes."""

    __slots__ = ("_histogram", "count")

    def __init__(self) -> None:
        self._histogram = [0] * (LONGEST_GAP_CHUNKS + 1)
        self.count = 0

    def note(self, gap_chunks: int) -> None:
        """One answer after so many chunks; 0 where no chunk lay between."""
        self._histogram[gap_chunks] += 1
        self.count += 1

    def median_chunks(self) -> float | None:
        """The median gap; None before the first answer."""
        if not self.count:
            return None
        return (self._nth((self.count - 1) // 2) + self._nth(self.count // 2)) / 2

    def _nth(self, place: int) -> int:
        for gap, count in enumerate(self._histogram):
            place -= count
            if place < 0:
                return gap
        raise IndexError(place)


class Turns:
    """Follows one call. Feed it every stretch in which the floor stays the same, in order; neighbours differ."""

    __slots__ = (
        "_before", "_begun_by", "_both", "_break", "_gap", "_slip", "answers", "begun", "chunks", "longest_pause",
    )  # fmt: skip

    def __init__(self) -> None:
        self.chunks = [0] * len(Floor)
        self.longest_pause = 0
        self.answers = {Floor.CALLER: Answers(), Floor.AGENT: Answers()}
        self.begun = {Floor.CALLER: 0, Floor.AGENT: 0, Floor.UNKNOWN: 0}
        self._before = Floor.UNKNOWN  # the floor before this stretch
        self._gap = (Floor.UNKNOWN, 0)  # who had talked before the silence just now, and how long it was
        self._slip = (Floor.UNKNOWN, 0)  # who had talked before both did just now, and how long both did
        self._both = 0  # talk at once in the overlap that is open
        self._break = 0  # how long both have not talked at once since
        self._begun_by = Floor.UNKNOWN

    def enter(self, floor: Floor) -> None:
        """A stretch begins: what is known at once of an answer or an overlap."""
        before = self._before
        if floor is Floor.BOTH:
            self._enter_overlap(before)
        elif floor in self.answers:
            self._answer(floor, before)

    def leave(self, floor: Floor, chunks: int) -> None:
        """The stretch that was entered is over, and was so long."""
        self.chunks[floor] += chunks
        if floor is Floor.BOTH:
            self._slip = (self._before, chunks)
            self.begun[self._begun_by] += self.counts_as_overlap(chunks)
            self._both, self._break = self._both + chunks, 0
        elif floor is Floor.UNKNOWN:
            self._both = 0
        else:
            self._break += chunks
        if floor is Floor.NOBODY:
            self.longest_pause = max(self.longest_pause, chunks)
            self._gap = (self._before, chunks)
        self._before = floor

    def counts_as_overlap(self, chunks: int) -> bool:
        """Whether so much more of talk at once makes the open overlap one that counts."""
        return self._both < LEAST_OVERLAP_CHUNKS <= self._both + chunks

    @property
    def begun_by(self) -> Floor:
        """Who began the overlap that is open: CALLER, AGENT, or UNKNOWN for nobody or not heard."""
        return self._begun_by

    def _enter_overlap(self, before: Floor) -> None:
        if self._both and self._break < SHORTEST_BREAK_CHUNKS:
            return
        self._both = 0
        self._begun_by = _OTHER.get(before, Floor.UNKNOWN)

    def _answer(self, floor: Floor, before: Floor) -> None:
        """Somebody alone talks now: an answer, if the other alone talked before, with or without a silence between."""
        if before is Floor.BOTH:
            spoke, both = self._slip
            gap = 0 if both <= NO_OVERLAP_CHUNKS else LONGEST_GAP_CHUNKS + 1
        else:
            spoke, gap = self._gap if before is Floor.NOBODY else (before, 0)
        if spoke is _OTHER[floor] and gap <= LONGEST_GAP_CHUNKS:
            self.answers[floor].note(gap)


_OTHER: Final = {Floor.CALLER: Floor.AGENT, Floor.AGENT: Floor.CALLER}
