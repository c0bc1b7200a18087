# SPDX-License-Identifier: AGPL-3.0-or-later
"""From plugging in to a certificate, as the owner of a fresh box has it; and two boxes that hear of each other."""

import pytest

from tests.end_to_end.waiting import eventually
from tests.lab.people import member
from tests.lab.town import Town, new_town

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


def test_two_fresh_boxes_get_certificates_and_speak_with_each_other(lab: None) -> None:
    with new_town() as town:
        _plug_in(town)
        _speak(town)


def _plug_in(town: Town) -> None:
    linden, quince = town.boxes
    # The authority is not there yet: they say so, and go on by themselves when it is.
    town.authority.stop()
    town.set_up()
    assert town.issues_until(linden, "certificate-failed") <= {"certificate-failed"}
    assert not town.reached(linden)
    town.authority.start()
    for box in (linden, quince):
        print(f"{box.name} is reached after {town.until_reached(box):.1f} s more")
        town.until_well(box)
        assert box.home.address6 is not None
        eventually("it is reached by IPv6", lambda: town.reached(box, box.home.address6), seconds=60)  # noqa: B023


def _speak(town: Town) -> None:
    linden, quince = town.boxes
    anna, ben = member(town, linden), member(town, quince)
    found = anna.get(f"/api/v1/accounts/search?q=@{ben.handle}&resolve=true")
    assert [each["acct"] for each in found] == [ben.handle]
    anna.post(f"/api/v1/accounts/{found[0]['id']}/follow")
    eventually(
        "the follower arrives",
        lambda: ben.get("/api/v1/accounts/verify_credentials")["followers_count"] == 1,
        seconds=60,
    )
    ben.post("/api/v1/statuses", status="The plums are ripe.")
    eventually(
        "the post arrives",
        lambda: any("The plums are ripe." in each["content"] for each in anna.get("/api/v1/timelines/home")),
        seconds=60,
    )
