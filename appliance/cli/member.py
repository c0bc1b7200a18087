# SPDX-License-Identifier: AGPL-3.0-or-later
"""`hearth member`: the people of the instance."""

import argparse
from datetime import datetime

from appliance.cli.arguments import Groups, add_command, add_group
from appliance.cli.context import Context, table
from appliance.cli.passwords import read_password
from appliance.errors import HearthError
from appliance.fediverse.model import Role


def register(groups: Groups) -> None:
    verbs = add_group(groups, "member", help="add, list and invite members, give them new passwords")
    new = add_command(verbs, "add", add, help="add a member; a password is made unless you give one")
    new.add_argument("username", metavar="NAME")
    new.add_argument("--password", action="store_true", help="ask for the password, or read it from standard input")
    add_command(verbs, "list", show, help="list the members")
    link = add_command(verbs, "invite", invite, help="make a link with which one friend can join within a week")
    link.add_argument("--by", metavar="NAME", default="", help="the member who invites (default: the owner)")
    reset = add_command(
        verbs, "reset-password", reset_password, help="give a member a new password and end all sessions"
    )
    reset.add_argument("username", metavar="NAME")

    role = add_command(verbs, "role", set_role, help="make somebody a moderator, or a plain member again")
    role.add_argument("username", metavar="NAME")
    role.add_argument("role", choices=[Role.MODERATOR.value, Role.MEMBER.value])

    key = add_command(verbs, "new-key", replace_key, help="sign with a new key, as others may have seen the old one")
    key.add_argument("username", metavar="NAME")


def add(context: Context, arguments: argparse.Namespace) -> None:
    instance = context.instance
    password = read_password(f"Password for {arguments.username}: ") if arguments.password else None
    added = instance.add_member(arguments.username, password)
    text = f"{added.username} is a member now."
    if added.password:
        text += f"\nPassword: {added.password.reveal()}"
    context.answer(added, text)


def show(context: Context, arguments: argparse.Namespace) -> None:
    members = context.instance.members()
    rows = [
        [each.username, each.role.value, each.state.value, each.created_at[:10], (each.last_seen_at or "never")[:10]]
        for each in members
    ]
    text = table(rows, ["NAME", "ROLE", "STATE", "SINCE", "LAST SEEN"]) if rows else "There are no members yet."
    context.answer(members, text)


def invite(context: Context, arguments: argparse.Namespace) -> None:
    by = arguments.by or context.supervisor.status().box.owner
    if not by:
        raise HearthError("not-set-up", "Nobody has set this box up yet.", "Open its page, or run `hearth setup`.")
    link = context.instance.new_invite(by)
    until = datetime.fromisoformat(link.expires_at)
    context.answer(link, f"{link.url or link.path}\nGood for one friend, until {until:%-d %B %Y, %H:%M} UTC.")


def set_role(context: Context, arguments: argparse.Namespace) -> None:
    context.instance.set_role(arguments.username, Role(arguments.role))
    context.answer(
        {"username": arguments.username, "role": arguments.role}, f"{arguments.username} is a {arguments.role} now."
    )


def reset_password(context: Context, arguments: argparse.Namespace) -> None:
    password = context.instance.reset_password(arguments.username)
    context.answer(
        {"username": arguments.username, "password": password},
        f"The new password of {arguments.username}: {password.reveal()}",
    )


def replace_key(context: Context, arguments: argparse.Namespace) -> None:
    context.instance.replace_key(arguments.username)
    context.answer(
        {"username": arguments.username}, f"{arguments.username} signs with a new key; other servers are being told."
    )
