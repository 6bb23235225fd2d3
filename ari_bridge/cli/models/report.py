"""`ouidire model report`: the card of the shipped model, as a page and as JSON."""

import json
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import Any, Final

from ari_bridge.cli.command import Exit
from ari_bridge.cli.models.extra import needs_reports
from ari_bridge.cli.models.part import Part
from ari_bridge.cli.models.written import write
from ari_bridge.run import settings as all_settings

CARD_FILE: Final = "model-card.json"
PAGE_FILE: Final = "model-card.html"
FOLDER: Final = Path("ouidire-model-card")


def run(arguments: Namespace) -> Exit:
    """Check every file of the model, and write its card. Raises SettingsError, OuidireError."""
    from analysis.emotion.model_files import CARD, PACKAGED, read_verified
    from ari_bridge.web.model_pages import MUST_NOT, card_page

    analysis = all_settings.load(arguments.settings).analysis
    folder = analysis.model_folder if analysis.model == "ouidire" and analysis.model_folder else PACKAGED
    read_verified(folder)
    card: dict[str, Any] = json.loads((folder / CARD).read_bytes())
    with needs_reports():
        page = card_page(card)
    text = json.dumps({**card, "must_not": MUST_NOT}, indent=1, ensure_ascii=False) + "\n"
    write(arguments.out, {CARD_FILE: text, PAGE_FILE: page})
    return Exit.OK


def _add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--out", type=Path, default=FOLDER, metavar="FOLDER", help=f"default: {FOLDER}")


PART = Part(
    "report",
    "the model card: what it learned from, how well it does and for whom, and what it must not be used for",
    ("ouidire model report", f"writes {FOLDER / PAGE_FILE}"),
    _add_arguments,
    run,
)
