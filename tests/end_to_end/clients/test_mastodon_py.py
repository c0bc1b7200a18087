# SPDX-License-Identifier: AGPL-3.0-or-later
"""Mastodon.py, unmodified: at least one call of every group of endpoints that it knows, and what it makes of it."""

import io
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from mastodon import (
    Mastodon,
    MastodonAPIError,
    MastodonNotFoundError,
    MastodonUnauthorizedError,
    StreamListener,
)

from tests.end_to_end import answers
from tests.end_to_end.box import REPOSITORY
from tests.end_to_end.clients.conftest import Place
from tests.end_to_end.waiting import eventually


@pytest.fixture(scope="module")
def owner(place: Place) -> Mastodon:
    return place.app(answers.USERNAME)


@pytest.fixture(scope="module")
def anna(place: Place) -> Mastodon:
    return place.app("anna")


@pytest.fixture(scope="module")
def ben(place: Place) -> Mastodon:
    return place.app("ben")


@pytest.fixture(scope="module")
def cleo(place: Place) -> Mastodon:
    return place.app("cleo")


def _picture() -> io.BytesIO:
    return io.BytesIO((REPOSITORY / "appliance/fediverse/mastodon_api/drawings/avatar-1.png").read_bytes())


def _id(app: Mastodon) -> Any:
    return app.me().id


def test_instance(anna: Mastodon, place: Place) -> None:
    assert anna.instance_v1().title == anna.instance_v2().title == "The Shed"
    assert anna.instance_v2().configuration.statuses.max_characters == 500
    assert [rule.text for rule in anna.instance_rules()] == ["Bring it back.", "Clean."]
    assert anna.instance_peers() == []
    assert len(anna.instance_activity()) == 12
    assert anna.instance_domain_blocks() == []
    assert "borrow" in anna.instance_extended_description().content
    assert anna.instance_translation_languages() == {}
    assert anna.instance_health()
    assert anna.retrieve_mastodon_version() == "4.6.0"
    assert {"code": "de", "name": "German"} in anna.instance_languages()
    assert anna.oauth_authorization_server_info().issuer.startswith(place.url)
    assert anna.app_verify_credentials().name == "Client tests"
    assert anna.custom_emojis() == []
    with pytest.raises(MastodonNotFoundError):
        anna.instance_terms_of_service()


def test_joining_by_an_app(place: Place) -> None:
    client = Mastodon.create_app("Joiner", scopes=["read", "write"], api_base_url=place.url)
    app = Mastodon(*client, api_base_url=place.url, request_timeout=60)
    token, error = app.create_account(
        "dora", "quiet otters paint fences", "", agreement=True, scopes=["read", "write"], return_detailed_error=True
    )
    assert token is not None, error
    assert app.me().acct == "dora"
    other = Mastodon(*client, api_base_url=place.url)
    token, error = other.create_account(
        "dora", "quiet otters paint fences", "", agreement=True, scopes=["read", "write"], return_detailed_error=True
    )
    assert token is None
    assert error is not None
    assert error.details.username[0].error == "ERR_TAKEN"
    app.revoke_access_token(allow_http=True)
    with pytest.raises((MastodonUnauthorizedError, MastodonAPIError)):
        app.me()


def test_profiles(anna: Mastodon) -> None:
    me = anna.account_update_credentials(
        display_name="Anna",
        note="I bake.",
        fields=[("Oven", "wood")],
        discoverable=True,
        avatar=_picture(),
        avatar_mime_type="image/png",
    )
    assert (me.display_name, me.source.note, me.fields[0].name) == ("Anna", "I bake.", "Oven")
    assert me.role.name == ""
    assert anna.account_lookup("anna").id == me.id
    assert [each.acct for each in anna.account_search("ann")] == ["anna"]
    assert anna.account(me.id).note == "<p>I bake.</p>"
    assert [each.id for each in anna.accounts([me.id])] == [me.id]
    assert anna.account_delete_avatar().id == me.id
    assert anna.preferences()["posting:default:visibility"] == "public"
    assert "anna" in [each.acct for each in anna.directory(local=True)]


def test_people(anna: Mastodon, ben: Mastodon, cleo: Mastodon) -> None:
    a, b = _id(anna), _id(ben)
    assert ben.account_follow(a, reblogs=False, notify=True).following is True
    assert [each.id for each in anna.account_followers(a)] == [b]
    assert [each.id for each in ben.account_following(b)] == [a]
    (relation,) = ben.account_relationships(a)
    assert (relation.following, relation.showing_reblogs, relation.notifying) == (True, False, True)
    assert ben.account_note_set(a, "bakes").note == "bakes"
    assert ben.account_endorse(a).endorsed is True
    assert [each.id for each in ben.endorsements()] == [a]
    assert ben.account_unendorse(a).endorsed is False
    assert cleo.account_familiar_followers([a])[0].id == a
    assert anna.account_remove_from_followers(b).followed_by is False
    assert cleo.account_mute(a, duration=3600).muting is True
    assert [each.id for each in cleo.mutes()] == [a]
    assert cleo.account_unmute(a).muting is False
    assert cleo.account_block(b).blocking is True
    assert [each.id for each in cleo.blocks()] == [b]
    assert cleo.account_unblock(b).blocking is False
    cleo.domain_block("spam.example")
    assert cleo.domain_blocks() == ["spam.example"]
    cleo.domain_unblock("spam.example")
    assert cleo.domain_blocks() == []
    anna.account_update_credentials(locked=True)
    assert ben.account_follow(a).requested is True
    assert [each.id for each in anna.follow_requests()] == [b]
    anna.follow_request_reject(b)
    ben.account_follow(a)
    anna.follow_request_authorize(b)
    assert ben.account_relationships(a)[0].following is True
    anna.account_update_credentials(locked=False)
    assert isinstance(ben.suggestions_v2(), list)


def test_posts(anna: Mastodon, ben: Mastodon) -> None:
    status = anna.status_post(
        "Bread is ready #bread", spoiler_text="food", language="en", visibility="public", idempotency_key="k1"
    )
    assert anna.status_post("Bread is ready #bread", idempotency_key="k1").id == status.id
    assert [tag.name for tag in status.tags] == ["bread"]
    reply = ben.status_reply(status, "Coming!")
    context = anna.status_context(status.id)
    assert [each.id for each in context.descendants] == [reply.id]
    assert ben.status_favourite(status.id).favourited is True
    assert [each.acct for each in anna.status_favourited_by(status.id)] == ["ben"]
    assert status.id in [each.id for each in ben.favourites()]
    assert ben.status_reblog(status.id).reblog.id == status.id
    assert [each.acct for each in anna.status_reblogged_by(status.id)] == ["ben"]
    assert ben.status_bookmark(status.id).bookmarked is True
    assert [each.id for each in ben.bookmarks()] == [status.id]
    for undo in (ben.status_unfavourite, ben.status_unreblog, ben.status_unbookmark):
        undo(status.id)
    assert anna.status_pin(status.id).pinned is True
    assert [each.id for each in anna.account_statuses(_id(anna), pinned=True)] == [status.id]
    assert anna.status_unpin(status.id).pinned is False
    assert anna.status_mute(status.id).muted is True
    assert anna.status_unmute(status.id).muted is False
    assert anna.status_source(status.id).text == "Bread is ready #bread"
    assert "gone" in anna.status_update(status.id, "Bread is gone").content
    assert len(anna.status_history(status.id)) == 2
    assert [each.id for each in anna.statuses([status.id, reply.id])] == [status.id, reply.id]
    with pytest.raises(MastodonAPIError):
        anna.status_translate(status.id, "de")
    assert anna.status_delete(status.id).text == "Bread is gone"
    with pytest.raises(MastodonNotFoundError):
        ben.status(status.id)


def test_media(anna: Mastodon) -> None:
    media = anna.media_post(_picture(), mime_type="image/png", description="A dot", synchronous=True)
    assert media.description == "A dot"
    assert anna.media_update(media, description="A small dot", focus=(0.1, 0.2)).description == "A small dot"
    status = anna.status_post("Look", media_ids=[media])
    assert status.media_attachments[0].type == "image"
    assert status.media_attachments[0].blurhash
    assert anna.account_statuses(_id(anna), only_media=True)[0].id == status.id


def test_polls_and_later(anna: Mastodon, ben: Mastodon) -> None:
    poll = anna.make_poll(["Rye", "Wheat"], expires_in=3600, multiple=False)
    status = anna.status_post("Which?", poll=poll)
    voted = ben.poll_vote(status.poll.id, [1])
    assert (voted.voted, voted.votes_count, voted.options[1].votes_count) == (True, 1, 1)
    assert anna.poll(status.poll.id).votes_count == 1
    later = anna.status_post("Tomorrow", scheduled_at=datetime.now(UTC) + timedelta(days=1))
    assert [each.id for each in anna.scheduled_statuses()] == [later.id]
    moved = anna.scheduled_status_update(later.id, datetime.now(UTC) + timedelta(days=2))
    assert moved.scheduled_at > later.scheduled_at
    anna.scheduled_status_delete(later.id)
    assert anna.scheduled_statuses() == []


def test_timelines_lists_and_tags(anna: Mastodon, ben: Mastodon) -> None:
    ben.account_follow(_id(anna))
    status = anna.status_post("Apples #harvest")
    for timeline in (
        ben.timeline_home,
        ben.timeline_public,
        ben.timeline_local,
        lambda: ben.timeline_hashtag("harvest", local=True),
    ):
        assert status.id in [each.id for each in timeline()]
    ben_list = ben.list_create("Bakers", replies_policy="none", exclusive=False)
    ben.list_accounts_add(ben_list, [_id(anna)])
    assert [each.acct for each in ben.list_accounts(ben_list)] == ["anna"]
    assert [each.id for each in ben.account_lists(_id(anna))] == [ben_list.id]
    listed = anna.status_post("Pears #harvest")
    assert listed.id in [each.id for each in ben.timeline_list(ben_list)]
    assert ben.list_update(ben_list, "Best bakers").title == "Best bakers"
    ben.list_accounts_delete(ben_list, [_id(anna)])
    ben.list_delete(ben_list)
    assert ben.lists() == []
    assert ben.tag_follow("harvest").following is True
    assert [tag.name for tag in ben.followed_tags()] == ["harvest"]
    assert ben.tag_unfollow("harvest").following is False
    assert anna.tag("harvest").name == "harvest"
    featured = anna.featured_tag_create("harvest")
    assert [tag.name for tag in anna.account_featured_tags(_id(anna))] == ["harvest"]
    assert isinstance(anna.featured_tag_suggestions(), list)
    anna.featured_tag_delete(featured)
    first = ben.timeline_local(limit=1)
    assert ben.fetch_next(first)[0].id < first[0].id
    assert isinstance(ben.trending_tags(), list)
    assert isinstance(ben.trending_statuses(), list)
    assert isinstance(ben.trending_links(), list)


def test_search(anna: Mastodon) -> None:
    anna.status_post("An unusual word: zwieback #rusk")
    assert [each.acct for each in anna.search_v2("anna").accounts] == ["anna"]
    assert [tag.name for tag in anna.search_v2("rusk", result_type="hashtags", exclude_unreviewed=False).hashtags] == [
        "rusk"
    ]
    assert ["zwieback" in each.content for each in anna.search_v2("zwieback", result_type="statuses").statuses] == [
        True
    ]


def test_filters(anna: Mastodon, ben: Mastodon) -> None:
    made = ben.create_filter_v2("Food", ["home", "public"], "warn", keywords_attributes=[{"keyword": "soup"}])
    status = anna.status_post("Hot soup")
    (result,) = ben.status(status.id).filtered
    assert (result.filter.title, result.keyword_matches) == ("Food", ["soup"])
    keyword = ben.add_filter_keyword_v2(made, "stew", whole_word=True)
    assert [each.keyword for each in ben.filter_keywords_v2(made)] == ["soup", "stew"]
    ben.delete_filter_keyword_v2(keyword)
    kept = ben.add_filter_status_v2(made, status.id)
    assert [each.status_id for each in ben.filter_statuses_v2(made)] == [status.id]
    ben.delete_filter_status_v2(kept)
    assert ben.update_filter_v2(made, title="Meals").title == "Meals"
    assert [each.title for each in ben.filters_v2()] == ["Meals"]
    ben.delete_filter_v2(made)
    old = ben.filter_create("broth", ["home"])
    assert [each.phrase for each in ben.filters()] == ["broth"]
    ben.filter_delete(old)


def test_notifications_and_conversations(anna: Mastodon, ben: Mastodon) -> None:
    anna.account_follow(_id(ben))  # else what she is told in private by a stranger would be kept apart
    anna.notifications_clear()
    status = ben.status_post("@anna between us", visibility="direct")
    notice = eventually("the mention is told", anna.notifications)[0]
    assert (notice.type, notice.status.id) == ("mention", status.id)
    assert anna.notifications_unread_count().count == 1
    groups = anna.grouped_notifications()
    assert groups.notification_groups[0].type == "mention"
    assert anna.unread_grouped_notifications_count() == 1
    assert anna.grouped_notification(groups.notification_groups[0].group_key).accounts[0].acct == "ben"
    (conversation, *_) = anna.conversations()
    assert conversation.unread is True
    assert anna.conversations_read(conversation).unread is False
    assert anna.markers_set(["notifications"], [notice.id])["notifications"].last_read_id == notice.id
    assert anna.markers_get(["notifications"])["notifications"].last_read_id == notice.id
    policy = anna.update_notifications_policy(for_new_accounts="accept")
    assert policy.for_new_accounts == anna.notifications_policy().for_new_accounts == "accept"
    assert anna.notification_requests() == []
    assert anna.notifications_merged() is not None
    anna.notifications_dismiss(notice.id)
    assert anna.notifications() == []
    assert anna.announcements() == []


def test_collections(anna: Mastodon, ben: Mastodon, cleo: Mastodon) -> None:
    made = anna.collection_create("Carpenters", "They build", "en", "wood", discoverable=True, account_ids=[_id(ben)])
    found = made.collection
    assert (found.name, found.tag.name, found.item_count) == ("Carpenters", "wood", 1)
    assert [each.name for each in cleo.account_collections(_id(anna)).collections] == ["Carpenters"]
    assert [each.name for each in ben.account_in_collections(_id(ben)).collections] == ["Carpenters"]
    item = anna.collection_item_add(found, _id(cleo)).collection_item
    assert [each.username for each in ben.collection(found).accounts] == ["anna", "ben", "cleo"]
    anna.collection_item_delete(found, item)
    ben.collection_item_revoke(found, found["items"][0])
    assert anna.collection(found).collection.item_count == 0
    assert anna.collection_update(found, name="Joiners").collection.name == "Joiners"
    with pytest.raises(MastodonAPIError, match="maximum is 40"):
        anna.collection_update(found, name="x" * 41)
    anna.collection_delete(found)
    with pytest.raises(MastodonNotFoundError):
        anna.collection(found)


def test_push(anna: Mastodon) -> None:
    _, public = anna.push_subscription_generate_keys()
    made = anna.push_subscription_set("https://push.example/1", public, follow_events=True, mention_events=True)
    assert (made.endpoint, made.alerts.mention, made.alerts.poll) == ("https://push.example/1", True, False)
    assert anna.push_subscription().server_key == made.server_key
    assert anna.push_subscription_update(poll_events=True).alerts.poll is True
    anna.push_subscription_delete()


def test_reports_and_moderation(owner: Mastodon, anna: Mastodon, cleo: Mastodon) -> None:
    status = cleo.status_post("Buy now")
    report = anna.report(cleo.me(), [status], comment="spam", category="spam")
    assert (report.category, report.action_taken) == ("spam", False)
    assert [each.id for each in owner.admin_reports()] == [report.id]
    assert owner.admin_report_assign(report).assigned_account.username == "clara"
    owner.admin_report_unassign(report)
    owner.admin_account_moderate(_id(cleo), action="silence", report_id=report, send_email_notification=False)
    assert owner.admin_account(_id(cleo)).silenced is True
    assert owner.admin_report(report).action_taken is True
    assert owner.admin_report_reopen(report).action_taken is False
    assert owner.admin_report_resolve(report).action_taken is True
    assert owner.admin_account_unsilence(_id(cleo)).silenced is False
    owner.admin_account_moderate(_id(cleo), action="sensitive", send_email_notification=False)
    assert owner.admin_account_unsensitive(_id(cleo)).sensitized is False
    who = _id(cleo)
    owner.admin_account_moderate(who, action="disable", send_email_notification=False)
    assert owner.admin_account_enable(who).disabled is False
    owner.admin_account_moderate(who, action="suspend", send_email_notification=False)
    assert owner.admin_account_unsuspend(who).suspended is False
    assert {each.username for each in owner.admin_accounts_v2(origin="local", permissions="staff")} == {"clara"}
    assert len(owner.admin_accounts_v1(remote=True)) == 0
    with pytest.raises(MastodonAPIError):
        anna.admin_accounts_v2()


def test_blocks_of_servers_and_addresses(owner: Mastodon) -> None:
    block = owner.admin_create_domain_block("spam.example", severity="silence", public_comment="spam")
    assert owner.admin_update_domain_block(block, severity="suspend").severity == "suspend"
    assert [each.domain for each in owner.admin_domain_blocks()] == ["spam.example"]
    owner.admin_delete_domain_block(block)
    allow = owner.admin_create_domain_allow("good.example")
    assert owner.admin_domain_allow(allow.id).domain == "good.example"
    owner.admin_delete_domain_allow(allow.id)
    network = owner.admin_create_ip_block("198.51.100.0/24", "sign_up_block", comment="x", expires_in=600)
    assert owner.admin_update_ip_block(network.id, comment="y").comment == "y"
    owner.admin_delete_ip_block(network.id)
    mailbox = owner.admin_create_canonical_email_block(email="bad@mail.example")
    assert [each.id for each in owner.admin_test_canonical_email_block("b.ad@mail.example")] == [mailbox.id]
    owner.admin_delete_canonical_email_block(mailbox.id)
    domain = owner.admin_create_email_domain_block("mail.example")
    assert [each.domain for each in owner.admin_email_domain_blocks()] == ["mail.example"]
    owner.admin_delete_email_domain_block(domain.id)


def test_figures(owner: Mastodon) -> None:
    start, end = datetime.now(UTC) - timedelta(days=2), datetime.now(UTC)
    measured = owner.admin_measures(start, end, active_users=True, new_users=True, opened_reports=True)
    assert {each.key for each in measured} == {"active_users", "new_users", "opened_reports"}
    dimensions = owner.admin_dimensions(start, end, languages=True, sources=True, software_versions=True)
    assert {each.key for each in dimensions} == {"languages", "sources", "software_versions"}
    assert owner.admin_retention(start, end, frequency="day")[-1].data[0].rate >= 0
    assert isinstance(owner.admin_trending_tags(), list)
    assert isinstance(owner.admin_trending_statuses(), list)
    assert isinstance(owner.admin_trending_links(), list)


class _Heard(StreamListener):
    def __init__(self) -> None:
        self.posts: list[Any] = []
        self.notices: list[Any] = []

    def on_update(self, status: Any) -> None:
        self.posts.append(status)

    def on_notification(self, notification: Any) -> None:
        self.notices.append(notification)


def test_streams(anna: Mastodon, ben: Mastodon) -> None:
    assert anna.stream_healthy()
    heard = _Heard()
    stream = anna.stream_user(heard, run_async=True, timeout=30, reconnect_async=True)
    try:
        time.sleep(1)
        status = ben.status_post("@anna can you hear me?")
        eventually("the mention is heard", lambda: [each.status.id for each in heard.notices] == [status.id])
        mine = anna.status_post("Yes")
        eventually("the post is heard", lambda: mine.id in [each.id for each in heard.posts])
    finally:
        stream.close()
