# SPDX-License-Identifier: AGPL-3.0-or-later
"""`hearth instance`: the settings of the instance."""

import argparse

from appliance.cli.arguments import Groups, add_command, add_group
from appliance.cli.context import Context, table
from appliance.fediverse.protocol import Announcement


def register(groups: Groups) -> None:
    verbs = add_group(groups, "instance", help="show and change the settings of the instance")
    get = add_command(verbs, "get", show, help="show one setting, or all, by their names")
    get.add_argument("key", nargs="?", default="", metavar="KEY")
    change = add_command(verbs, "set", put, help="change one setting; registration is closed, invite, approval or open")
    change.add_argument("key", metavar="KEY")
    change.add_argument("value", metavar="VALUE")
    announcements = add_group(verbs, "announcement", help="what all members are told in their apps")
    add_command(announcements, "list", show_announcements, help="list the announcements, those that are over too")
    new = add_command(announcements, "add", announce, help="tell all members something")
    new.add_argument("text", metavar="TEXT")
    new.add_argument("--starts", default="", metavar="WHEN", help="when it takes place: 2026-12-31T18:00, in UTC")
    new.add_argument("--ends", default="", metavar="WHEN", help="when it is over, and shown no more")
    new.add_argument("--all-day", action="store_true", help="of these times only the days count")
    gone = add_command(announcements, "remove", remove_announcement, help="take an announcement back")
    gone.add_argument("id", metavar="ID")
    relays = add_group(verbs, "relay", help="servers that hand on public posts of many others, and yours")
    add_command(relays, "list", show_relays, help="list the relays, and whether they let you in")
    for name, handle, text in (
        ("add", add_relay, "ask a relay to let you in, by its inbox or its actor"),
        ("remove", remove_relay, "leave a relay"),
    ):
        add_command(relays, name, handle, help=text).add_argument("address", metavar="ADDRESS")


def show(context: Context, arguments: argparse.Namespace) -> None:
    if arguments.key:
        value = context.instance.get(arguments.key)
        context.answer(value, value)
    else:
        values = context.instance.get_all()
        context.answer(values, "\n".join(f"{key} = {value}" for key, value in values.items()))


def put(context: Context, arguments: argparse.Namespace) -> None:
    context.instance.set(arguments.key, arguments.value)
    context.answer({}, f"Changed: {arguments.key}.")


def show_announcements(context: Context, arguments: argparse.Namespace) -> None:
    announcements = context.instance.announcements()
    rows = [
        [each.id, each.published_at[:16], each.ends_at[:16], each.text.split("\n")[0][:60]] for each in announcements
    ]
    context.answer(
        announcements, table(rows, ["ID", "PUBLISHED", "ENDS", "TEXT"]) if rows else "There are no announcements."
    )


def announce(context: Context, arguments: argparse.Namespace) -> None:
    new = Announcement(arguments.text, arguments.starts, arguments.ends, arguments.all_day)
    announcement_id = context.instance.announce(new)
    context.answer({"id": announcement_id}, "Everybody is told.")


def remove_announcement(context: Context, arguments: argparse.Namespace) -> None:
    context.instance.remove_announcement(arguments.id)
    context.answer({}, "Taken back.")


def show_relays(context: Context, arguments: argparse.Namespace) -> None:
    relays = context.instance.relays()
    rows = [[each.address, each.state.value] for each in relays]
    context.answer(relays, table(rows, ["ADDRESS", "STATE"]) if rows else "There are no relays.")


def add_relay(context: Context, arguments: argparse.Namespace) -> None:
    context.instance.add_relay(arguments.address)
    context.answer({}, "Asked to be let in. See `hearth instance relay list` for the answer.")


def remove_relay(context: Context, arguments: argparse.Namespace) -> None:
    context.instance.remove_relay(arguments.address)
    context.answer({}, f"Left: {arguments.address}.")
