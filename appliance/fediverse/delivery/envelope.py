# SPDX-License-Identifier: AGPL-3.0-or-later
"""A letter made ready to be sent: signed at the last moment, so that the date is fresh however long it waited."""

from dataclasses import dataclass

from appliance.fediverse.activitypub import instance_actor, reading, signatures, synchronisation
from appliance.fediverse.activitypub.documents import MEDIA_TYPE
from appliance.fediverse.activitypub.signatures import Form, Message
from appliance.fediverse.context import Context
from appliance.fediverse.delivery.outbox import Letter
from appliance.secret import Secret
from appliance.system.exchange import Limits, Request, Response
from appliance.system.guard import Guard

_LIMITS = Limits(size=64 * 1024, seconds=10.0)
# How a server answers whose signature it could not read, among other things.
_NOT_UNDERSTOOD = frozenset({400, 401, 403})


@dataclass(frozen=True)
class Envelopes:
    context: Context
    guard: Guard

    def make(self, letter: Letter, form: Form) -> Request:
        """Asks the database. Raises NetError for an inbox that must not be asked."""
        here, urls = self.context, self.context.urls()
        target = self.guard.target(letter.inbox)
        headers = {"host": target.host_header, "content-type": MEDIA_TYPE}
        if letter.synchronises and letter.author_id is not None and letter.username is not None:
            with here.database.read() as tx:
                header = synchronisation.header(tx, urls, letter.author_id, letter.username, letter.inbox)
            headers[synchronisation.HEADER] = header
        key_id = urls.key(letter.username) if letter.username is not None else instance_actor.key_id(urls)
        key = signatures.private_key(self._private_key(letter).reveal())
        message = Message("POST", target.path, headers, letter.body)
        origin = reading.origin(letter.inbox)
        signed = signatures.sign(key, key_id, message, here.clock.now(), origin, form)
        return Request(letter.inbox, method="POST", headers=signed, body=letter.body, limits=_LIMITS, follow=False)

    def _private_key(self, letter: Letter) -> Secret:
        return letter.private_key or instance_actor.key_pair(self.context.database).private


def first_form(letter: Letter) -> Form:
    """The old form is what every server understands: some would take the new one, answer well and drop it unread."""
    return letter.form or Form.CAVAGE


def other_form(form: Form) -> Form:
    return Form.RFC9421 if form is Form.CAVAGE else Form.CAVAGE


def was_not_understood(response: Response) -> bool:
    """Whether knocking again with the other form makes sense."""
    return response.status in _NOT_UNDERSTOOD


def learned(letter: Letter, response: Response) -> Form | None:
    """What an answer tells of the form that the host understands."""
    if "accept-signature" in response.headers:  # RFC 9421, section 5
        return Form.RFC9421
    return letter.form
