"""Which tone model a site has chosen, opened. The live path imports no torch by it: foreign models run elsewhere."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final, Literal

from analysis.emotion.foreign.host import ANSWER_S, ForeignHost
from analysis.emotion.foreign.labels import LabelMap
from analysis.emotion.foreign.model import ForeignTone
from analysis.emotion.foreign.order import Order
from analysis.emotion.foreign.pins import check_pinned
from analysis.emotion.foreign.trust_file import TrustFile
from analysis.emotion.model_files import PACKAGED, read_verified
from analysis.emotion.onnx_model import OnnxToneModel
from consent.errors import InvalidValue

PATIENT_S: Final = 30.0
"""How long an answer may take where no call waits for it: on the command line."""

LABELS: Final = "analysis.labels"
"""Under this name the labels of the settings stand among a foreign model's files."""

ModelName = Literal["ouidire", "speechbrain", "wav2vec2-iemocap"]


@dataclass(frozen=True, slots=True)
class ModelChoice:
    """What the settings say of the tone model.

    `folder` is None for the shipped one. `labels` and `trust_file` matter to foreign models alone.

    Raises:
        InvalidValue: a foreign model without a folder.
    """

    name: ModelName
    folder: Path | None
    labels: LabelMap
    trust_file: Path

    def __post_init__(self) -> None:
        if self.is_foreign and self.folder is None:
            raise InvalidValue(f"the model {self.name} needs a folder")

    @property
    def is_foreign(self) -> bool:
        """Whether it is not ours."""
        return self.name != "ouidire"


@contextmanager
def opened(choice: ModelChoice, unlocked: frozenset[str] = frozenset()) -> Iterator[OnnxToneModel | ForeignTone]:
    """The chosen model until the end of the block: ours is loaded here, a foreign one by its `warm`, elsewhere.

    Args:
        choice: what the settings say.
        unlocked: further languages that this site has tried it on.

    Raises:
        ModelRefused: a file of ours is missing or is not what was trained.
        NotTrusted: see `open_foreign`.
    """
    if not choice.is_foreign:
        yield OnnxToneModel(choice.folder or PACKAGED, unlocked=unlocked)
        return
    foreign = open_foreign(choice, unlocked, answer_s=PATIENT_S)
    try:
        yield foreign
    finally:
        foreign.close()


def open_foreign(
    choice: ModelChoice, unlocked: frozenset[str] = frozenset(), *, answer_s: float = ANSWER_S
) -> ForeignTone:
    """The foreign model that was chosen, not loaded yet; `answer_s` is how long an answer may take.

    Raises:
        NotTrusted: nobody has confirmed its folder, or the folder is not the pinned revision.
        InvalidValue: ours was chosen.
    """
    if choice.name == "ouidire" or choice.folder is None:
        raise InvalidValue("the model that was chosen is our own")
    trusted = TrustFile(choice.trust_file).find(choice.folder)
    if choice.name == "wav2vec2-iemocap":
        check_pinned(trusted)
    order = Order(choice.name, trusted)
    return ForeignTone(order.model_id, ForeignHost(order, answer_s=answer_s), choice.labels, unlocked)


def digests(choice: ModelChoice) -> dict[str, str]:
    """The sha256 of each file of the chosen model: what a report speaks of.

    Of a foreign model that of the labels in the settings, too, as if they were a file of its: they decide its values.

    Raises:
        ModelRefused: a file of ours is missing or is not what was trained.
        NotTrusted: nobody has confirmed the foreign folder.
    """
    if choice.is_foreign and choice.folder is not None:
        labels = json.dumps([choice.labels.angry, choice.labels.active])
        files = TrustFile(choice.trust_file).find(choice.folder).files
        return {**files, LABELS: sha256(labels.encode()).hexdigest()}
    contents = read_verified(choice.folder or PACKAGED).contents
    return {name: sha256(content).hexdigest() for name, content in contents.items()}
