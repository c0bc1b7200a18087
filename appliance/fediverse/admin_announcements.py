# SPDX-License-Identifier: AGPL-3.0-or-later
"""The part of the admin socket by which whoever runs the place tells all members something."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from appliance.errors import BadInput
from appliance.fediverse.db.database import Database
from appliance.fediverse.protocol import Announcement, AnnouncementEntry, Key
from appliance.fediverse.services import announcements
from appliance.fediverse.services.announcements import NewAnnouncement
from appliance.system.clock import from_milliseconds, milliseconds
from appliance.system.commands import Command, NoArguments


def commands(database: Database) -> list[Command[Any]]:
    admin = AnnouncementAdmin(database)
    return [
        Command("announcement.list", NoArguments, admin.every),
        Command("announcement.add", Announcement, admin.add),
        Command("announcement.remove", Key, admin.remove),
    ]


@dataclass(frozen=True)
class AnnouncementAdmin:
    database: Database

    def every(self, _: NoArguments) -> list[AnnouncementEntry]:
        with self.database.read() as tx:
            rows = announcements.every(tx)
        return [
            AnnouncementEntry(str(row.id), row.text, _iso(row.published_at), _iso(row.starts_at), _iso(row.ends_at))
            for row in rows
        ]

    def add(self, new: Announcement) -> dict[str, str]:
        wanted = NewAnnouncement(new.text, _moment(new.starts_at), _moment(new.ends_at), new.all_day)
        with self.database.write() as tx:
            return {"id": str(announcements.publish(tx, wanted))}

    def remove(self, which: Key) -> dict[str, str]:
        if not (which.key.isascii() and which.key.isdigit() and len(which.key) < 19):
            raise BadInput("That is not the id of an announcement.", "See `hearth instance announcement list`.")
        with self.database.write() as tx:
            announcements.remove(tx, int(which.key))
        return {}


def _moment(text: str) -> int | None:
    """Without a zone it is UTC. Raises BadInput."""
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
        return milliseconds(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
    except (ValueError, OverflowError):
        raise BadInput("That is no date or time.", "Write 2026-12-31 or 2026-12-31T18:00.", key="bad-time") from None


def _iso(moment: int | None) -> str:
    return "" if moment is None else from_milliseconds(moment).isoformat()
