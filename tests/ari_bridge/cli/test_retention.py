"""`ouidire retention plan`."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ari_bridge.cli.parser import main
from consent.states import Answer
from tests.ari_bridge.cli.served import Site


def test_the_plan_names_days_and_numbers(settings_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Law: what goes when is known before, day by day, without naming anything."""
    site = Site(settings_file)
    assert main(["retention", "plan", "--settings", site.file]) == 0
    assert "Nothing is kept" in capsys.readouterr().out
    today = datetime.now(UTC).date()
    for number in range(3):
        site.call(f"call-{number}", Answer.GRANTED)
    assert main(["retention", "plan", "--settings", site.file]) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()[1:]]
    assert lines == [
        [(today + timedelta(days=30)).isoformat(), "3", "0"],
        [(today + timedelta(days=365)).isoformat(), "0", "3"],
    ]
