# SPDX-License-Identifier: AGPL-3.0-or-later
"""`hearth status`: the picture of the way, in words."""

from appliance.cli.status import way_in_words
from appliance.status import LinkState, Picture, Stretch


def test_the_way_from_the_internet_is_told_link_by_link_from_outside():
    way = Picture(
        (
            Stretch("internet", "provider", LinkState.UNKNOWN, "Not looked at yet."),
            Stretch("provider", "router", LinkState.RED, "Port 443 of the router is used by nas."),
            Stretch("router", "box", LinkState.GREEN, "The box is connected to the router."),
        ),
        "Port 443 of the router is used by nas.",
        "Log in to your router.",
    )
    assert [line.strip() for line in way_in_words(way)[1:]] == [
        "internet – provider: not known. Not looked at yet.",
        "provider – router: broken. Port 443 of the router is used by nas.",
        "router – box: well. The box is connected to the router.",
        "What to do: Log in to your router.",
    ]
