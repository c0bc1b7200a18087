# SPDX-License-Identifier: AGPL-3.0-or-later
"""`hearth service NAME`: one of the box's processes, as the units start it. Not for people, so not in the help."""

import argparse
import faulthandler
import importlib

from appliance.cli.arguments import Groups, add_command
from appliance.cli.context import Context
from appliance.config import from_environment

# Imported only when wanted: each process pays for its own libraries only.
_MAINS = {
    "supervisor": "appliance.supervisor.main",
    "console": "appliance.console.main",
    "fediverse": "appliance.fediverse.main",
    "tunnel": "appliance.gateway.client",
}


def register(groups: Groups) -> None:
    parser = add_command(groups, "service", serve)
    parser.add_argument("name", choices=sorted(_MAINS))


def serve(context: Context, arguments: argparse.Namespace) -> None:
    # Who is killed for giving no sign of life (by SIGABRT) says first where each of its threads stood.
    faulthandler.enable()
    importlib.import_module(_MAINS[arguments.name]).serve(from_environment())
