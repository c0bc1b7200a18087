# SPDX-License-Identifier: AGPL-3.0-or-later
"""Figures for those who run the place: https://docs.joinmastodon.org/methods/admin/measures/ and its neighbours."""

from datetime import date

from appliance.fediverse.db.database import Tx
from appliance.fediverse.mastodon_api.admin.route import route
from appliance.fediverse.mastodon_api.arguments import Arguments
from appliance.fediverse.mastodon_api.entities.common import Entity
from appliance.fediverse.mastodon_api.routing import Afterwards, Call
from appliance.fediverse.services import dimensions as dimension_service
from appliance.fediverse.services import measures as measure_service
from appliance.fediverse.services import periods, retention
from appliance.fediverse.services.dimensions import MAX_LIMIT, Entry
from appliance.fediverse.services.measures import Measure, Parameters
from appliance.fediverse.services.periods import Period
from appliance.fediverse.services.retention import Cohort, Frequency
from appliance.fediverse.services.roles import Permission

MAX_KEYS = 20


def measures(call: Call) -> Afterwards:
    arguments, period = call.arguments, _period(call.arguments)

    def draw(tx: Tx) -> list[Entity]:
        keys = _keys(arguments)
        found = [measure_service.measure(tx, key, period, _parameters(arguments, key)) for key in keys]
        return [_measure(each) for each in found if each is not None]

    return Afterwards(draw)


def dimensions(call: Call) -> Afterwards:
    arguments, period = call.arguments, _period(call.arguments)
    limit = max(1, min(arguments.number("limit") or 10, MAX_LIMIT))

    def draw(tx: Tx) -> list[Entity]:
        keys = _keys(arguments)
        found = [
            (key, dimension_service.dimension(tx, key, period, limit, _parameters(arguments, key))) for key in keys
        ]
        return [{"key": key, "data": [_entry(each) for each in data]} for key, data in found if data is not None]

    return Afterwards(draw)


def cohorts(call: Call) -> Afterwards:
    monthly = call.arguments.text("frequency") == Frequency.MONTH.value
    frequency, period = Frequency.MONTH if monthly else Frequency.DAY, _period(call.arguments)
    return Afterwards(lambda tx: [_cohort(each, frequency) for each in retention.cohorts(tx, period, frequency)])


def _period(arguments: Arguments) -> Period:
    return periods.parse(arguments.text("start_at"), arguments.text("end_at"))


def _keys(arguments: Arguments) -> list[str]:
    return list(dict.fromkeys(arguments.texts("keys")))[:MAX_KEYS]


def _parameters(arguments: Arguments, key: str) -> Parameters:
    """Those of one key are nested below its name: instance_accounts[domain]."""
    names = ("id", "domain", "include_subdomains")
    return {name: given for name in names if (given := arguments.text(f"{key}[{name}]"))}


def _measure(measure: Measure) -> Entity:
    entity: Entity = {"key": measure.key, "unit": measure.unit, "total": str(measure.total)}
    if measure.previous is not None:
        entity["previous_total"] = str(measure.previous)
    data = [{"date": _moment(day), "value": str(value)} for day, value in measure.by_day.items()]
    return entity | {"data": data}


def _entry(entry: Entry) -> Entity:
    entity = {"key": entry.key, "human_key": entry.name, "value": entry.value}
    if entry.unit:
        entity["unit"] = entry.unit
    if entry.human_value:
        entity["human_value"] = entry.human_value
    return entity


def _cohort(cohort: Cohort, frequency: Frequency) -> Entity:
    return {
        "period": _moment(cohort.first),
        "frequency": frequency.value,
        "data": [
            {"date": _moment(day), "rate": round(count / cohort.size, 4) if cohort.size else 0.0, "value": str(count)}
            for day, count in cohort.stayed
        ],
    }


def _moment(day: date) -> str:
    return f"{day.isoformat()}T00:00:00.000Z"


ROUTES = (
    route("POST", "v1/admin/measures", measures, "read", Permission.VIEW_DASHBOARD),
    route("POST", "v1/admin/dimensions", dimensions, "read", Permission.VIEW_DASHBOARD),
    route("POST", "v1/admin/retention", cohorts, "read", Permission.VIEW_DASHBOARD),
)
