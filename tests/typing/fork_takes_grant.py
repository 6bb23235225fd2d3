"""What mypy must reject: a fork without a grant. Never run; see test_rejected.py."""

from ari_bridge.pbx.port import Pbx
from consent.gate import Grants
from consent.grant import Consented, ConsentGrant


async def forks(pbx: Pbx, grants: Grants, grant: ConsentGrant, admitted: Consented[bytes]) -> None:
    """The PBX is asked for a leg under that leg's grant."""
    await pbx.fork("1700000000.1", "1700000000.1", "30000")  # E: "str"; expected "ConsentGrant"
    await pbx.fork(None, "1700000000.1", "30000")  # E: "None"; expected "ConsentGrant"
    await pbx.fork(grants, "1700000000.1", "30000")  # E: "Grants"; expected "ConsentGrant"
    await pbx.fork(admitted, "1700000000.1", "30000")  # E: expected "ConsentGrant"
    await pbx.fork(channel_id="1700000000.1", target="30000")  # E: Missing positional argument "grant"
    await pbx.fork(grant, "1700000000.1", "30000")


def frozen(grant: ConsentGrant) -> None:
    """A grant is what was struck."""
    grant.party = grant.party  # E: read-only
    grant.purposes = frozenset()  # E: read-only
