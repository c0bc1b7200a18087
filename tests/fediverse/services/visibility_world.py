# SPDX-License-Identifier: AGPL-3.0-or-later
"""Small worlds of people and posts, and an oracle that says who may see what.

The oracle asks no code of ours: a world writes down itself what was done in it. Every post carries a mark that no other
text has, so that whatever a path answers can be searched for posts that should not be in it.
"""

import contextlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import sqlalchemy as sa
from hypothesis import strategies as st

from appliance.errors import HearthError
from appliance.fediverse.context import Context
from appliance.fediverse.db.tables import accounts as accounts_table
from appliance.fediverse.db.tables import activities, deliveries
from appliance.fediverse.model import QuoteState, RepliesPolicy, Visibility
from appliance.fediverse.services import (
    accounts,
    blocks,
    bookmarks,
    boosts,
    edits,
    favourites,
    follows,
    lists,
    mutes,
    pins,
    statuses,
    tags,
)
from appliance.fediverse.services.polls import NewPoll
from appliance.fediverse.services.remote import RemoteQuote, RemoteStatus
from appliance.fediverse.services.statuses import Draft, Edit
from tests.fediverse.conftest import MakePerson, Person, remote_account

MEMBERS = ("anna", "bob", "carol")
RITA = "rita"  # of another server
PEOPLE = (*MEMBERS, RITA)
TAG = "tea"
_MARK = re.compile(r"mark(\d+)x")


@dataclass
class Post:
    """`boosted` is what it boosts: then it has no mark of its own. `mentioned` are names."""

    id: int
    author: str
    visibility: Visibility
    mentioned: frozenset[str] = frozenset()
    boosted: "Post | None" = None
    quotes: "Post | None" = None
    deleted: bool = False


@dataclass(frozen=True)
class Step:
    """One thing that somebody does. What is refused does not happen."""

    verb: str
    who: str
    whom: str
    visibility: Visibility
    mentioned: frozenset[str]
    number: int  # which post it is about, counted from the newest

    def __str__(self) -> str:
        return f"{self.who} {self.verb} {self.whom} {self.visibility.value} {sorted(self.mentioned)} {self.number}"


VERBS = (
    *("post",) * 5,
    *("reply",) * 3,
    *("boost",) * 3,
    *("follow",) * 4,
    *("favourite", "bookmark", "pin", "mute", "unfollow", "edit", "delete", "suspend", "quote", "quote"),
    *("block",) * 2,
    *("list", "follow_tag"),
)

_STEP = st.builds(
    Step,
    st.sampled_from(VERBS),
    st.sampled_from(PEOPLE),
    st.sampled_from(PEOPLE),
    st.sampled_from(Visibility),
    st.frozensets(st.sampled_from(PEOPLE), max_size=2),
    st.integers(0, 5),
)
STORIES = st.lists(_STEP, min_size=8, max_size=24)


@dataclass
class World:
    context: Context
    members: dict[str, Person]
    ids: dict[str, int]
    posts: list[Post] = field(default_factory=list)
    follows: set[tuple[str, str]] = field(default_factory=set)
    blocks: set[tuple[str, str]] = field(default_factory=set)
    mutes: set[tuple[str, str]] = field(default_factory=set)
    lists: dict[str, list[int]] = field(default_factory=dict)
    suspended: set[str] = field(default_factory=set)
    missent: list[tuple[Step, Post]] = field(default_factory=list)  # told to rita's server, and not for her
    _told: int = 0

    def unwelcome(self, viewer: str) -> set[int]:
        """Ids of those whom lists leave out for this viewer."""
        return {
            self.ids[other]
            for other in self.ids
            if (viewer, other) in self.mutes | self.blocks or (other, viewer) in self.blocks
        }

    def may_see(self, viewer: str | None, post: Post) -> bool:
        """The oracle; `viewer` is None for strangers."""
        if post.deleted or post.author in self.suspended:
            return False
        if post.boosted is not None and not self.may_see(viewer, post.boosted):
            return False
        if viewer == post.author:
            return True
        if viewer is not None and (post.author, viewer) in self.blocks:
            return False
        if post.visibility in (Visibility.PUBLIC, Visibility.UNLISTED):
            return True
        if viewer is None:
            return False
        if viewer in post.mentioned:
            return True
        return post.visibility is Visibility.FOLLOWERS and (viewer, post.author) in self.follows

    def leaks(self, viewer: str | None, answer: str) -> list[Post]:
        """Posts in an answer, by their marks or as boosts by their ids, that the viewer may not see."""
        marked = {int(number) for number in _MARK.findall(answer)}
        shown = [self.posts[number] for number in marked]
        shown += [post for post in self.posts if post.boosted is not None and f'"id":"{post.id}"' in answer]
        return [post for post in shown if not self.may_see(viewer, post)]

    def originals(self) -> Iterator[Post]:
        return (post for post in self.posts if post.boosted is None)

    def play(self, story: list[Step]) -> None:
        for step in story:
            if step.who in self.suspended:
                continue
            with contextlib.suppress(HearthError):
                getattr(self, f"_{step.verb}")(step)
            self.missent += [(step, post) for post in self._sent() if not self.may_see(RITA, post)]

    def _sent(self) -> list[Post]:
        """Posts whose text just went to another server."""
        query = (
            sa.select(activities.c.id, activities.c.body)
            .join(deliveries, deliveries.c.activity_id == activities.c.id)
            .where(activities.c.id > self._told)
        )
        with self.context.database.read() as tx:
            rows = tx.all(query)
        self._told = max((row.id for row in rows), default=self._told)
        return [self.posts[int(number)] for row in rows for number in _MARK.findall(row.body)]

    def _post(self, step: Step, parent: Post | None = None, quoted: Post | None = None) -> None:
        number, urls = len(self.posts), self.context.urls()
        mark, who = f"mark{number}x", self.ids[step.who]
        with self.context.database.write() as tx:
            if step.who == RITA:
                status_id = statuses.receive(tx, urls, who, self._remote(mark, step, parent, quoted, tx.now_ms))
            else:
                named = " ".join(f"@{name}" if name != RITA else "@rita@far.example" for name in sorted(step.mentioned))
                poll = NewPoll((f"{mark} one", f"{mark} two"), 3600) if number % 3 == 0 else None
                reply_to = parent.id if parent else None
                draft = Draft(f"{mark} #{TAG} {named}", step.visibility, in_reply_to_id=reply_to, poll=poll)
                status_id = statuses.create(tx, urls, who, draft)
        assert status_id is not None
        self.posts.append(Post(status_id, step.who, step.visibility, step.mentioned, quotes=quoted))

    def _remote(self, mark: str, step: Step, parent: Post | None, quoted: Post | None, now: int) -> RemoteStatus:
        uri = f"https://far.example/notes/{len(self.posts)}"  # what answers it names it, which is no secret
        quote = RemoteQuote("https://far.example/x", quoted.id, QuoteState.ACCEPTED) if quoted else None
        return RemoteStatus(
            uri,
            f"<p>{mark}</p>",
            step.visibility,
            now,
            in_reply_to_id=parent.id if parent else None,
            mentions=tuple(self.ids[name] for name in sorted(step.mentioned)),
            tags=(TAG,),
            quote=quote,
        )

    def _reply(self, step: Step) -> None:
        parent = self._about(step)
        # Who is on another server may answer what she was never sent, by an address that she guessed.
        if parent.boosted is None and (step.who == RITA or self.may_see(step.who, parent)):
            self._post(step, parent)

    def _quote(self, step: Step) -> None:
        quoted = self._about(step)
        if step.who == RITA and quoted.boosted is None:
            self._post(step, quoted=quoted)

    def _boost(self, step: Step) -> None:
        post = self._about(step)
        with self.context.database.write() as tx:
            boost_id = boosts.boost(
                tx, self.context.urls(), self.ids[step.who], post.id, visibility=step.visibility, uri=self._uri(step)
            )
        original = post.boosted or post
        if any(each.id == boost_id for each in self.posts):
            return
        own = original.visibility is Visibility.FOLLOWERS
        visibility = Visibility.FOLLOWERS if own else step.visibility
        self.posts.append(Post(boost_id, step.who, visibility, boosted=original))

    def _uri(self, step: Step) -> str | None:
        return f"https://far.example/boosts/{len(self.posts)}" if step.who == RITA else None

    def _favourite(self, step: Step) -> None:
        post = self._about(step)
        with self.context.database.write() as tx:
            favourites.favourite(tx, self.context.urls(), self.ids[step.who], (post.boosted or post).id)

    def _bookmark(self, step: Step) -> None:
        post = self._about(step)
        with self.context.database.write() as tx:
            bookmarks.bookmark(tx, self.ids[step.who], (post.boosted or post).id)

    def _pin(self, step: Step) -> None:
        post = self._about(step)
        with self.context.database.write() as tx:
            if step.who == RITA:
                pins.receive_add(tx, self.ids[RITA], post.id)
            else:
                pins.pin(tx, self.context.urls(), self.ids[step.who], post.id)

    def _edit(self, step: Step) -> None:
        post = self._about(step)
        number, named = self.posts.index(post), sorted(step.mentioned - {RITA})
        text = f"mark{number}x #{TAG} changed {' '.join(f'@{name}' for name in named)}"
        with self.context.database.write() as tx:
            edits.edit(tx, self.context.urls(), self.ids[step.who], post.id, Edit(text))
        post.mentioned = frozenset(named)

    def _delete(self, step: Step) -> None:
        post = self._about(step)
        with self.context.database.write() as tx:
            statuses.delete(tx, self.context.urls(), self.ids[step.who], post.id)
        for each in self.posts:
            each.deleted |= each is post or each.boosted is post

    def _follow(self, step: Step) -> None:
        with self.context.database.write() as tx:
            follows.follow(tx, self.context.urls(), self.ids[step.who], self.ids[step.whom])
            if step.whom == RITA:
                follows.accept(tx, self.context.urls(), self.ids[RITA], self.ids[step.who])
        self.follows.add((step.who, step.whom))

    def _unfollow(self, step: Step) -> None:
        with self.context.database.write() as tx:
            follows.unfollow(tx, self.context.urls(), self.ids[step.who], self.ids[step.whom])
        self.follows.discard((step.who, step.whom))

    def _block(self, step: Step) -> None:
        with self.context.database.write() as tx:
            blocks.block(tx, self.context.urls(), self.ids[step.who], self.ids[step.whom])
        self.blocks.add((step.who, step.whom))
        self.follows -= {(step.who, step.whom), (step.whom, step.who)}

    def _mute(self, step: Step) -> None:
        with self.context.database.write() as tx:
            mutes.mute(tx, self.ids[step.who], self.ids[step.whom])
        self.mutes.add((step.who, step.whom))

    def _list(self, step: Step) -> None:
        with self.context.database.write() as tx:
            change = lists.Change("x", RepliesPolicy.FOLLOWED, exclusive=step.number == 0)
            list_id = lists.create(tx, self.ids[step.who], change)
            lists.add(tx, self.ids[step.who], list_id, [self.ids[step.whom]])
        self.lists.setdefault(step.who, []).append(list_id)

    def _follow_tag(self, step: Step) -> None:
        with self.context.database.write() as tx:
            tags.follow(tx, self.ids[step.who], tags.known(tx, TAG))

    def _suspend(self, step: Step) -> None:
        if len(self.suspended) > 0:
            return  # one is enough, or the world is empty
        with self.context.database.write() as tx:
            mine = accounts_table.c.id == self.ids[step.who]
            tx.execute(sa.update(accounts_table).where(mine).values(suspended_at=tx.now_ms))
        self.suspended.add(step.who)

    def _about(self, step: Step) -> Post:
        there = [post for post in self.posts if not post.deleted]
        if not there:
            raise HearthError("not-found", "There is nothing yet.")
        return there[-1 - step.number % len(there)]


def make_world(context: Context, make_person: MakePerson) -> World:
    """Nobody has said anything yet."""
    members = {name: make_person(name) for name in MEMBERS}
    with context.database.write() as tx:
        rita = accounts.store_remote(tx, remote_account(RITA, indexable=True))
    return World(context, members, {name: person.id for name, person in members.items()} | {RITA: rita})
