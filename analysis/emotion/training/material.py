"""What training begins with: the clips, the recipe, the trunk, and the embeddings of every copy of every clip."""

import tempfile
from pathlib import Path
from typing import Final

from analysis.emotion.network import Trunk
from analysis.emotion.training import smart_turn
from analysis.emotion.training.corpora import Clip
from analysis.emotion.training.embedding import Copies, embed_clips
from analysis.emotion.training.export import export
from analysis.emotion.training.recipe import Recipe
from analysis.emotion.training.telephone import read_noises
from analysis.emotion.training.trials import Trials

CACHE: Final = Path(tempfile.gettempdir()) / "ouidire-training"
"""Where what takes long is kept, unless another folder is named."""
TRUNK: Final = "trunk.onnx"


def gather(data: Path, clips: list[Clip], recipe: Recipe, cache: Path, jobs: int) -> tuple[Trunk, Trials]:
    """Return the trunk, and all that trials need; whatever takes long is kept in `cache` and done once.

    Raises:
        SystemExit: the trunk cannot be had.
    """
    cache.mkdir(parents=True, exist_ok=True)
    trunk = smart_turn.read_trunk(smart_turn.fetch(cache))
    export(trunk, cache / TRUNK, ["embedding"])
    copies = Copies(recipe.lines, cache / TRUNK, tuple(read_noises(data)), recipe.seed)
    return trunk, Trials(embed_clips(clips, copies, cache, jobs), clips, recipe, cache)
