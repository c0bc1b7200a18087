# SPDX-License-Identifier: AGPL-3.0-or-later
"""People, lists, filters, hashtags, discovery and search as Mastodon.py asks for them, over real HTTP."""

from typing import Any

import pytest
from mastodon import MastodonNotFoundError

from tests.fediverse.conftest import MakePerson, Person
from tests.fediverse.mastodon_api.conftest import Client


@pytest.fixture
def api(client: Client, anna: Person) -> Any:
    return client(anna)


def _ids(found: Any) -> list[str]:
    return [str(each.id) for each in found]


def test_accounts_and_what_is_between_them(api: Any, client: Client, anna: Person, bob: Person, carol: Person) -> None:
    friend = str(bob.id)
    relation = api.account_follow(friend, reblogs=False, notify=True)
    assert (relation.following, relation.showing_reblogs, relation.notifying) == (True, False, True)
    assert api.account_relationships([friend, carol.id])[0].following
    assert api.account_mute(friend, notifications=False, duration=600).muting
    assert api.mutes()[0].mute_expires_at is not None
    assert not api.account_unmute(friend).muting
    assert api.account_note_set(friend, "from school").note == "from school"
    assert api.account_endorse(friend).endorsed
    assert _ids(api.endorsements()) == [friend]
    assert _ids(api.account_following(anna.id)) == [friend]
    assert _ids(client(bob).account_followers(bob.id)) == [str(anna.id)]
    carol.post(f"/api/v1/accounts/{bob.id}/follow")
    anna.post(f"/api/v1/accounts/{carol.id}/follow")
    assert [_ids(each.accounts) for each in api.account_familiar_followers(friend)] == [[str(carol.id)]]
    assert client(bob).account_remove_from_followers(carol.id).followed_by is False
    assert api.account_block(carol.id).blocking
    assert _ids(api.blocks()) == [str(carol.id)]
    assert not api.account_unblock(carol.id).blocking
    api.domain_block("far.example")
    assert list(api.domain_blocks()) == ["far.example"]
    api.domain_unblock("far.example")
    me = api.account_update_credentials(
        note="hello",
        discoverable=True,
        fields=[("Home", "https://anna.example")],
        indexable=True,
        hide_collections=False,
    )
    assert (me.fields[0].name, me.source.indexable) == ("Home", True)
    assert str(api.account_lookup("bob").id) == friend
    assert _ids(api.account_search("bo")) == [friend]
    assert api.preferences() is not None


def test_lists(api: Any, bob: Person) -> None:
    api.account_follow(bob.id)
    made = api.list_create("Friends", replies_policy="none", exclusive=True)
    assert (made.title, made.replies_policy, made.exclusive) == ("Friends", "none", True)
    api.list_accounts_add(made, [bob.id])
    assert _ids(api.list_accounts(made)) == [str(bob.id)]
    assert _ids(api.account_lists(bob.id)) == [str(made.id)]
    status = bob.toot("hello")
    assert _ids(api.timeline_list(made)) == [status["id"]]
    assert api.list_update(made, "Kin", exclusive=False).title == "Kin"
    api.list_accounts_delete(made, [bob.id])
    api.list_delete(made)
    assert api.lists() == []
    with pytest.raises(MastodonNotFoundError):
        api.list(made.id)


def test_filters(api: Any, bob: Person) -> None:
    made = api.create_filter_v2("Dull", ["home", "public"], "warn", 3600, [{"keyword": "tea", "whole_word": True}])
    status = bob.toot("about tea")
    [shown] = api.timeline_public()
    assert shown.filtered[0].filter.title == "Dull"
    assert shown.filtered[0].keyword_matches == ["tea"]
    word = api.add_filter_keyword_v2(made, "milk", whole_word=False)
    assert api.filter_keywords_v2(made)[1].id == word.id
    marked = api.add_filter_status_v2(made, status["id"])
    assert str(api.filter_statuses_v2(made)[0].status_id) == status["id"]
    api.delete_filter_status_v2(marked)
    api.delete_filter_keyword_v2(word)
    assert api.update_filter_v2(made, title="Duller").title == "Duller"
    api.delete_filter_v2(made)
    assert api.filters_v2() == []
    old = api.filter_create("coffee", ["home"], expires_in=60)
    assert api.filters()[0].phrase == "coffee"
    api.filter_delete(old)


def test_hashtags_discovery_and_search(api: Any, anna: Person, bob: Person) -> None:
    status = bob.toot("I like #tea")
    anna.toot("so do I #tea")
    assert api.tag_follow("tea").following
    assert [each.name for each in api.followed_tags()] == ["tea"]
    assert not api.tag_unfollow("tea").following
    assert api.tag("tea").history[0].accounts == "2"
    featured = api.featured_tag_create("tea")
    assert [each.name for each in api.account_featured_tags(anna.id)] == ["tea"]
    api.featured_tag_delete(featured)
    assert [each.name for each in api.featured_tag_suggestions()] == ["tea"]
    assert len(api.timeline_hashtag("tea")) == 2
    assert [each.name for each in api.trending_tags()] == ["tea"]
    assert list(api.trending_statuses()) == list(api.trending_links()) == []
    assert str(bob.id) in _ids(api.directory(local=True))
    assert _ids(each.account for each in api.suggestions_v2()) == [str(bob.id)]
    api.suggestion_delete(bob.id)
    assert list(api.suggestions()) == []
    anna.post(f"/api/v1/statuses/{status['id']}/favourite")
    found = api.search_v2("like")
    assert _ids(found.statuses) == [status["id"]]
    assert _ids(api.search_v2("bob", result_type="accounts").accounts) == [str(bob.id)]
    assert [each.name for each in api.search_v2("#tea", result_type="hashtags").hashtags] == ["tea"]


def test_pages_of_people(api: Any, anna: Person, make_person: MakePerson) -> None:
    for number in range(5):
        make_person(f"p{number}").post(f"/api/v1/accounts/{anna.id}/follow")
    page = api.account_followers(anna.id, limit=2)
    assert len(page) == 2
    assert len(api.fetch_remaining(page)) == 5
