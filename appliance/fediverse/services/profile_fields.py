# SPDX-License-Identifier: AGPL-3.0-or-later
"""The fields of profiles. A link in one counts as proven when the page it leads to links back with rel="me"; the
companion looks (activitypub/asking/links.py), since that takes long."""

import re
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from appliance.errors import BadInput
from appliance.fediverse.db.database import Tx
from appliance.fediverse.db.tables import accounts
from appliance.fediverse.services import errands, plain, text
from appliance.fediverse.services.errands import Errand

MAX_FIELDS = 4
MAX_FIELD = 255
MAX_LINKS = 8  # of one account; others may have more fields than members can

Field = dict[str, Any]  # "name", "value" (HTML), "source" (of members: what they typed), "verified_at" (milliseconds)
_HREF = re.compile(r'<a\b[^>]*?\shref="([^"]+)"')


def check(fields: tuple[tuple[str, str], ...]) -> list[tuple[str, str]]:
    """Those that say anything. Raises BadInput."""
    given = [(name.strip(), value.strip()) for name, value in fields if name.strip() or value.strip()]
    if len(given) > MAX_FIELDS:
        raise BadInput(f"Validation failed: Fields can be {MAX_FIELDS} at most")
    if any(len(part) > MAX_FIELD for pair in given for part in pair):
        raise BadInput(f"Validation failed: Fields are too long (maximum is {MAX_FIELD} characters)")
    return given


def typed(name: str, source: str, html: str) -> Field:
    """A member's field; `html` is what its text becomes."""
    inline = html.removeprefix("<p>").removesuffix("</p>")
    return {"name": name, "value": inline.replace('rel="nofollow ', 'rel="me nofollow '), "source": source}


def still_proven(fields: Sequence[Field], before: Sequence[Field]) -> list[Field]:
    """The fields, those proven that were so before with the same content."""
    proven = {each["value"]: each["verified_at"] for each in before if each.get("verified_at")}
    return [each | ({"verified_at": proven[each["value"]]} if each["value"] in proven else {}) for each in fields]


def link_of(field: Field) -> str | None:
    """The link that is all that a field holds, if it does. One that reads as another would be shown as proven."""
    source = field.get("source")
    if source is None:
        found = _HREF.findall(field["value"])
        return plain.text(found[0]) if [plain.text(each) for each in found] == [plain.text(field["value"])] else None
    tokens = text.parse(source).tokens
    return tokens[0].value if len(tokens) == 1 and tokens[0].kind == "url" else None


def want_proofs(tx: Tx, account_id: int, fields: Sequence[Field]) -> None:
    """Have the links looked at that are not proven yet."""
    links = [link for each in fields if not each.get("verified_at") and (link := link_of(each)) is not None]
    for link in links[:MAX_LINKS]:
        errands.want(tx, Errand.LINK, f"{account_id} {link}")


def prove(tx: Tx, account_id: int, link: str) -> None:
    """The link leads back. Nothing happens if it is not there any more."""
    row = tx.one(sa.select(accounts.c.fields).where(accounts.c.id == account_id))
    if row is not None:
        fields = [each | {"verified_at": tx.now_ms} if link_of(each) == link else each for each in row.fields]
        if fields != row.fields:
            tx.execute(sa.update(accounts).where(accounts.c.id == account_id).values(fields=fields))
