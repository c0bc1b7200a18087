# SPDX-License-Identifier: AGPL-3.0-or-later
"""Push subscriptions: https://docs.joinmastodon.org/methods/push/"""

import flask

from appliance.errors import BadInput, HearthError
from appliance.fediverse.mastodon_api.entities.common import Entity, Row
from appliance.fediverse.mastodon_api.routing import Call, Route
from appliance.fediverse.model import NotificationKind
from appliance.fediverse.oauth.tokens import Caller
from appliance.fediverse.push.encryption import Receiver, is_receiver
from appliance.fediverse.services import push_keys, push_subscriptions
from appliance.fediverse.services.push_subscriptions import Endpoint, From
from appliance.secret import Secret
from appliance.system.guard import Guard, NetError

MAX_URL = 2000


def create(call: Call) -> Entity:
    if not call.urls.federating:
        raise HearthError("no-name", "Nothing can be pushed before this server has its name.", status=422)
    alerts, policy = _alerts(call) or frozenset(), _policy(call) or From.ALL
    row = push_subscriptions.create(
        call.tx, _caller(call).token_id, call.account_id, _token(), _endpoint(call), alerts, policy
    )
    return _entity(call, row)


def show(call: Call) -> Entity:
    return _entity(call, push_subscriptions.get(call.tx, _caller(call).token_id))


def change(call: Call) -> Entity:
    row = push_subscriptions.change(call.tx, _caller(call).token_id, _alerts(call), _policy(call))
    return _entity(call, row)


def delete(call: Call) -> Entity:
    push_subscriptions.delete(call.tx, _caller(call).token_id)
    return {}


def _endpoint(call: Call) -> Endpoint:
    """Raises BadInput."""
    arguments = call.arguments
    url = arguments.text("subscription[endpoint]") or ""
    try:
        Guard(development=call.urls.origin.startswith("http:")).target(url)
    except NetError:
        raise BadInput("Validation failed: Endpoint is not a valid URL", "") from None
    if len(url) > MAX_URL:
        raise BadInput("Validation failed: Endpoint is too long", "")
    receiver = Receiver(*(arguments.text(f"subscription[keys][{name}]") or "" for name in ("p256dh", "auth")))
    if not is_receiver(receiver):
        raise BadInput("Validation failed: The keys are not those of a push subscription", "")
    standard = arguments.flag("subscription[standard]") or False
    return Endpoint(url, receiver.public_key, receiver.auth, standard)


def _alerts(call: Call) -> frozenset[str] | None:
    """The kinds that are wanted; None if nothing is said of any."""
    kinds = [kind.value for kind in NotificationKind]
    said = {kind: call.arguments.flag(f"data[alerts][{kind}]") for kind in kinds}
    if all(flag is None for flag in said.values()):
        return None
    return frozenset(kind for kind, flag in said.items() if flag)


def _policy(call: Call) -> From | None:
    return call.arguments.choice("data[policy]", From) or call.arguments.choice("policy", From)


def _caller(call: Call) -> Caller:
    if call.caller is None:
        raise AssertionError("the route needs a token")
    return call.caller


def _token() -> Secret:
    return Secret(flask.request.headers["Authorization"][7:].strip())


def _entity(call: Call, row: Row) -> Entity:
    """https://docs.joinmastodon.org/entities/WebPushSubscription/"""
    return {
        "id": str(row.id),
        "endpoint": row.endpoint,
        "standard": row.standard,
        "alerts": {kind.value: kind.value in row.alerts for kind in NotificationKind},
        "policy": row.policy,
        "server_key": push_keys.public_key(call.tx),
    }


_PATH, _PUSH = "/api/v1/push/subscription", ("push",)
ROUTES = (
    Route("POST", _PATH, create, _PUSH),
    Route("GET", _PATH, show, _PUSH),
    Route("PUT", _PATH, change, _PUSH),
    Route("DELETE", _PATH, delete, _PUSH),
)
