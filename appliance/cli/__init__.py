# SPDX-License-Identifier: AGPL-3.0-or-later
"""The command `hearth`: each group of commands is a file here, whose `register(groups)` adds it to the parser."""

import argparse
import contextlib
import importlib
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import appliance
from appliance.cli.arguments import Groups, add_common
from appliance.cli.context import LOCAL_STATE, Context, find_state
from appliance.errors import HearthError

_GROUPS = (
    "setup",
    "status",
    "logs",
    "jobs",
    "settings",
    "name",
    "instance",
    "member",
    "gateway",
)  # units have "service"
_DESCRIPTION = "Hearth: a small box that gives a group of friends their own server, at home."


def parser(names: Sequence[str] = ("run", *_GROUPS)) -> argparse.ArgumentParser:
    whole = argparse.ArgumentParser(prog="hearth", description=_DESCRIPTION, allow_abbrev=False)
    whole.add_argument("--version", action="version", version=f"hearth {appliance.__version__}")
    add_common(whole, default=None)
    groups = whole.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for name in names:
        if name == "run":
            _register_run(groups)
        else:
            importlib.import_module(f"appliance.cli.{name}").register(groups)
    return whole


def main(argv: Sequence[str] | None = None) -> int:
    """Answers the exit code: 0, 1 when something was not possible, 2 when the command was not understood."""
    given = sys.argv[1:] if argv is None else list(argv)
    # A service must not pay with its memory for what the other commands import.
    alone = given[:1] in (["service"], ["gateway"])
    arguments = (parser(given[:1]) if alone else parser()).parse_args(given)
    context = Context(find_state(arguments.state), json=arguments.json)
    try:
        code = arguments.handle(context, arguments) or 0
        sys.stdout.flush()
    except HearthError as error:
        print(f"hearth: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # The reader (head, less) has enough; Python must not complain about it once more at exit.
        with contextlib.suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return int(code)


def _register_run(groups: Groups) -> None:
    from appliance.cli import run

    def handle(_: Context, arguments: argparse.Namespace) -> int:
        arguments.state = Path(arguments.state or LOCAL_STATE)
        return run.run(arguments)

    run.add_parser(groups).set_defaults(handle=handle)
