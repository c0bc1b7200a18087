# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the parsers of all commands have in common."""

import argparse
from collections.abc import Callable
from typing import Any

from appliance.cli.context import Context

Groups = Any  # argparse has no public name for what add_subparsers returns
Handle = Callable[[Context, argparse.Namespace], int | None]


def add_command(groups: Groups, name: str, handle: Handle, **options: Any) -> argparse.ArgumentParser:
    """A command that does something. --state and --json are understood behind it as well as before it."""
    parser: argparse.ArgumentParser = groups.add_parser(name, allow_abbrev=False, **options)
    add_common(parser, default=argparse.SUPPRESS)
    parser.set_defaults(handle=handle)
    return parser


def add_group(groups: Groups, name: str, **options: Any) -> Groups:
    """A command that only has further commands."""
    parser = groups.add_parser(name, allow_abbrev=False, **options)
    return parser.add_subparsers(title="commands", metavar="COMMAND", required=True)


def add_common(parser: argparse.ArgumentParser, *, default: str | None) -> None:
    where = "the folder with the box's state (default: ./var if it holds a box, else /var/lib/hearth)"
    parser.add_argument("--state", metavar="DIR", default=default, help=where)
    parser.add_argument("--json", action="store_true", default=default or False, help="print JSON for programs")
