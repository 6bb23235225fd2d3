"""Who is that: one person who talks, several, or a child that cries, a dog, a sneeze? Read from the detector's memory.

Silero is trained to find speech, and takes a crying child for it: half a second or more in every seventh recording of
household sounds. Its memory of a sound (the hidden state of its LSTM, 128 numbers) knows better than its answer: one
weighted sum of it tells talk from such noises, another one voice from several at once. Read so, it costs next to
nothing, and is as good after 256 ms as pitch, harmonicity, spectrum and their movement together are after a second.
docs/quality.md has the figures, docs/decisions/talk-is-read-from-memory.md what else was tried, and
`benchmarks/voice_training.py` makes the weights.

They read one memory: that of the very model that they were fitted to, told by its SHA-256.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from consent.errors import InvalidValue

WEIGHTS: Final = Path(__file__).with_suffix(".json")
TALK: Final = 0
"""The column of the log-odds that a person talks."""
COMPANY: Final = 1
"""The column of the log-odds that more than one does at once."""
COLUMNS: Final = ("talk", "company")
MEMORY_SIZE: Final = 128


@dataclass(frozen=True, slots=True, eq=False)
class VoiceCheck:
    """The weights of both sums, float32 of shape (128, 2), and what is added to them, shape (2,).

    Raises:
        InvalidValue: of another shape, or not finite.
    """

    weights: NDArray[np.float32]
    bias: NDArray[np.float32]

    def __post_init__(self) -> None:
        if self.weights.shape != (MEMORY_SIZE, len(COLUMNS)) or self.bias.shape != (len(COLUMNS),):
            raise InvalidValue(f"a memory of {MEMORY_SIZE} needs as many weights for each of {COLUMNS}")
        if not (np.isfinite(self.weights).all() and np.isfinite(self.bias).all()):
            raise InvalidValue("weights are finite")

    @classmethod
    def of(cls, model: Path, weights: Path = WEIGHTS) -> VoiceCheck:
        """The check of this Silero model. Raises InvalidValue where the weights were fitted to another one."""
        known = json.loads(weights.read_text(encoding="utf-8"))
        if sha256(model.read_bytes()).hexdigest() != known["model_sha256"]:
            raise InvalidValue(f"{model} is not the model of {known['model']}: install that version of silero-vad")
        columns = [known[column] for column in COLUMNS]
        sums = np.array([column["weights"] for column in columns], np.float32).T
        return cls(np.ascontiguousarray(sums), np.array([column["bias"] for column in columns], np.float32))

    def voices(self, memory: NDArray[np.float32]) -> NDArray[np.float32]:
        """Log-odds that a person talks, and that more than one does, for each of n chunks.

        Args:
            memory: the hidden state after each chunk, float32 of shape (n, 128).

        Returns:
            float32 of shape (n, 2), to be averaged over an utterance: one chunk alone says little.
        """
        odds: NDArray[np.float32] = memory @ self.weights + self.bias
        return odds
