"""A labelled folder of the project's own voices, as an admin would make one."""

import shutil
from pathlib import Path

SPEECH = Path(__file__).parents[3] / "demo" / "speech"
ROWS = (
    ("emodb_13b09Wa.wav", "Zoe Martin", "f", "anger"),
    ("emodb_13a05Wc.wav", "Zoe Martin", "f", "anger"),
    ("emodb_13b01Nc.wav", "Karl", "m", "neutral"),
    ("caller_calm_fr.wav", "Karl", "m", "furious"),
)


def labelled_calls(folder: Path) -> Path:
    """Recordings at 8 kHz and their manifest."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = ["path,corpus,speaker,gender,emotion,language,note"]
    for number, (name, speaker, sex, emotion) in enumerate(ROWS):
        shutil.copy(SPEECH / name, folder / f"call of {speaker} {number}.wav")
        lines.append(f"call of {speaker} {number}.wav,<b>our & calls</b>,{speaker},{sex},{emotion},de,age=40")
    (folder / "manifest.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder
