# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the instance tells of itself piece by piece: https://docs.joinmastodon.org/methods/instance/"""

from datetime import date, timedelta

import sqlalchemy as sa

from appliance.fediverse.db.database import Tx
from appliance.fediverse.db.tables import accounts, members, statuses
from appliance.fediverse.mastodon_api.entities.admin import digest
from appliance.fediverse.mastodon_api.entities.common import Entity, moment
from appliance.fediverse.mastodon_api.routing import Call, Route
from appliance.fediverse.services import instance_settings, server_blocks, text, visits
from appliance.fediverse.services.instance_settings import InstanceSettings
from appliance.fediverse.services.languages import NAMES
from appliance.fediverse.services.missing import missing
from appliance.fediverse.services.periods import Period
from appliance.fediverse.services.privacy import policy_of
from appliance.system.clock import from_milliseconds

WEEKS = 12
_DOMAINS = sa.select(accounts.c.domain).where(accounts.c.domain != "", accounts.c.suspended_at.is_(None)).distinct()


def rules(settings: InstanceSettings) -> list[Entity]:
    return [{"id": str(rule.id), "text": rule.text, "hint": "", "translations": {}} for rule in settings.rules]


def peers(tx: Tx) -> list[str]:
    """The servers that are known here, and not kept out."""
    return [row.domain for row in tx.all(_DOMAINS)]


def show_rules(call: Call) -> list[Entity]:
    return rules(instance_settings.get(call.tx))


def show_peers(call: Call) -> list[str]:
    return peers(call.tx)


def activity(call: Call) -> list[dict[str, str]]:
    """Weeks from Monday on, the running one first; posts are those that anybody can read."""
    today = call.tx.now.date()
    monday = today - timedelta(days=today.weekday())
    return [_week(call.tx, monday - timedelta(weeks=back)) for back in range(WEEKS)]


def domain_blocks(call: Call) -> list[Entity]:
    return [
        {
            "domain": _obfuscated(row.domain) if row.obfuscate else row.domain,
            "digest": digest(row.domain),
            "severity": row.severity,
            "comment": row.public_comment or "",
        }
        for row in server_blocks.shown(call.tx)
    ]


def extended_description(call: Call) -> Entity:
    settings = instance_settings.get(call.tx)
    changed = settings.changed_at.get("extended_description", 0)
    return _document(call, settings.extended_description or settings.description, changed)


def privacy_policy(call: Call) -> Entity:
    settings = instance_settings.get(call.tx)
    return _document(call, policy_of(settings), settings.changed_at.get("privacy_policy", 0))


def terms(call: Call) -> Entity:
    """Raises HearthError not-found where there are none."""
    settings = instance_settings.get(call.tx)
    if not settings.terms:
        raise missing()
    return {
        "effective_date": _terms_date(settings).isoformat(),
        "effective": True,
        "content": _html(call, settings.terms),
        "succeeded_by": None,
    }


def terms_of(call: Call, day: str) -> Entity:
    """Only those in force are kept."""
    found = terms(call)
    if found["effective_date"] != day:
        raise missing()
    return found


def languages(call: Call) -> list[Entity]:
    return [{"code": code, "name": name} for code, name in NAMES.items()]


def translation_languages(call: Call) -> Entity:
    """There is nothing here that translates."""
    return {}


def _week(tx: Tx, monday: date) -> dict[str, str]:
    week = Period(monday, monday + timedelta(days=6))
    first_id, end_id = week.ids
    # As the index ix_statuses_public has it.
    public = sa.text("statuses.visibility = 'public' AND statuses.local")
    written = sa.select(sa.func.count()).where(
        public, statuses.c.id >= first_id, statuses.c.id < end_id, sa.func.coalesce(statuses.c.boost_of_id, 0) == 0
    )
    first, end = week.moments
    joined = sa.select(sa.func.count()).where(members.c.created_at >= first, members.c.created_at < end)
    return {
        "week": str(first // 1000),
        "statuses": str(tx.execute(written.select_from(statuses)).scalar_one()),
        "logins": str(visits.members_between(tx, *week.numbers)),
        "registrations": str(tx.execute(joined).scalar_one()),
    }


def _document(call: Call, source: str, changed_at: int) -> Entity:
    return {"updated_at": moment(changed_at), "content": _html(call, source)}


def _html(call: Call, source: str) -> str:
    return text.absolute(text.parse(source).html({}), call.urls.origin)


def _terms_date(settings: InstanceSettings) -> date:
    return from_milliseconds(settings.changed_at.get("terms", 0)).date()


def _obfuscated(domain: str) -> str:
    """Every letter but those at both ends starred; dots stay."""
    edge = max(1, len(domain) // 4)
    return "".join(
        letter if letter == "." or number < edge or number >= len(domain) - edge else "*"
        for number, letter in enumerate(domain)
    )


_HERE = "/api/v1/instance"
ROUTES = (
    Route("GET", f"{_HERE}/rules", show_rules),
    Route("GET", f"{_HERE}/peers", show_peers),
    Route("GET", f"{_HERE}/activity", activity),
    Route("GET", f"{_HERE}/domain_blocks", domain_blocks),
    Route("GET", f"{_HERE}/extended_description", extended_description),
    Route("GET", f"{_HERE}/privacy_policy", privacy_policy),
    Route("GET", f"{_HERE}/terms_of_service", terms),
    Route("GET", f"{_HERE}/terms_of_service/<day>", terms_of),
    Route("GET", f"{_HERE}/languages", languages),
    Route("GET", f"{_HERE}/translation_languages", translation_languages),
)
