# SPDX-License-Identifier: AGPL-3.0-or-later
"""`hearth gateway`: run one for friends whose homes nobody can reach (init, or open on a box; invite, list, remove), or
use one (use, leave)."""

import argparse
import importlib
from pathlib import Path
from typing import Any

from appliance.cli.arguments import Groups, add_command, add_group
from appliance.cli.context import Context, table
from appliance.errors import HearthError
from appliance.secret import Secret
from appliance.system.commands import CommandClient, Key

STATE = Path("/var/lib/hearth-gateway")
SOCKET = Path("/run/hearth-gateway/command.sock")


def register(groups: Groups) -> None:
    verbs = add_group(
        groups, "gateway", help="let friends be reached through this machine, or this box through another"
    )
    new = add_command(verbs, "init", init, help="set up a gateway on this machine, and start it")
    new.add_argument("domain", metavar="DOMAIN", help="the gateway's name, below which its members' names are")
    new.add_argument("--members", type=int, default=10, metavar="N", help="how many boxes at most (default: 10)")
    new.add_argument("--megabits", type=int, default=20, metavar="N", help="per second and member (default: 20)")
    new.add_argument("--https-port", type=int, default=443, metavar="PORT", help="where it listens, behind a router")
    new.add_argument("--http-port", type=int, default=80, metavar="PORT", help="where it listens, behind a router")
    new.add_argument("--no-service", action="store_true", help="do not install and start the service")
    one = add_command(verbs, "invite", invite, help="make an invitation for one box, good once and for a week")
    one.add_argument("name", metavar="NAME", help="alice, which becomes alice.DOMAIN, or a whole name")
    one.add_argument("--replace", action="store_true", help="another box is to take the place of the one there is")
    add_command(verbs, "list", show, help="list the members")
    gone = add_command(verbs, "remove", remove, help="let a member's box in no more")
    gone.add_argument("name", metavar="NAME")
    server = add_command(verbs, "serve", serve, help="run the gateway; its service does this")
    server.add_argument("--socket", type=Path, default=SOCKET, metavar="FILE", help=argparse.SUPPRESS)
    using = add_command(verbs, "use", use, help="let visitors of this box come through a gateway")
    using.add_argument("invitation", nargs="?", default="", metavar="INVITATION", help="default: ask for it")
    opening = add_command(verbs, "open", open_box, help="let friends be reached through this box, under its own name")
    opening.add_argument("--members", type=int, default=10, metavar="N", help="how many boxes at most (default: 10)")
    opening.add_argument("--megabits", type=int, default=20, metavar="N", help="per second and member (default: 20)")
    closing = add_command(verbs, "close", close_box, help="be a gateway no longer; members are kept for another time")
    for each in (opening, closing):
        # For whoever runs the gateway's process by hand.
        each.add_argument("--folder", type=Path, default=STATE, help=argparse.SUPPRESS)
        each.add_argument("--no-service", action="store_true", help=argparse.SUPPRESS)
    add_command(verbs, "leave", leave, help="let visitors of this box come by its router again")


def init(context: Context, arguments: argparse.Namespace) -> None:
    from appliance.gateway import install

    setup = install.setup(
        arguments.domain,
        members=arguments.members,
        megabits=arguments.megabits,
        https_port=arguments.https_port,
        http_port=arguments.http_port,
    )
    install.install(_state(context), setup, service=not arguments.no_service)
    context.answer(setup, install.next_steps(setup, service=not arguments.no_service))


def open_box(context: Context, arguments: argparse.Namespace) -> None:
    from appliance.gateway import install

    if not arguments.no_service and not install.on_a_box():
        raise HearthError("no-box", "This machine is no box of Hearth's.", "Here it is `hearth gateway init DOMAIN`.")
    settings = context.supervisor.settings()
    if settings.get("gateway"):
        raise HearthError(
            "behind-a-gateway",
            "Visitors of this box come through a gateway themselves.",
            "Only a box that is reached directly can be one: hearth gateway leave",
            status=409,
        )
    name = settings.get("address", "")
    if not name:
        raise HearthError("no-name", "This box has no name on the internet yet.", "Give it one first.", status=409)
    made = install.setup_beside(name, members=arguments.members, megabits=arguments.megabits)
    install.install(arguments.folder, made, service=not arguments.no_service)
    context.answer(made, install.next_steps(made, service=not arguments.no_service))


def close_box(context: Context, arguments: argparse.Namespace) -> None:
    from appliance.gateway import install

    install.shut(arguments.folder, service=not arguments.no_service)
    context.answer({}, "This box is a gateway no longer. Its members are kept: hearth gateway open")


def serve(context: Context, arguments: argparse.Namespace) -> None:
    importlib.import_module("appliance.gateway.server").serve(_state(context), arguments.socket)


def invite(context: Context, arguments: argparse.Namespace) -> None:
    made = _gateway().ask("gateway.invite", {"name": arguments.name, "replace": arguments.replace})
    text = f"For {made['name']}, good once and for a week. Whoever has this line can take the name:\n\n"
    context.answer(made, f"{text}  {made['invitation']}\n\nTo be entered there with `hearth gateway use`.")


def show(context: Context, arguments: argparse.Namespace) -> None:
    members = _gateway().ask("gateway.list")
    context.answer(members, _members(members) if members else "Nobody is invited yet: hearth gateway invite NAME")


def remove(context: Context, arguments: argparse.Namespace) -> None:
    gone = _gateway().ask("gateway.remove", Key(arguments.name))
    context.answer(gone, f"{gone['name']} is not let in any more.")


def use(context: Context, arguments: argparse.Namespace) -> None:
    text = arguments.invitation or input("Invitation: ")
    gateway, name = context.supervisor.gateway_use(Secret(text))
    context.answer({"gateway": gateway, "name": name}, f"Visitors of {name} come through {gateway} now.")


def leave(context: Context, arguments: argparse.Namespace) -> None:
    context.supervisor.gateway_leave()
    context.answer({}, "Visitors come by the router now.")


def _state(context: Context) -> Path:
    """A gateway has a folder of its own, beside a box's, unless another one was chosen."""
    chosen = context.config.state
    return STATE if chosen in (Path("/var/lib/hearth"), Path("var").absolute()) else chosen


def _gateway() -> CommandClient:
    try:
        found = SOCKET.exists()
    except PermissionError:
        found = True
    if not found:
        raise HearthError(
            "no-gateway", "No gateway is running on this machine.", "Set one up with `hearth gateway init DOMAIN`."
        )
    return CommandClient(SOCKET, name="the gateway")


def _members(members: list[dict[str, Any]]) -> str:
    rows = [
        [
            each["name"],
            "connected" if each["connected"] else "away" if each["epoch"] else "invited",
            str(each["epoch"]),
            each["since"][:10],
            f"{each['bytes'] / 1e6:.1f} MB",
        ]
        for each in members
    ]
    return table(rows, ["NAME", "STATE", "EPOCH", "SINCE", "PASSED ON"])
