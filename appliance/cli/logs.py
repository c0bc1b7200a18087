# SPDX-License-Identifier: AGPL-3.0-or-later
"""`hearth logs`: what the services wrote."""

import argparse

from appliance.cli.arguments import Groups, add_command
from appliance.cli.context import Context, printable
from appliance.system.units import SERVICES


def register(groups: Groups) -> None:
    parser = add_command(groups, "logs", show, help="show what the services wrote")
    parser.add_argument("service", nargs="?", default="", metavar="SERVICE", help=", ".join(SERVICES))
    parser.add_argument("-n", "--lines", type=_lines, default=100, metavar="N", help="how many lines (default: 100)")


def show(context: Context, arguments: argparse.Namespace) -> None:
    lines = context.supervisor.logs(arguments.service, arguments.lines)
    text = "\n".join(f"{each['at']} {each['service']}: {printable(each['line'])}" for each in lines)
    context.answer(lines, text or "Nothing was written yet.")


def _lines(text: str) -> int:
    if not text.isdigit() or not 1 <= int(text) <= 2000:
        raise argparse.ArgumentTypeError("give a number from 1 to 2000")
    return int(text)
