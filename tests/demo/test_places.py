"""The two kinds of PBX as the demo sees them."""

from pathlib import Path

from tests.demo.acts import ACTS
from tests.demo.places import SwitchPlace
from tests.lab.freeswitch import FreeSwitch
from tests.lab.ports import take_ports
from tests.lab.relay import Passed


async def test_what_a_relay_saw_reads_like_what_the_kernel_saw(tmp_path: Path) -> None:
    """Law: every piece that the PBX sent is one record with its time, in order, and each connection a source of its
    own; every number of the demo can be dialled.
    """
    ports = take_ports()
    try:
        passed = [Passed(arrivals_ns=[10, 30]), Passed(arrivals_ns=[20]), Passed()]
        place = SwitchPlace(FreeSwitch(Path("freeswitch"), tmp_path, ports), passed)
        recording = await place.witnessed()
        assert recording.packets["time_ns"].tolist() == [10, 20, 30]
        assert recording.packets["port"].tolist() == [1, 2, 1]
        assert all(place.number_of(act.dialled) for act in ACTS)
    finally:
        ports.release()
