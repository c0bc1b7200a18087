# SPDX-License-Identifier: AGPL-3.0-or-later
"""Notifications, markers, push and announcements as Mastodon.py asks for them, over real HTTP."""

from typing import Any

import pytest
from mastodon import MastodonNotFoundError

from appliance.fediverse.db.database import Database
from appliance.fediverse.services import announcements, push_keys
from appliance.fediverse.services.announcements import NewAnnouncement
from tests.fediverse.conftest import Person
from tests.fediverse.mastodon_api.conftest import Client


@pytest.fixture
def api(client: Client, anna: Person) -> Any:
    return client(anna)


def test_single_notifications(api: Any, client: Client, anna: Person, bob: Person) -> None:
    bob.toot("one @anna")
    friend = client(bob)
    friend.account_follow(anna.id)
    friend.status_post("two @anna")
    found = api.notifications()
    assert [each.type for each in found] == ["mention", "follow", "mention"]
    assert found[0].status.account.acct == "bob"
    assert [each.type for each in api.notifications(types=["follow"])] == ["follow"]
    assert [each.type for each in api.notifications(exclude_types=["mention"])] == ["follow"]
    assert len(api.notifications(account_id=anna.id)) == 0
    first = api.notifications(limit=2)
    assert [each.id for each in api.fetch_next(first)] == [found[2].id]
    assert api.fetch_previous(first) == []
    assert api.notifications(found[1].id).type == "follow"
    assert api.notifications_unread_count().count == 3
    api.markers_set("notifications", found[1].id)
    assert str(api.markers_get("notifications")["notifications"].last_read_id) == str(found[1].id)
    assert api.notifications_unread_count().count == 1
    api.notifications_dismiss(found[0].id)
    assert len(api.notifications()) == 2
    api.notifications_clear()
    assert api.notifications() == []


def test_grouped_notifications(api: Any, client: Client, bob: Person, carol: Person) -> None:
    status = api.status_post("x")
    for person in (bob, carol):
        client(person).status_favourite(status.id)
    found = api.grouped_notifications()
    (group,) = found.notification_groups
    assert (group.type, group.notifications_count) == ("favourite", 2)
    assert [each.acct for each in found.accounts] == ["carol"]
    assert [each.acct for each in found.partial_accounts] == ["bob"]
    assert [each.id for each in found.statuses] == [status.id]
    assert api.unread_grouped_notifications_count() == 1
    assert api.grouped_notification(group.group_key).notification_groups[0].group_key == group.group_key
    assert [each.acct for each in api.grouped_notification_accounts(group.group_key)] == ["carol", "bob"]
    api.dismiss_grouped_notification(group.group_key)
    assert api.grouped_notifications().notification_groups == []


def test_policy_and_requests(api: Any, bob: Person, carol: Person) -> None:
    assert api.notifications_policy().for_not_following == "accept"
    assert api.update_notifications_policy(for_not_following="filter").for_not_following == "filter"
    for person in (bob, carol):
        person.toot("hi @anna")
    assert api.notifications_policy().summary.pending_requests_count == 2
    second, first = api.notification_requests()
    assert (first.account.acct, second.account.acct) == ("bob", "carol")
    assert api.notification_request(first.id).last_status.account.acct == "bob"
    api.accept_notification_request(first.id)
    api.dismiss_notification_request(second.id)
    assert api.notifications_merged()
    assert [each.account.acct for each in api.notifications()] == ["bob"]
    carol.toot("hi again @anna")
    api.accept_multiple_notification_requests([each.id for each in api.notification_requests()])
    assert api.notification_requests() == []
    assert len(api.notifications()) == 2


def test_push_subscriptions(api: Any, database: Database) -> None:
    push_keys.ensure(database)
    _, public = api.push_subscription_generate_keys()
    made = api.push_subscription_set("https://push.example/1", public, mention_events=True)
    assert (made.endpoint, made.alerts.mention, made.alerts.follow) == ("https://push.example/1", True, False)
    assert api.push_subscription().id == made.id
    assert api.push_subscription_update(follow_events=True, policy="followed").alerts.follow
    assert api.instance_v2().configuration.vapid.public_key == made.server_key
    api.push_subscription_delete()
    with pytest.raises(MastodonNotFoundError):
        api.push_subscription()


def test_announcements(api: Any, database: Database) -> None:
    with database.write() as tx:
        announcements.publish(tx, NewAnnouncement("Party"))
    (shown,) = api.announcements()
    assert (shown.content, shown.read) == ("<p>Party</p>", False)
    api.announcement_reaction_create(shown.id, "🎉")
    assert api.announcements()[0].reactions[0].me
    api.announcement_reaction_delete(shown.id, "🎉")
    assert api.announcements()[0].reactions == []
    api.announcement_dismiss(shown.id)
    assert api.announcements()[0].read
