# SPDX-License-Identifier: AGPL-3.0-or-later
from datetime import UTC, datetime, timedelta

import pytest

from appliance.errors import BadInput, HearthError, Refused
from appliance.gateway import book
from appliance.gateway.book import Book
from appliance.parse import from_dict, to_dict
from appliance.secret import Secret

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
NAME = "alice.gw.example.org"
CODE, OTHER_CODE, NO_CODE = Secret("code-one"), Secret("code-two"), Secret("")
OLD, NEW, STRANGER = Secret("a" * 64), Secret("b" * 64), Secret("c" * 64)


def invited(before: Book = Book(), code: Secret = CODE, *, replace: bool = False, now: datetime = NOW) -> Book:  # noqa: B008
    return book.invite(before, NAME, code, now, most=3, replace=replace)


def refusal(before: Book, token: Secret, code: Secret, now: datetime = NOW) -> str:
    with pytest.raises(Refused) as refused:
        book.admit(before, NAME, token, code, now)
    assert refused.value.sentence
    return refused.value.key


def test_an_invitation_admits_one_box_and_that_again_and_again() -> None:
    joined, member = book.admit(invited(), NAME, OLD, CODE, NOW)
    assert member.epoch == 1
    assert book.admit(joined, NAME, OLD, CODE, NOW) == (joined, member)
    assert book.admit(joined, NAME, OLD, NO_CODE, NOW + timedelta(days=900)) == (joined, member)


def test_an_invitation_that_was_used_admits_nobody_else() -> None:
    joined, _ = book.admit(invited(), NAME, OLD, CODE, NOW)
    assert refusal(joined, STRANGER, CODE) == "gateway-invitation-used"


def test_strangers_and_old_invitations_are_refused() -> None:
    assert refusal(Book(), STRANGER, CODE) == "gateway-unknown"
    assert refusal(invited(), STRANGER, OTHER_CODE) == "gateway-refused"
    assert refusal(invited(), STRANGER, NO_CODE) == "gateway-refused"
    assert refusal(invited(), OLD, CODE, NOW + timedelta(days=8)) == "gateway-invitation-old"


def test_a_newer_invitation_ends_the_one_before() -> None:
    again = invited(invited(), OTHER_CODE)
    assert refusal(again, OLD, CODE) == "gateway-refused"
    assert book.admit(again, NAME, OLD, OTHER_CODE, NOW)[1].epoch == 1


def test_who_was_replaced_does_not_come_back_and_is_told_why() -> None:
    joined, _ = book.admit(invited(), NAME, OLD, CODE, NOW)
    with pytest.raises(Refused, match="already has a box"):
        invited(joined, OTHER_CODE)
    offered = invited(joined, OTHER_CODE, replace=True)
    # Until somebody uses it, nothing has changed for the box that is there.
    assert book.admit(offered, NAME, OLD, CODE, NOW)[1].epoch == 1
    taken, member = book.admit(offered, NAME, NEW, OTHER_CODE, NOW)
    assert member.epoch == 2
    assert refusal(taken, OLD, CODE) == "gateway-replaced"
    assert refusal(taken, OLD, NO_CODE) == "gateway-replaced"
    assert book.admit(taken, NAME, NEW, NO_CODE, NOW)[1].epoch == 2


def test_who_was_removed_is_out_and_the_epoch_goes_on() -> None:
    joined, _ = book.admit(invited(), NAME, OLD, CODE, NOW)
    without = book.remove(joined, NAME)
    assert without.members == ()
    assert refusal(without, OLD, CODE) == "gateway-unknown"
    with pytest.raises(BadInput, match="no member"):
        book.remove(without, NAME)
    back, member = book.admit(invited(without, OTHER_CODE), NAME, NEW, OTHER_CODE, NOW)
    assert member.epoch == 2
    assert refusal(back, OLD, CODE) == "gateway-replaced"


def test_no_more_members_than_allowed() -> None:
    full = Book()
    for name in ("a.example.org", "b.example.org", "c.example.org"):
        full = book.invite(full, name, CODE, NOW, most=3, replace=False)
    with pytest.raises(Refused, match="takes 3 members"):
        invited(full)
    assert len(invited(book.remove(full, "b.example.org")).members) == 3


def test_what_is_kept_can_be_read_again_and_holds_no_secret() -> None:
    joined, _ = book.admit(invited(), NAME, OLD, CODE, NOW)
    kept = to_dict(invited(joined, OTHER_CODE, replace=True))
    assert from_dict(Book, kept) == invited(joined, OTHER_CODE, replace=True)
    for secret in (OLD, CODE, OTHER_CODE):
        assert secret.reveal() not in str(kept)


@pytest.mark.parametrize(
    ("given", "full"),
    [
        ("alice", "alice.gw.example.org"),
        (" Alice. ", "alice.gw.example.org"),
        ("Friends.Example.NET", "friends.example.net"),
    ],
)
def test_names(given: str, full: str) -> None:
    assert book.full_name(given, "gw.example.org") == full


@pytest.mark.parametrize("given", ["", "gw.example.org", "al ice", "a/b", "ä", "-a", "x" * 64, "a..b"])
def test_bad_names(given: str) -> None:
    with pytest.raises(HearthError, match="can't be"):
        book.full_name(given, "gw.example.org")
