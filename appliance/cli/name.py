# SPDX-License-Identifier: AGPL-3.0-or-later
"""`hearth name`: the box's name on the internet, and who makes its records."""

import argparse

from appliance.cli.arguments import Groups, add_command
from appliance.cli.context import Context
from appliance.cli.passwords import read_password
from appliance.internet.model import Held
from appliance.internet.providers import PROVIDERS
from appliance.supervisor.protocol import NameHold


def register(groups: Groups) -> None:
    providers = "; ".join(
        f"{each.key}: {', '.join([*(asked.value for asked in each.asks), 'secret'])}" for each in PROVIDERS
    )
    parser = add_command(
        groups,
        "name",
        hold,
        help="give the box a name on the internet, or say who makes its records",
        epilog=f"Providers, and what each asks for: {providers}. The secret is asked for, or read from standard input.",
    )
    parser.add_argument("name", metavar="NAME", help="for ever, once the set-up is finished")
    parser.add_argument("--provider", default="", metavar="KEY", help="who is told the box's addresses")
    for asked in ("login", "zone", "server"):
        parser.add_argument(f"--{asked}", default="", metavar=asked.upper(), help="where the provider asks for it")


def hold(context: Context, arguments: argparse.Namespace) -> None:
    held = Held.DYNAMIC if arguments.provider else Held.OWN
    secret = None if held is Held.OWN else read_password("The secret: ")
    given = {each: getattr(arguments, each) for each in ("name", "provider", "login", "zone", "server")}
    context.supervisor.name_hold(NameHold(held, **given, secret=secret))
    context.answer({}, f"The box's name is {arguments.name}.")
