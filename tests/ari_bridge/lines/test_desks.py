"""What the desks must be able to do."""

from ari_bridge.lines.desks import ReferenceBook, RightsDesk, StaffDesk
from consent.staff import Staff
from tests.fakes.desks import FakeRights, FakeStaff


def test_the_fakes_and_the_real_ones_keep_the_same_contract() -> None:
    """Law: what the lines are tested with has the signatures of what they run with (checked by mypy)."""
    rights: RightsDesk = FakeRights()
    book: ReferenceBook = FakeRights()
    staff: StaffDesk = FakeStaff()
    real: type[StaffDesk] = Staff
    assert all((rights, book, staff, real))
