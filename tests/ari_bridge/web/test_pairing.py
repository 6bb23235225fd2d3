"""Laws of the pairing: only the digits that a page shows, only for a while, one page for a telephone, nothing kept."""

from __future__ import annotations

import pytest

from ari_bridge.web import pairing
from ari_bridge.web.pairing import (
    CODE_DIGITS,
    MOST_ENDPOINTS,
    MOST_OFFERS,
    MOST_WRONG,
    OFFERED_FOR_S,
    PAIRED_FOR_S,
    Offer,
    Pairings,
)
from tests.ari_bridge.screens.clock import Clock


@pytest.fixture
def clock() -> Clock:
    """A clock that a test turns."""
    return Clock()


@pytest.fixture
def pairings(clock: Clock) -> Pairings:
    """No page yet."""
    return Pairings(clock)


def another(offer: Offer) -> str:
    """Digits that are not those."""
    return f"{(int(offer.code) + 1) % 10**CODE_DIGITS:0{CODE_DIGITS}d}"


def test_the_telephone_that_dials_a_pages_digits_is_its_own(pairings: Pairings) -> None:
    """Law: a page is an agent's from the moment at which that agent's telephone dialled its digits, and not before."""
    offer = pairings.offer()
    assert len(offer.code) == CODE_DIGITS
    assert offer.code.isdigit()
    assert pairings.code_of(offer.secret) == offer.code
    assert pairings.endpoint_of(offer.secret) is None
    assert pairings.pair(offer.code, "1001")
    assert pairings.endpoint_of(offer.secret) == "1001"
    assert pairings.has_page("1001")
    assert pairings.code_of(offer.secret) is None


def test_digits_count_once(pairings: Pairings) -> None:
    """Law: whoever dials the same digits a moment later gets no page, and takes none away."""
    offer = pairings.offer()
    assert pairings.pair(offer.code, "1001")
    assert not pairings.pair(offer.code, "1002")
    assert pairings.endpoint_of(offer.secret) == "1001"


@pytest.mark.parametrize("code", ["", "12345", "1234567", "٠٠٠٠٠٠", "abcdef"])
def test_what_no_page_shows_pairs_nothing(pairings: Pairings, code: str) -> None:
    """Law: only digits that a page shows now pair it."""
    offer = pairings.offer()
    assert not pairings.pair(code, "1001")
    assert not pairings.pair(another(offer), "1001")
    assert pairings.endpoint_of(offer.secret) is None


def test_a_telephone_without_a_name_pairs_nothing(pairings: Pairings) -> None:
    """Law: a leg whose endpoint is not known has no page."""
    offer = pairings.offer()
    assert not pairings.pair(offer.code, "")
    assert pairings.code_of(offer.secret) == offer.code


def test_digits_die_after_five_minutes(pairings: Pairings, clock: Clock) -> None:
    """Law: digits on a screen that everybody left are no key."""
    offer = pairings.offer()
    clock.now_s += OFFERED_FOR_S
    assert not pairings.pair(offer.code, "1001")
    assert pairings.code_of(offer.secret) is None


def test_a_telephone_has_one_page(pairings: Pairings) -> None:
    """Law: a page paired anew takes the place of the one before, whose screen shows nothing of that agent any more."""
    first, second = pairings.offer(), pairings.offer()
    assert pairings.pair(first.code, "1001")
    assert pairings.pair(second.code, "1001")
    assert pairings.endpoint_of(first.secret) is None
    assert pairings.endpoint_of(second.secret) == "1001"


def test_a_page_left_open_is_nobodys_the_next_morning(pairings: Pairings, clock: Clock) -> None:
    """Law: a pairing ends by itself, and what was kept for it is erased then, without anybody looking at the page."""
    erased: list[str] = []
    pairings.at_end(erased.append)
    offer = pairings.offer()
    pairings.pair(offer.code, "1001")
    clock.now_s += PAIRED_FOR_S
    pairings.expire()
    assert erased == ["1001"]
    assert pairings.endpoint_of(offer.secret) is None
    assert not pairings.has_page("1001")


def test_logout_ends_a_page_and_erases_what_is_its_own(pairings: Pairings) -> None:
    """Law: after a logout nothing of the endpoint is shown or kept; another one's page stays as it is."""
    erased: list[str] = []
    changes: list[None] = []
    pairings.at_end(erased.append)
    pairings.watch(lambda: changes.append(None))
    one, two = pairings.offer(), pairings.offer()
    pairings.pair(one.code, "1001")
    pairings.pair(two.code, "1002")
    pairings.forget("1001")
    pairings.forget("1001")
    pairings.forget("9999")
    assert erased == ["1001"]
    assert len(changes) == 3
    assert pairings.endpoint_of(one.secret) is None
    assert pairings.endpoint_of(two.secret) == "1002"


def test_a_second_page_erases_what_the_first_one_had(pairings: Pairings) -> None:
    """Law: a page that is taken over was logged out: what was kept for it does not pass on to the next browser."""
    erased: list[str] = []
    pairings.at_end(erased.append)
    for _ in range(2):
        pairings.pair(pairings.offer().code, "1001")
    assert erased == ["1001"]


def test_a_telephone_that_tries_codes_is_heard_no_longer(pairings: Pairings, clock: Clock) -> None:
    """Law: five wrong codes in five minutes close that telephone's way to any page, and nobody else's."""
    offer = pairings.offer()
    for _ in range(MOST_WRONG):
        assert not pairings.pair(another(offer), "1001")
    assert not pairings.pair(offer.code, "1001")
    assert pairings.pair(offer.code, "1002")
    clock.now_s += OFFERED_FOR_S
    assert pairings.pair(pairings.offer().code, "1001")


def test_few_codes_are_good_at_once(pairings: Pairings) -> None:
    """Law: however many pages somebody opens, few codes are known, so that a slip of a finger finds none; each of them
    is different.
    """
    offers = [pairings.offer() for _ in range(MOST_OFFERS * 3)]
    living = [one for one in offers if pairings.code_of(one.secret)]
    assert living == offers[-MOST_OFFERS:]
    assert len({one.code for one in living}) == MOST_OFFERS


def test_no_two_waiting_pages_show_the_same_digits(pairings: Pairings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Law: digits that are on a screen already are not given out again."""
    drawn = iter([7, 7, 7, 8])
    monkeypatch.setattr(pairing.secrets, "randbelow", lambda _: next(drawn))
    assert [pairings.offer().code for _ in range(2)] == ["000007", "000008"]


def test_what_is_counted_of_wrong_codes_stays_small(pairings: Pairings) -> None:
    """Law: many telephones that dial nonsense fill no memory."""
    for number in range(MOST_ENDPOINTS + 10):
        pairings.pair("x", str(number))
    assert len(pairings._wrong) == MOST_ENDPOINTS


def test_a_secret_stands_in_no_text(pairings: Pairings) -> None:
    """Law: neither an offer's text nor what is kept holds the secret of a browser."""
    offer = pairings.offer()
    pairings.pair(offer.code, "1001")
    assert offer.secret not in repr(offer)
    assert offer.secret not in repr(vars(pairings))
