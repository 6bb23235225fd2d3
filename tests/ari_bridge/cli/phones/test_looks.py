"""How the families' screens look."""

from ari_bridge.cli.phones.looks import LOOKS, PLAIN
from ari_bridge.screens.families import FAMILIES


def luminance(colour: tuple[int, int, int]) -> float:
    """Relative luminance, 0 to 1 (WCAG 2.2)."""
    linear = [part / 255 / 12.92 if part / 255 <= 0.04045 else ((part / 255 + 0.055) / 1.055) ** 2.4 for part in colour]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_each_family_has_its_look() -> None:
    """Law: no family is drawn as another."""
    assert set(FAMILIES) <= set(LOOKS)
    assert len({look.model for look in LOOKS.values()}) == len(LOOKS)


def test_letters_can_be_read() -> None:
    """Law: in every look letters stand out from what is behind them, 4.5 to 1 at least (WCAG 2.2, 1.4.3)."""
    for look in (*LOOKS.values(), PLAIN):
        for ink, paper in ((look.ink, look.paper), (look.bar_ink, look.bar)):
            light, dark = sorted((luminance(ink), luminance(paper)), reverse=True)
            assert (light + 0.05) / (dark + 0.05) >= 4.5, look.model
