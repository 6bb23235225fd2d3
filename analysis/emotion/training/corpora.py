"""The clips to learn from and what listeners heard in them.

Two corpora, both free for a product: EmoDB (CC0) and CREMA-D rebuilt from mel pictures (ODbL / DbCL). The true
recordings of CREMA-D at hand are all happy or sad and sound different from the rebuilt ones: mixed in, they would
teach the chain instead of the voice, so they are never read here.
"""

import csv
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

CORPORA: Final = ("emodb", "crema_d_mel")

_FOUR: Final = {"anger": "anger", "happiness": "happy", "happy": "happy", "neutral": "neutral", "boredom": "neutral",
                "calm": "neutral", "sadness": "sad", "sad": "sad"}  # fmt: skip
_HEARD: Final = {"A": "anger", "H": "happy", "N": "neutral", "S": "sad"}
_VOTES: Final = 6
_ACTIVE: Final = frozenset({"anger", "happy"})
_ACTED_CERTAINTY: Final = 0.95
"""Listeners do not always hear what was acted; where nobody voted, no label is taken for the whole truth."""


@dataclass(frozen=True, slots=True)
class Clip:
    """One recording and its targets.

    `heard` is one of anger, happy, neutral, sad, or "other" (fear, disgust, ties). `activation` and `anger` are soft
    targets of 0..1; `activation_weight` (0..1) is the share of votes that say anything about activation.
    """

    path: Path
    corpus: str
    speaker: str
    sex: str
    race: str
    heard: str
    activation: float
    activation_weight: float
    anger: float

    @property
    def is_judged(self) -> bool:
        """Whether the clip counts in the figures: one of the four classes was heard."""
        return self.heard != "other"

    @property
    def is_active(self) -> bool:
        """Anger or happy, against neutral or sad."""
        return self.heard in _ACTIVE

    @property
    def is_angry(self) -> bool:
        """Anger, against the other three."""
        return self.heard == "anger"


def read_clips(data: Path) -> list[Clip]:
    """Read `manifest.csv` of a data folder and return the clips to train on, in the manifest's order.

    Raises:
        SystemExit: the folder, its manifest, or one of the corpora is not there, or votes are cut short.
    """
    manifest = data / "manifest.csv"
    if not manifest.is_file():
        raise SystemExit(f"no training data: {manifest} does not exist (it must list path, corpus, speaker, gender, "
                         "emotion and note of each clip)")  # fmt: skip
    with manifest.open(newline="") as lines:
        clips = [_clip(data, row) for row in csv.DictReader(lines) if row["corpus"] in CORPORA]
    for corpus in CORPORA:
        found = [clip for clip in clips if clip.corpus == corpus]
        if not found or not found[0].path.is_file():
            raise SystemExit(f"no training data: the corpus {corpus} is not in {data}")
    return clips


def _clip(data: Path, row: dict[str, str]) -> Clip:
    """Turn one line of the manifest into a clip."""
    votes = {letter: int(count) for letter, count in re.findall(r"\b([ADFHNS])(\d+)", _field(row["note"], "votes"))}
    if votes and len(votes) < _VOTES:
        raise SystemExit(f"the votes on {row['path']} cannot be read: the manifest must tell all six")
    if votes:
        heard = _HEARD.get(_field(row["note"], "voicevote"), "other")
        active, all_votes = votes["A"] + votes["H"], sum(votes.values())
        told = active + votes["N"] + votes["S"]
        targets = (active / told if told else 0.5, told / all_votes, votes["A"] / all_votes)
    else:
        heard = _FOUR.get(row["emotion"], "other")
        doubt = 1.0 - _ACTED_CERTAINTY
        activation = _ACTED_CERTAINTY if heard in _ACTIVE else doubt
        targets = (activation, float(heard != "other"), _ACTED_CERTAINTY if heard == "anger" else doubt)
    return Clip(data / row["path"], row["corpus"], f"{row['corpus']}:{row['speaker']}", row["gender"],
                _field(row["note"], "race"), heard, *targets)  # fmt: skip


def _field(note: str, name: str) -> str:
    """Return one `name=value` of a note; a value may hold spaces and ends before the next name."""
    found = re.search(rf"\b{name}=(.*?)(?= \w+=|$)", note)
    return found[1] if found else ""
