# SPDX-License-Identifier: AGPL-3.0-or-later
"""Posting and looking at statuses: https://docs.joinmastodon.org/methods/statuses/"""

import flask

from appliance.errors import BadInput, Refused
from appliance.fediverse.context import context
from appliance.fediverse.mastodon_api import media_arguments, polls, resolving, scheduled
from appliance.fediverse.mastodon_api.arguments import Arguments
from appliance.fediverse.mastodon_api.entities import accounts as account_entities
from appliance.fediverse.mastodon_api.entities import cards, emojis
from appliance.fediverse.mastodon_api.entities import media as media_entities
from appliance.fediverse.mastodon_api.entities import statuses as entities
from appliance.fediverse.mastodon_api.entities.common import Entity, moment
from appliance.fediverse.mastodon_api.routing import Afterwards, Call, Route
from appliance.fediverse.model import Visibility
from appliance.fediverse.services import edits, preferences, quoting, statuses, timelines
from appliance.fediverse.services import polls as poll_service
from appliance.fediverse.services.accounts import by_id as account_by_id
from appliance.fediverse.services.languages import is_code
from appliance.fediverse.services.missing import missing
from appliance.fediverse.services.quote_policy import QuotePolicy
from appliance.fediverse.services.statuses import Draft, Edit
from appliance.fediverse.services.text import absolute
from appliance.fediverse.services.visibility import OPEN
from appliance.fediverse.urls import Urls

MAX_KEY = 200


def resolve_mentions(arguments: Arguments, urls: Urls) -> dict[str, int]:
    return resolving.mentioned(context(), urls, arguments.text("status") or "")


def create(call: Call) -> Afterwards | Entity:
    arguments = call.arguments
    kept = preferences.get(call.tx, call.account_id)
    visibility = arguments.choice("visibility", Visibility) or kept.visibility
    sensitive = arguments.flag("sensitive")
    draft = Draft(
        text=arguments.text("status") or "",
        visibility=visibility,
        spoiler_text=arguments.text("spoiler_text") or "",
        sensitive=kept.sensitive if sensitive is None else sensitive,
        language=_language(arguments) or kept.language,
        in_reply_to_id=arguments.id("in_reply_to_id"),
        mentions=call.prepared,
        idempotency_key=(flask.request.headers.get("Idempotency-Key") or "")[:MAX_KEY] or None,
        app_id=call.caller.app_id if call.caller else None,
        poll=polls.of_arguments(arguments),
        media_ids=media_arguments.ids(arguments),
        quoted_id=arguments.id("quoted_status_id"),
        quote_policy=(arguments.choice("quote_approval_policy", QuotePolicy) or kept.quote_policy).value,
    )
    due_at = scheduled.time_of(arguments)
    if due_at is not None:
        return scheduled.added(call, draft, due_at)
    status_id = statuses.create(call.tx, call.urls, call.account_id, draft)
    return Afterwards(lambda tx: entities.one(tx, call.urls, call.account_id, status_id))


def edit(call: Call, status_id: int) -> Entity:
    arguments = call.arguments
    before = statuses.seen_by(call.tx, call.account_id, status_id)
    sensitive = arguments.flag("sensitive")
    text, spoiler = arguments.text("status"), arguments.text("spoiler_text")
    change = Edit(
        text=before.text if text is None else text,
        spoiler_text=before.spoiler_text if spoiler is None else spoiler,
        sensitive=before.sensitive if sensitive is None else sensitive,
        language=_language(arguments) or before.language,
        mentions=call.prepared,
        poll=polls.of_arguments(arguments),
        media_ids=media_arguments.ids(arguments),
        media_changes=media_arguments.changes(arguments),
    )
    statuses.edit(call.tx, call.urls, call.account_id, status_id, change)
    if policy := arguments.choice("quote_approval_policy", QuotePolicy):
        quoting.choose(call.tx, call.urls, call.account_id, status_id, policy)
    return entities.one(call.tx, call.urls, call.account_id, status_id)


def delete(call: Call, status_id: int) -> Entity:
    """Answers what was typed, in place of what was made of it, so that an app can offer to write it anew."""
    status = statuses.seen_by(call.tx, call.account_id, status_id)
    if status.account_id != call.account_id:
        raise missing()
    entity = entities.one(call.tx, call.urls, call.account_id, status_id)
    with_media = bool(call.arguments.flag("delete_media"))
    statuses.delete(call.tx, call.urls, call.account_id, status_id, with_media=with_media)
    del entity["content"]
    return entity | {"text": status.text}


def show(call: Call, status_id: int) -> Entity:
    statuses.seen_by(call.tx, call.viewer_id, status_id)
    return entities.one(call.tx, call.urls, call.viewer_id, status_id)


def show_many(call: Call) -> list[Entity]:
    ids = call.arguments.ids("id", 20)
    return entities.by_ids(call.tx, call.urls, call.viewer_id, timelines.seen(call.tx, call.viewer_id, ids))


def context_of(call: Call, status_id: int) -> Entity:
    status = statuses.seen_by(call.tx, call.viewer_id, status_id)
    if call.viewer_id is not None:
        resolving.want_thread(context(), call.tx, status)
    before, after = timelines.thread(call.tx, call.viewer_id, status)
    drawn = entities.draw(call.tx, call.urls, call.viewer_id, [*before, *after])
    return {"ancestors": drawn[: len(before)], "descendants": drawn[len(before) :]}


def source(call: Call, status_id: int) -> Entity:
    status = statuses.seen_by(call.tx, call.account_id, status_id)
    if status.account_id != call.account_id:
        raise missing()
    return {"id": str(status.id), "text": status.text, "spoiler_text": status.spoiler_text}


def history(call: Call, status_id: int) -> list[Entity]:
    status = statuses.seen_by(call.tx, call.viewer_id, status_id)
    author = account_by_id(call.tx, status.account_id)
    if author is None:
        raise missing()
    account = account_entities.one(call.tx, call.urls, call.viewer_id, author)
    poll = poll_service.of_status(call.tx, status)
    forms = [(row, row.created_at, row.poll_options) for row in edits.history(call.tx, status)]
    forms.append((status, status.edited_at or status.created_at, poll and poll.options))
    return [
        {
            "content": absolute(row.content, call.urls.origin) if status.local else row.content,
            "spoiler_text": row.spoiler_text,
            "sensitive": row.sensitive,
            "created_at": moment(at),
            "account": account,
            "media_attachments": media_entities.of_status(call.urls, status_id, row.attachments),
            "emojis": emojis.used(call.urls, status.emojis),
        }
        | ({"poll": {"options": [{"title": title} for title in asked]}} if asked else {})
        for row, at, asked in forms
    ]


def translate(call: Call, status_id: int) -> Entity:
    """As Mastodon answers where nothing is set up that translates."""
    status = statuses.seen_by(call.tx, call.viewer_id, status_id)
    if status.visibility not in OPEN:
        raise Refused("not-translatable", "This action is not allowed")
    raise missing()


def card(call: Call, status_id: int) -> Entity:
    status = statuses.seen_by(call.tx, call.viewer_id, status_id)
    found = cards.load(call.tx, call.urls, call.viewer_id, {status.card_id} if status.card_id is not None else ())
    return found.get(status.card_id, {})


def _language(arguments: Arguments) -> str | None:
    given = arguments.text("language")
    if given and not is_code(given):
        raise BadInput("Validation failed: Language is not a valid language", "")
    return given or None


_ALL = "/api/v1/statuses"
_ONE = f"{_ALL}/<status_id>"
_WRITE = ("write:statuses",)
ROUTES = (
    Route("POST", _ALL, create, _WRITE, before=resolve_mentions),
    Route("GET", _ALL, show_many, optional_scope="read:statuses"),
    Route("GET", _ONE, show, optional_scope="read:statuses"),
    Route("PUT", _ONE, edit, _WRITE, before=resolve_mentions),
    Route("DELETE", _ONE, delete, _WRITE),
    Route("GET", f"{_ONE}/context", context_of, optional_scope="read:statuses"),
    Route("GET", f"{_ONE}/source", source, ("read:statuses",)),
    Route("GET", f"{_ONE}/history", history, optional_scope="read:statuses"),
    Route("GET", f"{_ONE}/card", card, optional_scope="read:statuses"),
    Route("POST", f"{_ONE}/translate", translate, ("read:statuses",), member=False),
)
