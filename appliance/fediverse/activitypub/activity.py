# SPDX-License-Identifier: AGPL-3.0-or-later
"""An activity as it came, with typed looks at what it is about."""

from dataclasses import dataclass

from appliance.fediverse.activitypub import reading
from appliance.fediverse.activitypub.documents import Document
from appliance.fediverse.activitypub.reading import unfit


@dataclass(frozen=True)
class Activity:
    """`id` may be missing in what some servers send; `object` is a URI, a document, or nonsense."""

    id: str | None
    kind: str
    actor: str
    document: Document

    @property
    def object(self) -> object:
        value = self.document.get("object")
        return value[0] if isinstance(value, list) and value else value

    @property
    def object_uri(self) -> str | None:
        return reading.uri(self.object)

    @property
    def embedded(self) -> Document | None:
        return self.object if isinstance(self.object, dict) else None


def read(document: Document) -> Activity:
    """Raises BadInput bad-document."""
    kind, actor, uri = reading.kind(document), reading.uri(document.get("actor")), reading.uri(document)
    if not kind or actor is None:
        raise unfit("This is not an activity.")
    if uri is not None and not reading.same_origin(uri, actor):
        raise unfit("The activity's id is on another server than its actor.")
    return Activity(uri, kind, actor, document)
