"""The clips to learn from and what listeners heard in them.

Two corpora, both free for a product: EmoDB (CC0) and CREMA-D rebuilt from mel pictures (ODbL / DbCL). The true
recordings of CREMA-D at hand are all happy or sad and sound different from the rebuilt ones: mixed in, they would
teach the chain instead of the voice, so they are never read here.
"""

from pathlib import Path
from typing import Final

from analysis.emotion.evaluation.labelled import LabelledClip, ManifestRefused, read_labelled

CORPORA: Final = ("emodb", "crema_d_mel")

Clip = LabelledClip


def read_clips(data: Path) -> list[Clip]:
    """Read `manifest.csv` of a data folder and return the clips to train on, in the manifest's order.

    Raises:
        SystemExit: the folder, its manifest, or one of the corpora is not there, or votes are cut short.
    """
    try:
        clips = read_labelled(data, CORPORA)
    except ManifestRefused as refused:
        raise SystemExit(f"no training data: {refused}") from None
    for corpus in CORPORA:
        if all(clip.corpus != corpus for clip in clips):
            raise SystemExit(f"no training data: the corpus {corpus} is not in {data}")
    return clips
