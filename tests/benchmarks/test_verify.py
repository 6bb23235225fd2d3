"""The benchmark of the proof: that it runs and says what it measured. How fast it is, is no test's business."""

from __future__ import annotations

import re

import pytest

from benchmarks.verify import main


def test_it_says_rate_memory_and_floor(capsys: pytest.CaptureFixture[str]) -> None:
    """Law: the figures that the documents quote can be had again by one command."""
    assert main(["--records", "2000", "--answers", "40"]) == 0
    told = capsys.readouterr().out
    assert re.search(r"chain of 2,000 records proven in [0-9.]+ s: [0-9,]+/s", told)
    assert re.search(r"floor .* [0-9.]+ s: [0-9.]+ x", told)
    assert re.search(r"peak memory [0-9]+ MiB before, \+[0-9.]+ MiB by proving", told)
    assert re.search(r"seals of 40 answers opened in [0-9.]+ s: [0-9,]+/s", told)


def test_memory_does_not_grow_with_the_chain(capsys: pytest.CaptureFixture[str]) -> None:
    """Law: rows are proven as they are read; ten times the chain takes no more than what a page cache takes."""
    assert main(["--records", "20000", "--answers", "4"]) == 0
    found = re.search(r"\+([0-9.]+) MiB by proving", capsys.readouterr().out)
    assert found is not None
    assert float(found[1]) < 16


@pytest.mark.parametrize("words", [["--records", "0"], ["--answers", "3"], ["--records", "many"]])
def test_nonsense_is_refused(words: list[str]) -> None:
    """Law: a figure of nothing is no figure."""
    with pytest.raises(SystemExit):
        main(words)
