# SPDX-License-Identifier: AGPL-3.0-or-later
"""`hearth settings`: the settings of the box."""

import argparse

from appliance.cli.arguments import Groups, add_command, add_group
from appliance.cli.context import Context


def register(groups: Groups) -> None:
    verbs = add_group(groups, "settings", help="show and change the settings of the box")
    get = add_command(verbs, "get", show, help="show one setting, or all: name, address, owner, helpers")
    get.add_argument("key", nargs="?", default="", metavar="KEY")
    change = add_command(verbs, "set", put, help="change one setting: name, address or helpers")
    change.add_argument("key", metavar="KEY")
    change.add_argument("value", metavar="VALUE")


def show(context: Context, arguments: argparse.Namespace) -> None:
    if arguments.key:
        value = context.supervisor.settings_get(arguments.key)
        context.answer(value, value)
    else:
        values = context.supervisor.settings()
        context.answer(values, "\n".join(f"{key} = {value}" for key, value in values.items()))


def put(context: Context, arguments: argparse.Namespace) -> None:
    context.supervisor.settings_set(arguments.key, arguments.value)
    context.answer({}, f"Changed: {arguments.key}.")
