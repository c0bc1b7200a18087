# SPDX-License-Identifier: AGPL-3.0-or-later
"""What whoever runs the place tells everybody, and what they say to it."""

from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest

from appliance.errors import BadInput, HearthError
from appliance.fediverse.admin_announcements import AnnouncementAdmin
from appliance.fediverse.db.database import Database
from appliance.fediverse.protocol import Announcement, Key
from appliance.fediverse.services import emojis
from appliance.fediverse.services.announcements import is_emoji
from appliance.system.clock import VirtualClock
from appliance.system.commands import NoArguments
from tests.fediverse.conftest import MakePerson, Person

ALL = "/api/v1/announcements"


@pytest.fixture
def admin(database: Database) -> AnnouncementAdmin:
    return AnnouncementAdmin(database)


def reaction(announcement_id: str, name: str) -> str:
    return f"{ALL}/{announcement_id}/reactions/{quote(name)}"


def test_all_members_are_told(admin: AnnouncementAdmin, anna: Person, bob: Person, make_person: MakePerson) -> None:
    made = admin.add(Announcement("Party at @bob's #garden\nhttps://hearth.example/", "2026-01-02", "2026-01-03", True))
    (shown,) = anna.get(ALL)
    assert shown["id"] == made["id"]
    assert (shown["starts_at"], shown["all_day"], shown["read"]) == ("2026-01-02T00:00:00.000Z", True, False)
    assert [each["acct"] for each in shown["mentions"]] == ["bob"]
    assert [each["name"] for each in shown["tags"]] == ["garden"]
    assert 'href="https://hearth.example/"' in shown["content"]
    assert shown["reactions"] == []
    assert make_person("pusher", "push").get(ALL) == [shown]
    anna.post(f"{ALL}/{made['id']}/dismiss")
    anna.post(f"{ALL}/{made['id']}/dismiss")
    assert anna.get(ALL)[0]["read"]
    assert not bob.get(ALL)[0]["read"]


def test_what_is_over_is_not_shown(admin: AnnouncementAdmin, anna: Person, clock: VirtualClock) -> None:
    made = admin.add(Announcement("short", ends_at="2026-01-01T01:00"))
    admin.add(Announcement("for ever"))
    assert len(anna.get(ALL)) == 2
    clock.advance(timedelta(hours=2).total_seconds())
    assert [each["content"] for each in anna.get(ALL)] == ["<p>for ever</p>"]
    anna.refused(404, "POST", f"{ALL}/{made['id']}/dismiss")
    assert [each.text for each in admin.every(NoArguments())] == ["for ever", "short"]
    admin.remove(Key(admin.every(NoArguments())[0].id))
    assert anna.get(ALL) == []


def test_reactions_are_counted(admin: AnnouncementAdmin, anna: Person, bob: Person, database: Database) -> None:
    with database.write() as tx:
        emojis.add(tx, "hearth", "hearth.png")
    announcement_id = admin.add(Announcement("x"))["id"]
    for person, name in ((anna, "🔥"), (bob, "🔥"), (bob, "🔥"), (bob, "hearth")):
        assert person.ask("PUT", reaction(announcement_id, name)).json == {}
    fire, custom = anna.get(ALL)[0]["reactions"]
    assert fire == {"name": "🔥", "count": 2, "me": True}
    assert (custom["name"], custom["count"], custom["me"]) == ("hearth", 1, False)
    assert custom["url"].endswith("hearth.png")
    for _ in range(2):
        assert anna.ask("DELETE", reaction(announcement_id, "🔥")).json == {}
    assert anna.get(ALL)[0]["reactions"][0] == {"name": "🔥", "count": 1, "me": False}


def test_there_are_only_so_many_different_ones(admin: AnnouncementAdmin, anna: Person, bob: Person) -> None:
    announcement_id = admin.add(Announcement("x"))["id"]
    for name in "😀😁😂😃😄😅😆😇":
        assert anna.ask("PUT", reaction(announcement_id, name)).status_code == 200
    anna.refused(422, "PUT", reaction(announcement_id, "😈"))
    assert bob.ask("PUT", reaction(announcement_id, "😇")).status_code == 200


@pytest.mark.parametrize("name", ["🔥", "❤️", "👍🏽", "🇩🇪", "3️⃣", "👨‍👩‍👧‍👦", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "☺", "✔️"])
def test_emoji(name: str) -> None:
    assert is_emoji(name)


@pytest.mark.parametrize(
    "name", ["", "x", "é", "3", "<b>", "漢", "🔥🔥", "🔥x", "🔥" * 40, "\u200d", "\ufe0f", "nobody"]
)
def test_what_is_none(name: str, admin: AnnouncementAdmin, anna: Person) -> None:
    assert not is_emoji(name)
    if name:
        announcement_id = admin.add(Announcement("x"))["id"]
        anna.refused(422, "PUT", reaction(announcement_id, name))


def test_what_cannot_be_announced(admin: AnnouncementAdmin) -> None:
    for new in (
        Announcement(""),
        Announcement(" \n"),
        Announcement("x" * 5001),
        Announcement("x", ends_at="2025-12-31"),
        Announcement("x", starts_at="2026-03-02", ends_at="2026-03-01"),
        Announcement("x", starts_at="tomorrow"),
    ):
        with pytest.raises(BadInput):
            admin.add(new)
    with pytest.raises(BadInput):
        admin.remove(Key("x"))
    with pytest.raises(HearthError):
        admin.remove(Key("5"))


def test_strangers_other_scopes_and_nonsense(
    admin: AnnouncementAdmin, stranger: Any, anna: Person, make_person: MakePerson
) -> None:
    announcement_id = admin.add(Announcement("x"))["id"]
    reader = make_person("reader", "read")
    changes = (
        ("POST", f"{ALL}/{announcement_id}/dismiss"),
        ("PUT", reaction(announcement_id, "🔥")),
        ("DELETE", reaction(announcement_id, "🔥")),
    )
    for method, path in (("GET", ALL), *changes):
        assert stranger.open(path, method=method).status_code == 401
    for method, path in changes:
        reader.refused(403, method, path)
        anna.refused(404, method, path.replace(announcement_id, "5"))
        anna.refused(404, method, path.replace(announcement_id, "x"))
