# SPDX-License-Identifier: AGPL-3.0-or-later
"""The admin socket from end to end: InstanceClient, the wire, the commands."""

import os
import tempfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from appliance.config import Config
from appliance.errors import BadInput, HearthError, Unavailable
from appliance.fediverse import protocol
from appliance.fediverse.admin import commands
from appliance.fediverse.client import InstanceClient
from appliance.fediverse.context import Context
from appliance.fediverse.db.database import Database
from appliance.fediverse.media.strength import Strength
from appliance.fediverse.media.usage import UsageNote
from appliance.fediverse.model import MemberState, Role
from appliance.fediverse.services import members
from appliance.internet.model import PUBLIC_PORTS, Answered
from appliance.secret import Secret
from appliance.system.clock import VirtualClock
from appliance.system.commands import CommandClient, CommandServer
from appliance.system.net import VirtualNet

PASSWORD = Secret("four unrelated words here")
OTHER = Secret("other unrelated words here")


@pytest.fixture
def context(config: Config, database: Database, clock: VirtualClock) -> Context:
    """As on a box that has no name yet."""
    return Context(database, clock, VirtualNet(), config, None)


@pytest.fixture
def path() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:  # socket paths must be short
        yield Path(folder) / "admin.sock"


@pytest.fixture
def instance(context: Context, path: Path) -> Iterator[InstanceClient]:
    server = CommandServer(path, commands(context, UsageNote(), Strength(context.clock)), users=[os.getuid()])
    server.start()
    yield InstanceClient(path)
    server.close()


def key_of(call: Any, *arguments: Any) -> str:
    with pytest.raises(HearthError) as refusal:
        call(*arguments)
    assert refusal.value.sentence
    return refusal.value.key


def test_every_command_of_the_protocol_is_there(context: Context) -> None:
    rows = [line.split("|")[1].strip() for line in (protocol.__doc__ or "").splitlines() if line.startswith("|")]
    promised = {name for name in rows[1:] if name and not name.startswith("-")}
    assert {command.name for command in commands(context, UsageNote(), Strength(context.clock))} == promised


def test_settings_of_the_instance(instance: InstanceClient) -> None:
    first = instance.get_all()
    assert [first[key] for key in ("title", "description", "rules", "registration", "origin", "federation")] == [
        *("", "", "", "closed", "", "open")
    ]
    instance.set("title", "Tea House")
    instance.set("rules", "Be kind.\nBring tea.")
    assert instance.get("rules") == "Be kind.\nBring tea."
    assert instance.get("registration") == "invite"
    assert key_of(instance.get, "nonsense") == "unknown-key"
    assert key_of(instance.set, "nonsense", "x") == "unknown-key"
    assert key_of(instance.set, "registration", "maybe") == "bad-registration"
    instance.set("origin", "tea.example.org")
    assert key_of(instance.set, "origin", "coffee.example.org") == "origin-is-final"


def test_the_owner_makes_moderators_and_stays_the_owner(instance: InstanceClient) -> None:
    instance.add_member("ada", PASSWORD, Role.OWNER)
    instance.add_member("bob", PASSWORD)
    instance.set_role("bob", Role.MODERATOR)
    assert {each.username: each.role for each in instance.members()} == {"ada": Role.OWNER, "bob": Role.MODERATOR}
    instance.set_role("bob", Role.MEMBER)
    for name, role in (("ada", Role.MEMBER), ("bob", Role.OWNER)):
        assert key_of(instance.set_role, name, role) == "owner-stays"
    assert key_of(instance.set_role, "nobody_here", Role.MODERATOR) == "unknown-member"


def test_members_come_with_or_without_a_password(instance: InstanceClient) -> None:
    made = instance.add_member("Ada", role=Role.OWNER)
    assert made.username == "ada"
    assert made.password is not None
    instance.log_in("ada", made.password)
    assert instance.add_member("bob", PASSWORD).password is None
    listed = instance.members()
    assert [(each.username, each.role, each.state) for each in listed] == [
        ("ada", Role.OWNER, MemberState.ACTIVE),
        ("bob", Role.MEMBER, MemberState.ACTIVE),
    ]
    assert datetime.fromisoformat(listed[0].created_at).tzinfo is not None
    assert key_of(instance.add_member, "bob", PASSWORD) == "name-taken"
    assert key_of(instance.add_member, "b b", PASSWORD) == "bad-username"
    assert key_of(instance.add_member, "postmaster", PASSWORD) == "bad-username"
    assert key_of(instance.add_member, "cleo", Secret("cleo12")) == "weak-password"


def test_adding_the_owner_again_sets_the_password(instance: InstanceClient) -> None:
    instance.add_member("ada", PASSWORD, Role.OWNER)
    instance.add_member("ada", OTHER, Role.OWNER)
    instance.log_in("ada", OTHER)
    assert len(instance.members()) == 1


def test_another_owner_takes_over_only_during_set_up(instance: InstanceClient) -> None:
    instance.add_member("ada", PASSWORD, Role.OWNER)
    instance.add_member("grace", PASSWORD, Role.OWNER)
    assert [each.username for each in instance.members()] == ["grace"]
    instance.set("title", "Tea House")
    assert key_of(instance.add_member, "ada", PASSWORD, Role.OWNER) == "owner-exists"
    assert [each.username for each in instance.members()] == ["grace"]


def test_a_lost_password(instance: InstanceClient) -> None:
    instance.add_member("ada", PASSWORD)
    made = instance.reset_password("ada")
    assert key_of(instance.log_in, "ada", PASSWORD) == "wrong-login"
    instance.log_in("ada", made)
    instance.set_password("ada", OTHER)
    instance.log_in("ada", OTHER)
    assert key_of(instance.set_password, "ada", Secret("short")) == "weak-password"
    for call in (instance.reset_password, instance.approve, instance.reject, instance.new_invite):
        assert key_of(call, "nobody_here") == "unknown-member"
        assert key_of(call, "\ud800") == "bad-input"


def test_logging_in_is_throttled(instance: InstanceClient) -> None:
    instance.add_member("ada", PASSWORD)
    for _ in range(5):
        assert key_of(instance.log_in, "ada", OTHER) == "wrong-login"
    assert key_of(instance.log_in, "ada", PASSWORD) == "too-many-tries"


def test_letting_people_in(instance: InstanceClient, context: Context) -> None:
    with context.database.write() as tx:
        for name in ("bob", "cleo"):
            members.create(tx, name, PASSWORD, state=MemberState.PENDING)
    instance.approve("bob")
    instance.reject("cleo")
    assert key_of(instance.approve, "bob") == "not-waiting"
    assert [(each.username, each.state) for each in instance.members()] == [("bob", MemberState.ACTIVE)]


def test_invites(instance: InstanceClient, context: Context) -> None:
    instance.add_member("ada", PASSWORD, Role.OWNER)
    assert key_of(instance.new_invite, "ada") == "joining-closed"
    instance.set("title", "Tea House")
    link = instance.new_invite("ada")
    assert link.path.startswith("/join/")
    assert link.url == ""
    (entry,) = instance.invites()
    assert (entry.created_by, entry.used_by, entry.expires_at) == ("ada", None, link.expires_at)
    instance.revoke_invite(entry.id)
    assert instance.invites() == []
    assert key_of(instance.revoke_invite, entry.id) == "unknown-invite"
    for rubbish in ("", "-1", "x", "9" * 40, "²"):
        assert key_of(instance.revoke_invite, rubbish) == "bad-input"


def test_facts(instance: InstanceClient) -> None:
    instance.add_member("ada", PASSWORD)
    assert instance.facts() == protocol.Facts(members=1, statuses=0, deliveries=0, federating=False, origin=None)


def test_arguments_of_the_wrong_form(instance: InstanceClient, path: Path) -> None:
    raw = CommandClient(path, name="the instance")
    for command, arguments in (
        ("member.add", {"username": 7}),
        ("member.add", {"username": "ada", "role": "emperor"}),
        ("member.add", {}),
        ("instance.set", {"key": "title", "value": ["x"]}),
        ("invite.revoke", {"key": None}),
        ("facts", {"x": 1}),
    ):
        with pytest.raises(HearthError) as refusal:
            raw.ask(command, arguments)
        assert refusal.value.key == BadInput("").key
    assert key_of(raw.ask, "member.remove", {}) == "unknown-command"


def test_nobody_answers() -> None:
    with pytest.raises(Unavailable):
        InstanceClient(Path("/nonexistent/admin.sock")).facts()


def test_what_is_kept_of_other_servers_can_be_set(instance: InstanceClient) -> None:
    assert instance.get("kept_media_megabytes") == "2000"
    instance.set("free_floor_megabytes", "500")
    assert instance.get_all()["free_floor_megabytes"] == "500"
    assert key_of(instance.set, "kept_media_days", "0") == "bad-kept_media_days"


def test_who_watches_the_power_can_say_that_it_is_weak(context: Context, path: Path) -> None:
    strength = Strength(context.clock)
    server = CommandServer(path, commands(context, UsageNote(), strength), users=[os.getuid()])
    server.start()
    client = InstanceClient(path)
    client.note_power(good=False)
    assert not strength.is_good()
    client.note_power(good=True)
    assert strength.is_good()
    client.note_power(good=False)
    context.clock.sleep(61)  # whoever said so fell silent
    assert strength.is_good()
    server.close()


def test_announcements_over_the_socket(instance: InstanceClient) -> None:
    made = instance.announce(protocol.Announcement("Party", ends_at="2099-01-01"))
    (entry,) = instance.announcements()
    assert (entry.id, entry.text, entry.ends_at) == (made, "Party", "2099-01-01T00:00:00+00:00")
    instance.remove_announcement(made)
    assert instance.announcements() == []


def test_what_others_found_who_tried_to_reach_it_is_told(context: Context, path: Path) -> None:
    word = protocol.HelperWord("h.example.net", "11.22.33.44", Answered.REACHED, Answered.OTHER, Answered.SILENT)
    report = protocol.ReachReport(PUBLIC_PORTS, (word,), hairpin=True)
    asked = []

    def reach(question: protocol.ReachQuestion) -> protocol.ReachReport:
        asked.append(question)
        return report

    served = commands(context, UsageNote(), Strength(context.clock), reach)
    server = CommandServer(path, served, users=[os.getuid()])
    server.start()
    try:
        assert InstanceClient(path).try_from_outside("a.example.org", ("h.example.net",)) == report
    finally:
        server.close()
    assert asked == [protocol.ReachQuestion("a.example.org", ("h.example.net",))]
