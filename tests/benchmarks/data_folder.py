"""A folder of recordings as benchmarks take them, of the project's own voices and of made-up noises."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile

from tests.analysis.voices import as_float, engine_voice

VOICES = ("caller_calm_en", "caller_tense_en", "caller_calm_fr", "caller_tense_fr")


def make(folder: Path) -> Path:
    """Two speakers a corpus, one woman and one man, and three noises a kind."""
    rng = np.random.default_rng(0)
    rows = ["path,corpus,speaker,gender,emotion,licence,dur"]
    for corpus in ("librispeech_mini", "emodb", "crema_d", "crema_d_mel", "fsdd"):
        for at, voice in enumerate(VOICES):
            name = f"{corpus}_{at}.flac"
            soundfile.write(folder / name, as_float(engine_voice(voice))[: 16_000 * 4], 16_000)
            rows.append(f"{name},{corpus},{corpus}{at},{'fm'[at % 2]},{('neutral', 'anger')[at % 2]},CC0-1.0,4")
    for corpus in ("esc10", "donateacry", "moh"):
        for at in range(3):
            name = f"{corpus}_{at}.flac"
            # Bursts of voice behind noise: something of it passes for speech.
            sound = rng.standard_normal(16_000 * 3) * 0.05
            sound[8_000:32_000] += as_float(engine_voice(VOICES[at]))[8_000:32_000][::-1]
            soundfile.write(folder / name, np.clip(sound, -1, 1), 16_000)
            rows.append(f"{name},{corpus},,,,CC0-1.0,3")
    (folder / "manifest.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    return folder
