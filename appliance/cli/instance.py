# SPDX-License-Identifier: AGPL-3.0-or-later
"""`hearth instance`: the settings of the instance."""

import argparse

from appliance.cli.arguments import Groups, add_command, add_group
from appliance.cli.context import Context


def register(groups: Groups) -> None:
    verbs = add_group(groups, "instance", help="show and change the settings of the instance")
    get = add_command(verbs, "get", show, help="show one setting, or all, by their names")
    get.add_argument("key", nargs="?", default="", metavar="KEY")
    change = add_command(verbs, "set", put, help="change one setting; registration is closed, invite, approval or open")
    change.add_argument("key", metavar="KEY")
    change.add_argument("value", metavar="VALUE")


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
