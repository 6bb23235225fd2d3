"""The one revision of `speechbrain/emotion-recognition-wav2vec2-IEMOCAP` that is taken, by its files' sha256.

The revision and the sha256 of its files are as public projects that use it have written them down. Without a network
that of the labels alone could be computed again, from their text, and it agrees. Whoever downloads the files by the
revision's name sees whether the rest does: a file that differs is refused by name.
"""

from collections.abc import Mapping
from typing import Final

from analysis.emotion.foreign.trust import NotTrusted, TrustedFolder

REPOSITORY: Final = "speechbrain/emotion-recognition-wav2vec2-IEMOCAP"
REVISION: Final = "117a9c3dff08be81a3628eecf6a66b547ec1659b"
ENCODER: Final = "wav2vec2.ckpt"
OUTPUT: Final = "model.ckpt"
LABELS: Final = "label_encoder.txt"

PINNED: Final[Mapping[str, str]] = {
    ENCODER: "b6db170a487b2912cfe10359fad40dbb7563120656f26f47c521b1c7e578bdd0",
    OUTPUT: "e351bafc8c0a2699f174e2f43f13e732836731621a8e595b53ddaf5334abcefb",
    LABELS: "30afecda60619b67b50375bac880df4edc3862c14fb724c86701200b13e080ca",
}


def check_pinned(trusted: TrustedFolder, pinned: Mapping[str, str] = PINNED) -> None:
    """Raises NotTrusted: a file that is loaded is missing, or is not that of the revision; the message names it."""
    for name, sha256 in pinned.items():
        if name not in trusted.files:
            raise NotTrusted(f"{trusted.folder} lacks {name}, which {REPOSITORY} has at {REVISION[:12]}")
        if trusted.files[name] != sha256:
            at = f"{REPOSITORY} at {REVISION[:12]}"
            raise NotTrusted(f"{trusted.folder / name} is not that of {at}, whose sha256 is {sha256}")
