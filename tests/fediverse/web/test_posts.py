# SPDX-License-Identifier: AGPL-3.0-or-later
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from appliance.fediverse.context import Context
from appliance.fediverse.db.tables import accounts as accounts_table
from appliance.fediverse.db.tables import statuses as statuses_table
from appliance.fediverse.model import Visibility
from appliance.fediverse.services import accounts, boosts, members, statuses
from appliance.fediverse.services.attachments import Attachment
from appliance.fediverse.services.remote import RemoteAccount, RemoteStatus
from appliance.fediverse.services.statuses import Draft
from appliance.secret import Secret

EVIL = "<script>alert(1)</script>"
Post = Callable[..., int]


@pytest.fixture
def post(context: Context) -> Post:
    """Post as somebody; the id."""

    def post(text: str, username: str = "ada", **more: Any) -> int:
        with context.database.write() as tx:
            author = members.get(tx, username).account_id
            return statuses.create(tx, context.urls(), author, Draft(text=text, **more))

    return post


@pytest.fixture
def remote(context: Context) -> Callable[..., int]:
    """A reply from another server; its id."""

    def receive(content: str, reply_to: int, **more: Any) -> int:
        with context.database.write() as tx:
            author = accounts.store_remote(
                tx,
                RemoteAccount(
                    uri="https://far.example/users/rita",
                    username="rita",
                    domain="far.example",
                    inbox="https://far.example/inbox",
                    key_id="https://far.example/users/rita#main-key",
                    public_key="PEM",
                    display_name=f"Rita {EVIL}",
                    url=more.pop("author_url", "https://far.example/@rita"),
                    avatar_url="https://far.example/rita.png",
                ),
            )
            received = statuses.receive(
                tx,
                context.urls(),
                author,
                RemoteStatus(
                    uri=f"https://far.example/{content[:5]}",
                    content=content,
                    visibility=Visibility.PUBLIC,
                    created_at=tx.now_ms,
                    in_reply_to_id=reply_to,
                    mentions=(members.get(tx, "ada").account_id,),
                    **more,
                ),
            )
        assert received is not None
        return received

    return receive


def test_the_front_page(stranger: Any, post: Post, context: Context) -> None:
    post("Bread is ready")
    post("Only for the village", visibility=Visibility.UNLISTED)
    post("Only for followers", visibility=Visibility.FOLLOWERS)
    post("Only for you", visibility=Visibility.DIRECT)
    text = stranger.get("/").text
    assert "The Kitchen Table" in text
    assert "1 member" in text
    assert "Bread is ready" in text
    assert "Only for" not in text


def test_older_posts(stranger: Any, post: Post) -> None:
    for number in range(21):
        post(f"Loaf number {number}.")
    page = stranger.get("/").text
    assert "Loaf number 20." in page
    assert "Loaf number 0." not in page
    older = page.partition('href="/?before=')[2].partition('"')[0]
    page = stranger.get(f"/?before={older}").text
    assert "Loaf number 0." in page
    assert "Loaf number 1." not in page
    for rubbish in ("x", "-1", "9" * 40, "²", "%00"):
        assert "Loaf number 20." in stranger.get(f"/?before={rubbish}").text


def test_a_profile(stranger: Any, post: Post) -> None:
    post("Bread is ready")
    post("For the village", visibility=Visibility.UNLISTED)
    post("For followers", visibility=Visibility.FOLLOWERS)
    page = stranger.get("/@ada")
    assert page.status_code == 200
    assert "Bread is ready" in page.text
    assert "For the village" in page.text
    assert "For followers" not in page.text
    assert 'type="application/activity+json" href="http://localhost/users/ada"' in page.text
    assert stranger.get("/@Ada").location == "/@ada"
    assert stranger.get("/@ada@localhost").location == "/@ada"


def test_boosts_stand_on_the_profile(stranger: Any, post: Post, context: Context) -> None:
    with context.database.write() as tx:
        bob = members.create(tx, "bob", Secret("four unrelated words here"))
    loaf = post("Bread is ready")
    with context.database.write() as tx:
        boosts.boost(tx, context.urls(), bob, loaf)
    page = stranger.get("/@bob").text
    assert "boosted" in page
    assert f"/@ada/{loaf}" in page
    with context.database.write() as tx:
        tx.execute(sa.update(statuses_table).where(statuses_table.c.id == loaf).values(visibility="private"))
    assert "Bread is ready" not in stranger.get("/@bob").text


@pytest.mark.parametrize("name", ["nobody", "ada@far.example", "%00", "%FF", "a" * 500, "..%2f..%2fetc", "ada%20"])
def test_profiles_that_are_not(stranger: Any, name: str) -> None:
    page = stranger.get(f"/@{name}")
    assert page.status_code == 404
    assert page.mimetype == "text/html"


def test_remote_people_are_read_at_home(stranger: Any, post: Post, remote: Callable[..., int]) -> None:
    reply = remote("<p>Nice</p>", post("Bread"))
    assert stranger.get("/@rita@far.example").location == "https://far.example/@rita"
    assert stranger.get(f"/@rita/{reply}").status_code == 404
    assert stranger.get(f"/@ada/{reply}").status_code == 404


def test_a_dangerous_address_of_a_remote_person_is_no_link(
    stranger: Any, post: Post, remote: Callable[..., int]
) -> None:
    bread = post("Bread")
    remote("<p>Nice</p>", bread, author_url="javascript:alert(1)", url="javascript:alert(2)")
    assert "javascript:" not in stranger.get(f"/@ada/{bread}").text
    page = stranger.get("/@rita@far.example")
    assert "javascript:" not in page.headers.get("Location", "")


def test_a_thread(stranger: Any, post: Post, remote: Callable[..., int]) -> None:
    first = post("First")
    second = post("Second", in_reply_to_id=first)
    hidden = post("Hidden", in_reply_to_id=second, visibility=Visibility.FOLLOWERS)
    post("Behind", in_reply_to_id=hidden)
    fourth = post("Fourth", in_reply_to_id=second)
    remote(
        "<p>Fifth</p>",
        fourth,
        attachments=(Attachment("image", "image/png", "A sack", "https://far.example/i.png"),),
    )
    page = stranger.get(f"/@ada/{second}").text
    order = [page.index(f">{word}<") for word in ("First", "Second", "Fourth", "Fifth")]
    assert order == sorted(order)
    assert "Hidden" not in page
    assert "Behind" not in page  # it hangs on what can't be seen
    assert "Rita &lt;script&gt;" in page
    assert "A sack" in page
    assert "<img" in page
    assert 'src="https:' not in page


@pytest.mark.parametrize("visibility", [Visibility.FOLLOWERS, Visibility.DIRECT])
def test_posts_for_fewer_eyes_are_not_there(stranger: Any, ada: Any, post: Post, visibility: Visibility) -> None:
    secret = post("Secret", visibility=visibility)
    for one in (stranger, ada):
        assert one.get(f"/@ada/{secret}").status_code == 404


def test_posts_that_are_not_theirs_or_not_at_all(stranger: Any, post: Post, context: Context) -> None:
    with context.database.write() as tx:
        members.create(tx, "bob", Secret("four unrelated words here"))
    bread = post("Bread")
    assert stranger.get(f"/@bob/{bread}").status_code == 404
    for rubbish in ("1", "9" * 18, "9" * 40, "x", "-1"):
        assert stranger.get(f"/@ada/{rubbish}").status_code == 404


def test_a_deleted_post_is_gone(stranger: Any, post: Post, context: Context) -> None:
    bread = post("Bread")
    with context.database.write() as tx:
        statuses.delete(tx, context.urls(), members.get(tx, "ada").account_id, bread)
    page = stranger.get(f"/@ada/{bread}")
    assert page.status_code == 410
    assert "It is gone" in page.text


def test_somebody_suspended_is_not_shown(stranger: Any, post: Post, context: Context) -> None:
    bread = post("Bread #dough")
    with context.database.write() as tx:
        tx.execute(sa.update(accounts_table).values(suspended_at=1))
    assert stranger.get("/@ada").status_code == 410
    assert stranger.get(f"/@ada/{bread}").status_code == 404
    for path in ("/", "/tags/dough"):
        assert "Bread" not in stranger.get(path).text


def test_hashtags(stranger: Any, post: Post) -> None:
    post("Rye #Sourdough")
    post("Quiet #sourdough", visibility=Visibility.UNLISTED)
    for name in ("sourdough", "SourDough"):
        page = stranger.get(f"/tags/{name}")
        assert "Rye" in page.text
        assert "Quiet" not in page.text
    assert "Nobody here has used" in stranger.get("/tags/empty").text
    for rubbish in ("%3Cscript%3E", "a%20b", "%00", "%FF", "x" * 101, "%E2%80%AE"):
        assert stranger.get(f"/tags/{rubbish}").status_code == 404


def test_names_titles_and_warnings_are_only_text(stranger: Any, post: Post, context: Context) -> None:
    bread = post(f"Bread {EVIL}", spoiler_text=f"Warn {EVIL}")
    with context.database.write() as tx:
        tx.execute(sa.update(accounts_table).values(display_name=EVIL, fields=[{"name": EVIL, "value": EVIL}]))
        tx.connection.exec_driver_sql("UPDATE instance SET value = ? WHERE key = 'title'", (f'"{EVIL}"',))
    for path in ("/", "/about", "/@ada", f"/@ada/{bread}", "/login", "/nothing"):
        page = stranger.get(path).text
        assert EVIL not in page, path
        assert "&lt;script&gt;" in page, path


def test_other_servers_are_sent_to_the_document(stranger: Any, post: Post) -> None:
    bread = post("Bread")
    accept = {"Accept": "application/activity+json"}
    assert stranger.get("/@ada", headers=accept).location == "http://localhost/users/ada"
    status = stranger.get(f"/@ada/{bread}", headers=accept)
    assert status.location == f"http://localhost/users/ada/statuses/{bread}"
    browser = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
    assert stranger.get("/@ada", headers=browser).status_code == 200


def test_pages_that_are_not_there(stranger: Any) -> None:
    page = stranger.get("/nothing/here")
    assert page.status_code == 404
    assert page.mimetype == "text/html"
    assert "nothing here" in page.text


def test_a_page_that_fails_says_so(stranger: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr("appliance.fediverse.web.reading.newest", fail)
    page = stranger.get("/")
    assert page.status_code == 500
    assert "Something broke" in page.text
    assert "secret detail" not in page.text


def test_a_page_that_fails_because_nothing_can_be_read_says_so_too(
    stranger: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr("appliance.fediverse.services.instance_settings.get", fail)
    page = stranger.get("/")
    assert page.status_code == 500
    assert "Something broke" in page.text


@pytest.mark.parametrize("name", ["ada", "default", "<b>", "%00", "x" * 1000, "é", "%22%3E%3Cscript%3E"])
def test_drawings(stranger: Any, name: str) -> None:
    for folder in ("avatars", "headers"):
        drawing = stranger.get(f"/{folder}/{name}.svg")
        assert drawing.status_code == 200
        assert drawing.mimetype == "image/svg+xml"
        assert "script" not in drawing.text
        assert drawing.text == stranger.get(f"/{folder}/{name}.svg").text
        assert "default-src 'none'" in drawing.headers["Content-Security-Policy"]
    assert stranger.get("/avatars/a.svg").text != stranger.get("/avatars/b.svg").text


def test_a_featured_hashtag_leads_to_what_its_member_wrote(stranger: Any, post: Post, context: Context) -> None:
    with context.database.write() as tx:
        members.create(tx, "bea", Secret("four unrelated words here"))
    post("mine #bread")
    post("hers #bread", username="bea")
    post("kept #bread", visibility=Visibility.FOLLOWERS)
    page = stranger.get("/@ada/tagged/Bread").text
    assert "mine" in page
    assert "hers" not in page
    assert "kept" not in page
    for path in ("/@nobody/tagged/bread", "/@ada/tagged/a b"):
        assert stranger.get(path).status_code == 404
