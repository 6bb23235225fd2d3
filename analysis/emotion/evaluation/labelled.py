"""Recordings with labels: a folder, its `manifest.csv`, and what people heard in each clip.

The same reader serves the training corpora and an admin's own folder. A manifest needs the columns path, speaker and
emotion; it may have corpus, gender, language and note. Further columns are not read.
"""

import csv
import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from consent.errors import OuidireError

MANIFEST: Final = "manifest.csv"
NEEDED: Final = ("path", "speaker", "emotion")
"""Columns that a manifest cannot do without."""
OWN_CORPUS: Final = "own"
"""The corpus of a clip whose manifest names none."""

_FOUR: Final = {"anger": "anger", "angry": "anger", "happiness": "happy", "happy": "happy", "neutral": "neutral",
                "boredom": "neutral", "calm": "neutral", "sadness": "sad", "sad": "sad"}  # fmt: skip
_NONE_OF_FOUR: Final = frozenset({"", "other", "fear", "disgust", "surprise"})
_VOTED: Final = {"A": "anger", "H": "happy", "N": "neutral", "S": "sad"}
_LETTERS: Final = frozenset("ADFHNS")
_SEXES: Final = {"f": "f", "female": "f", "m": "m", "male": "m"}
_ACTIVE: Final = frozenset({"anger", "happy"})
_ACTED_CERTAINTY: Final = 0.95
"""Listeners do not always hear what was acted; where nobody voted, no label is taken for the whole truth."""
_LANGUAGE: Final = re.compile(r"[a-z]{2,3}")


class ManifestRefused(OuidireError):
    """A labelled folder cannot be read; the message names the file, the line, and what to do."""


@dataclass(frozen=True, slots=True)
class LabelledClip:
    """One recording, who speaks, and what was heard in it.

    `speaker` is "corpus:speaker"; `sex` is "f", "m" or ""; `race` and `language` (a primary tag such as "de") are ""
    and `age` is None where unknown. `heard` is one of anger, happy, neutral, sad, or "other" (fear, disgust, ties, no
    label). `activation` and `anger` are soft targets of 0..1; `activation_weight` (0..1) is the share of votes that say
    anything about activation. `listeners` is how many people voted, 0 where there is one label alone. `shares` are the
    listeners' shares that heard anger, happy, neutral, sad, and anything else; where nobody voted they stand for doubt.
    """

    path: Path
    corpus: str
    speaker: str
    sex: str
    race: str
    age: int | None
    language: str
    heard: str
    activation: float
    activation_weight: float
    anger: float
    listeners: int = 0
    shares: tuple[float, float, float, float, float] = (0.2, 0.2, 0.2, 0.2, 0.2)

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


def read_labelled(folder: Path, corpora: Collection[str] | None = None) -> list[LabelledClip]:
    """Read a labelled folder's manifest, in its order; with `corpora`, only the clips of those.

    Raises:
        ManifestRefused: there is no manifest, it lacks a column, or a line of it cannot be used.
    """
    clips = []
    for number, row in _rows(folder):
        corpus = row.get("corpus") or OWN_CORPUS
        if corpora is not None and corpus not in corpora:
            continue
        try:
            clips.append(_clip(folder, row, corpus))
        except ValueError as error:
            raise ManifestRefused(f"{folder / MANIFEST}, line {number}: {error}") from error
    return clips


def unknown_labels(folder: Path) -> dict[str, int]:
    """Count the labels of a manifest that are no emotion known here, such as one misspelt: their clips are "other".

    Raises:
        ManifestRefused: there is no manifest, or it lacks a column.
    """
    words = (row["emotion"].lower() for _, row in _rows(folder))
    return dict(Counter(word for word in words if word not in _FOUR and word not in _NONE_OF_FOUR))


def _rows(folder: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield the manifest's lines: number of the line in the file, and the fields by their column, stripped."""
    manifest = folder / MANIFEST
    try:
        lines = manifest.read_text(encoding="utf-8-sig").splitlines(keepends=True)
    except FileNotFoundError:
        raise ManifestRefused(
            f"{manifest} does not exist: write one, with the columns {', '.join(NEEDED)} and, where known, corpus, "
            "gender, language and note"
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise ManifestRefused(f"{manifest} cannot be read ({error}): save it as CSV in UTF-8") from error
    # Spreadsheets in much of Europe write semicolons.
    reader = csv.reader(lines, delimiter=";" if lines and ";" in lines[0] and "," not in lines[0] else ",", strict=True)
    try:
        columns = [name.strip() for name in next(reader, [])]
        for name in NEEDED:
            if columns.count(name) != 1:
                raise ManifestRefused(f"{manifest}, line 1: there must be one column named {name}; add it")
        for fields in reader:
            if len(fields) > len(columns):
                raise ManifestRefused(f"{manifest}, line {reader.line_num}: {len(fields)} fields under {len(columns)} "
                                      "columns; put quotes around what holds the separator")  # fmt: skip
            told = dict.fromkeys(columns, "") | dict(zip(columns, map(str.strip, fields), strict=False))
            if any(fields):
                yield reader.line_num, told
    except csv.Error as error:
        raise ManifestRefused(f"{manifest}, line {reader.line_num}: {error}; save it as CSV again") from error


def _clip(folder: Path, row: Mapping[str, str], corpus: str) -> LabelledClip:
    """Turn one line of the manifest into a clip.

    Raises:
        ValueError: it cannot be used; the message says what to do.
    """
    note = row.get("note", "")
    votes = _votes(note)
    heard = _heard(row["emotion"].lower(), votes, _field(note, "voicevote"))
    if not row["speaker"] and heard != "other":
        raise ValueError("the speaker is missing: give each person a number, since figures are per speaker")
    language = row.get("language", "").lower().partition("-")[0]
    if language and not _LANGUAGE.fullmatch(language):
        raise ValueError(f"the language {row['language']!r} is no language tag: write one such as de or fr")
    age, race = _field(note, "age"), _field(note, "race")
    return LabelledClip(
        _inside(folder, row["path"]),
        corpus,
        f"{corpus}:{row['speaker'] or row['path']}",
        _SEXES.get(row.get("gender", "").lower(), ""),
        "" if race.lower() == "unknown" else race,
        int(age) if re.fullmatch(r"[0-9]{1,3}", age) else None,
        language,
        heard,
        *_targets(heard, votes),
        sum(votes.values()),
        _shares(heard, votes),
    )


def _shares(heard: str, votes: Mapping[str, int]) -> tuple[float, float, float, float, float]:
    """Return the shares of listeners for the four classes and for anything else."""
    if votes:
        four = [votes[letter] / sum(votes.values()) for letter in _VOTED]
    else:
        doubt = (1.0 - _ACTED_CERTAINTY) / len(_VOTED)
        four = [_ACTED_CERTAINTY if name == heard else doubt for name in _VOTED.values()]
    anger, happy, neutral, sad = four
    return anger, happy, neutral, sad, max(0.0, 1.0 - sum(four))


def _inside(folder: Path, told: str) -> Path:
    """Return the path of a clip, which must be a file and must not lead out of the folder.

    Raises:
        ValueError: it does, or there is no such file.
    """
    path = PurePosixPath(told)
    if not told or path.is_absolute() or ".." in path.parts or "\\" in told or "\0" in told:
        raise ValueError(f"the path {told!r} does not lie in the folder: write it as seen from there, such as a/b.wav")
    try:
        there = (folder / path).is_file()
    except OSError:  # such as a name that is too long
        there = False
    if not there:
        raise ValueError(f"there is no file {told!r}: put it there, or take out the line")
    return folder / path


def _votes(note: str) -> dict[str, int]:
    """Return how many listeners heard what, by the six letters; nothing where nobody voted.

    Raises:
        ValueError: some letters are missing: what is left would be read as if all had voted for it.
    """
    told = _field(note, "votes")
    votes = {letter: int(count) for letter, count in re.findall(r"\b([ADFHNS])(\d{1,4})\b", told)}
    if told and votes.keys() != _LETTERS:
        raise ValueError("the votes cannot be read: tell all six, as in votes=A6,D2,F0,H0,N1,S0")
    return votes if sum(votes.values()) else {}


def _heard(label: str, votes: Mapping[str, int], majority: str) -> str:
    """Return what most heard; the label where nobody voted. A tie is "other"."""
    if not votes:
        return _FOUR.get(label, "other")
    if not majority:
        most = max(votes.values())
        majority = ":".join(letter for letter, count in votes.items() if count == most)
    return _VOTED.get(majority, "other")


def _targets(heard: str, votes: Mapping[str, int]) -> tuple[float, float, float]:
    """Soft targets: activation, its weight, anger."""
    if votes:
        active = votes["A"] + votes["H"]
        told = active + votes["N"] + votes["S"]
        listeners = sum(votes.values())
        return active / told if told else 0.5, told / listeners, votes["A"] / listeners
    doubt = 1.0 - _ACTED_CERTAINTY
    activation = _ACTED_CERTAINTY if heard in _ACTIVE else doubt
    return activation, float(heard != "other"), _ACTED_CERTAINTY if heard == "anger" else doubt


def _field(note: str, name: str) -> str:
    """Return one `name=value` of a note; a value may hold spaces and ends before the next name."""
    found = re.search(rf"\b{name}=(.*?)(?= \w+=|$)", note)
    return found[1].strip() if found else ""
