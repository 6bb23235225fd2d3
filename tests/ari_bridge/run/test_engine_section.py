"""The section [engine]."""

import pytest
from pydantic import ValidationError

from ari_bridge.run.engine_section import EngineSection


def test_the_networks_run_beside_the_bridge_by_default() -> None:
    """Law: a crash in native code costs analysis, not the bridge, without anybody having to ask for that."""
    assert EngineSection().process == "own"
    assert EngineSection().max_calls == 100


@pytest.mark.parametrize("wrong", [{"process": "cloud"}, {"max_calls": 0}, {"max_calls": 501}, {"calls": 3}])
def test_what_makes_no_sense_is_refused(wrong: dict[str, object]) -> None:
    """Law: a value out of its bounds, or a key that nobody reads, is an error and no default."""
    with pytest.raises(ValidationError):
        EngineSection(**wrong)  # type: ignore[arg-type]
