"""Errors of consent."""

import pytest

from consent import errors


@pytest.mark.parametrize("name", ["Withdrawn", "NotGranted", "InvalidValue", "LedgerBroken", "DatabaseUnavailable"])
def test_every_error_can_be_caught_as_one(name: str) -> None:
    """Law: fail closed; whoever guards a voice can catch all of ours with one name."""
    assert issubclass(getattr(errors, name), errors.OuidireError)
