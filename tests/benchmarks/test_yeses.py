"""Grants for benchmarks."""

from pathlib import Path

from benchmarks.yeses import granted
from consent.parties import Party


async def test_grants_come_of_a_ledger_and_live(tmp_path: Path) -> None:
    """Law: not even a benchmark has a way to a grant but the ledger's; caller and agent take turns, call by call."""
    async with granted(tmp_path, 3) as grants:
        assert [grant.party for grant in grants] == [Party.CALLER, Party.AGENT] * 3
        assert [grant.call_id for grant in grants] == ["call-0", "call-0", "call-1", "call-1", "call-2", "call-2"]
        assert all(grant.is_live for grant in grants)
