# SPDX-License-Identifier: AGPL-3.0-or-later
from typing import Any

import pytest

from appliance.fediverse.context import Context
from appliance.fediverse.services import accounts, collection_items, members, remote_collections
from appliance.fediverse.services.collections import Draft
from appliance.fediverse.services.remote import RemoteCollection
from appliance.secret import Secret
from tests.fediverse.conftest import remote_account
from tests.fediverse.web.conftest import Fields
from tests.fediverse.web.test_settings import csrf

EVIL = "<script>alert(1)</script>"


def make(context: Context, *names: str, **more: Any) -> int:
    """A collection of ada's with these members in it, who are made."""
    with context.database.write() as tx:
        people = [members.create(tx, each, Secret("four unrelated words here")) for each in names]
        draft = Draft(**{"name": "Bakers", **more})
        return collection_items.create_with(tx, context.urls(), members.get(tx, "ada").account_id, draft, people)


def test_a_collection_and_who_is_in_it(stranger: Any, context: Context) -> None:
    collection_id = make(context, "bob", description=f"They bake {EVIL}", tag="Bread", sensitive=True)
    page = stranger.get(f"/collections/{collection_id}")
    assert page.status_code == 200
    for shown in ("Bakers", "1 person", 'href="/@bob"', 'href="/@ada"', 'href="/tags/bread"', "Sensitive"):
        assert shown in page.text
    assert EVIL not in page.text
    document = f"http://localhost/users/ada/featured_collections/{collection_id}"
    assert f'type="application/activity+json" href="{document}"' in page.text
    asked = stranger.get(f"/collections/{collection_id}", headers={"Accept": "application/activity+json"})
    assert (asked.status_code, asked.location) == (302, document)
    assert f'href="/collections/{collection_id}"' in stranger.get("/@ada").text


def test_one_that_is_not_listed_is_on_no_profile(stranger: Any, context: Context) -> None:
    collection_id = make(context, discoverable=False)
    assert "Nobody is in it yet." in stranger.get(f"/collections/{collection_id}").text
    assert "/collections/" not in stranger.get("/@ada").text


def test_one_of_elsewhere_is_shown_there(stranger: Any, context: Context) -> None:
    with context.database.write() as tx:
        owner = accounts.store_remote(tx, remote_account("rita"))
        there = "https://far.example/collections/1"
        told = RemoteCollection(uri="https://far.example/c/1", name="x", url=there)
        collection_id = remote_collections.store(tx, owner, told)
    assert stranger.get(f"/collections/{collection_id}").location == there


@pytest.mark.parametrize("name", ["1", "x", "-1", "9" * 40, "%00", "1/2", ""])
def test_collections_that_are_not(stranger: Any, name: str) -> None:
    page = stranger.get(f"/collections/{name}")
    assert page.status_code == 404
    assert "There is nothing here" in page.text


def test_a_member_leaves_a_collection_without_an_app(ada: Any, browser: Any, context: Context) -> None:
    collection_id = make(context, "bob")
    assert "Collections that you are in" not in ada.get("/settings").text
    bob = browser()
    bob.log_in("bob")
    page = bob.get("/settings").text
    assert f'href="/collections/{collection_id}"' in page
    assert "by @ada" in page
    form = Fields(page).forms["/settings/collections/leave"]
    assert ada.post("/settings/collections/leave", form | {"csrf": csrf(ada)}).status_code == 403
    for rubbish in ({"id": "x"}, {"id": "9" * 30}, {"collection": "1"}, {"id": ""}):
        assert bob.post("/settings/collections/leave", form | rubbish).status_code == 404
    assert bob.post("/settings/collections/leave", {**form, "csrf": "no"}).status_code in (400, 403)
    assert bob.send("/settings", "/settings/collections/leave").location == "/settings?done=collection"
    assert "You are not in that collection any more." in bob.get("/settings?done=collection").text
    assert "Collections that you are in" not in bob.get("/settings").text
    assert "Nobody is in it yet." in bob.get(f"/collections/{collection_id}").text
