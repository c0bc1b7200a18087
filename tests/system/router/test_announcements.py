# SPDX-License-Identifier: AGPL-3.0-or-later
"""What is news of a router, and what is not."""

import pytest

from appliance.internet.model import Link
from appliance.system.clock import VirtualClock
from appliance.system.interfaces import VirtualInterfaces
from appliance.system.router.announcements import SystemAnnouncements

ALIVE = b"NOTIFY * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nNTS: ssdp:alive\r\nBOOTID.UPNP.ORG: %d\r\n\r\n"
GOODBYE = b"NOTIFY * HTTP/1.1\r\nNTS: ssdp:byebye\r\n\r\n"
OLD = b"NOTIFY * HTTP/1.1\r\nNTS: ssdp:alive\r\n\r\n"
SEARCH = b'M-SEARCH * HTTP/1.1\r\nMAN: "ssdp:discover"\r\n\r\n'
PCP = b"\x02\x80\x00\x00" + bytes(20)


@pytest.mark.parametrize(
    ("heard", "news"),
    [
        ([ALIVE % 1], [False]),
        ([ALIVE % 1, ALIVE % 1, ALIVE % 2, ALIVE % 2], [False, False, True, False]),
        ([ALIVE % 1, OLD, ALIVE % 1], [False, False, False]),
        ([GOODBYE], [True]),
        ([OLD, OLD], [False, False]),
        ([SEARCH], [False]),
        ([PCP], [True]),
        ([b"NOTIFY " + b"\xff" * 1000, b"NOTIFY BOOTID.UPNP.ORG:" + b"1" * 900], [False, False]),
    ],
)
def test_news_are_a_start_and_a_good_bye(heard, news):
    announcements = SystemAnnouncements(VirtualInterfaces(), VirtualClock())
    assert [announcements._is_news(each) for each in heard] == news


def test_it_rests_after_it_has_told(monkeypatch):
    clock = VirtualClock()
    announcements = SystemAnnouncements(VirtualInterfaces(to_gateway=Link(False)), clock)
    monkeypatch.setattr(announcements, "_hears_news", lambda link: True)
    announcements.wait()
    began = clock.monotonic()
    announcements.wait()
    assert clock.monotonic() - began == 10
