# SPDX-License-Identifier: AGPL-3.0-or-later
"""The command `hearth`, against a real command socket on which a box is played."""

import json
import os
import stat

import pytest

from appliance.board.light import Light
from appliance.cli import context, main, parser
from appliance.cli.context import find_state, printable, table
from appliance.cli.setup import read_answers
from appliance.errors import BadInput, Refused
from appliance.fediverse import protocol as instance_words
from appliance.secret import Secret
from appliance.status import Box, Capability, Issue, Job, JobState, Level, Status
from appliance.supervisor import card
from appliance.supervisor import protocol as words
from appliance.supervisor.protocol import ClaimState, ClaimView
from appliance.system.commands import Command, CommandServer, NoArguments

ANSWERS = """
username = "anna"
password = "quiet otters paint fences"
title = "Friends"
address = ""
rules = ["Be kind.", "Be brief."]
name = "attic"
"""


class FakeBox:
    """Enough of supervisor and instance to be set up; `did` is what was asked of it."""

    def __init__(self, state):
        self.did = []
        self.box = {"claimed": False, "owner": None, "address": None, "setup_done": False, "name": "hearth"}
        self.instance = {"title": "", "registration": "closed"}
        runtime = state / "run"
        for folder in ("supervisor", "fediverse"):
            (runtime / folder).mkdir(parents=True)
        (state / "card").mkdir()
        (state / "card" / "hearth.txt").write_bytes(card.write(Secret("ABCD-EFGH")))
        supervisor = [
            Command("status", NoArguments, lambda _: self.status()),
            Command("claim.code", words.ClaimCode, self.claim),
            Command("claim.look", words.Browser, lambda _: ClaimView(ClaimState.MINE)),
            Command("owner.set", words.NewOwner, self.own),
            Command("address.choose", words.Address, lambda asked: self.do("address", address=asked.name)),
            Command("setup.finish", NoArguments, lambda _: self.do("finish", setup_done=True)),
            Command("settings.get", words.Key, self.get),
            Command("settings.set", words.KeyValue, lambda asked: self.do("name", name=asked.value)),
            Command("logs", words.Logs, lambda asked: [{"at": "t", "service": "x", "line": f"\x1b[31m{asked.lines}"}]),
            Command("job.cancel", words.Key, lambda asked: self.do(f"cancel {asked.key}")),
        ]
        instance = [
            Command("instance.get", instance_words.Key, lambda asked: self.instance.get(asked.key, self.instance)),
            Command("instance.set", instance_words.KeyValue, self.put),
            Command("member.add", instance_words.NewMember, self.add),
            Command("member.list", NoArguments, lambda _: []),
            Command("member.reset-password", instance_words.Username, lambda _: {"password": "made-up"}),
            Command(
                "invite.new",
                instance_words.NewInvite,
                lambda asked: instance_words.InviteLink(
                    "/join/x", f"http://x/join/{asked.by}", "2026-01-08T09:30:00.532000+00:00"
                ),
            ),
        ]
        users = {os.geteuid()}
        self.servers = [
            CommandServer(runtime / "supervisor" / "command.sock", supervisor, users=users),
            CommandServer(runtime / "fediverse" / "admin.sock", instance, users=users),
        ]
        for server in self.servers:
            server.start()

    def close(self):
        for server in self.servers:
            server.close()

    def status(self):
        box = Box(board="test board", version="1", recovery_open=False, epoch=1, **self.box)
        issue = Issue("hot", Level.ATTENTION, "The box is too hot.", "Give it air.", "t")
        job = Job("ab12", "Tidy up", JobState.RUNNING, 0.5, "half", "t", True)
        report = Capability("health", Level.ATTENTION, "The box is too hot.", {})
        return Status(
            1, "t", Level.ATTENTION, Light.ATTENTION, "The box is too hot.", box, ("http://hearth.local/",),
            "http://x", True, False, (report,), (issue,), (job,),
        )  # fmt: skip

    def do(self, what, **changes):
        self.did.append(what)
        self.box |= changes
        return {}

    def claim(self, asked):
        if asked.code.reveal() != "ABCD-EFGH":
            raise Refused("wrong-code", "The code is wrong.", "Look at the card.")
        self.do("claim", claimed=True)
        return ClaimView(ClaimState.MINE)

    def own(self, asked):
        self.do(f"owner {asked.username}", owner=asked.username)
        return {"epoch": 1}

    def add(self, asked):
        self.did.append(f"member {asked.username} {asked.role.value} {asked.password and asked.password.reveal()}")
        return instance_words.AddedMember(asked.username, None if asked.password else Secret("made-up"))

    def put(self, asked):
        self.did.append(f"{asked.key}={asked.value}")
        self.instance[asked.key] = asked.value
        return {}

    def get(self, asked):
        if asked.key and asked.key not in self.box:
            raise BadInput("There is no setting of that name.", "The settings are name.", key="unknown-setting")
        return self.box["name"] if asked.key else {"name": self.box["name"]}


@pytest.fixture
def box(tmp_path, monkeypatch):
    (tmp_path / "var").mkdir()
    (tmp_path / "var" / "run.lock").touch()
    monkeypatch.chdir(tmp_path)
    box = FakeBox(tmp_path / "var")
    yield box
    box.close()


@pytest.fixture
def hearth(box, capsys):
    """Run it: exit code, what it said, what it complained of."""

    def run(*argv):
        try:
            code = main(argv)
        except SystemExit as error:
            code = error.code
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


def test_help_names_every_command_and_hides_the_services(hearth):
    code, said, _ = hearth("--help")
    assert code == 0
    for command in ("run", "setup", "status", "logs", "jobs", "settings", "instance", "member"):
        assert f"\n    {command} " in said
    assert "service " not in said


def test_every_command_explains_itself():
    for action in parser()._subparsers._group_actions[0].choices.values():
        assert action.format_help()


@pytest.mark.parametrize(
    "argv",
    [
        (),
        ("nonsense",),
        ("stat",),
        ("logs", "-n", "0"),
        ("logs", "-n", "x"),
        ("logs", "-n", "99999"),
        ("member",),
        ("member", "add"),
        ("settings", "set", "name"),
        ("setup",),
        ("service", "nonsense"),
        ("member", "add", "anna", "a-password-in-the-process-list"),
    ],
)
def test_what_is_not_understood_is_exit_code_2(hearth, argv):
    code, said, complained = hearth(*argv)
    assert code == 2
    assert said == ""
    assert "Traceback" not in complained


def test_status_for_people_and_programs(hearth):
    code, said, _ = hearth("status")
    assert code == 0
    for words_ in (
        "The box is too hot.",
        "Give it air.",
        "needs attention",
        "http://hearth.local/",
        "Tidy up: 50% half",
    ):
        assert words_ in said
    for argv in (("status", "--json"), ("--json", "status")):
        assert json.loads(hearth(*argv)[1])["issues"][0]["key"] == "hot"


def test_logs_can_not_steer_the_terminal(hearth):
    code, said, _ = hearth("logs", "fediverse", "-n", "7")
    assert code == 0
    assert "\x1b" not in said
    assert "[31m7" in said


def test_settings_of_box_and_instance(hearth, box):
    assert hearth("settings", "get")[1] == "name = hearth\n"
    assert hearth("settings", "set", "name", "attic")[0] == 0
    assert hearth("settings", "get", "name")[1] == "attic\n"
    assert hearth("instance", "set", "registration", "open")[0] == 0
    assert hearth("instance", "get", "registration")[1] == "open\n"
    assert box.did == ["name", "registration=open"]


def test_an_error_is_one_sentence_and_what_to_do(hearth):
    code, said, complained = hearth("settings", "get", "nonsense")
    assert (code, said) == (1, "")
    assert complained == "hearth: There is no setting of that name. The settings are name.\n"


def test_nobody_is_invited_to_a_box_that_is_not_set_up(hearth, box):
    assert hearth("member", "invite")[0] == 1
    assert "Nobody has set this box up yet." in hearth("member", "invite")[2]


def test_members(hearth, box, monkeypatch, tmp_path):
    box.box["owner"] = "anna"
    assert "Password: made-up" in hearth("member", "add", "ben")[1]
    assert hearth("member", "list")[1] == "There are no members yet.\n"
    assert (
        hearth("member", "invite")[1] == "http://x/join/anna\nGood for one friend, until 8 January 2026, 09:30 UTC.\n"
    )
    assert "http://x/join/ben" in hearth("member", "invite", "--by", "ben")[1]
    assert "made-up" in hearth("member", "reset-password", "ben")[1]
    (tmp_path / "in").write_text("typed by hand\n")
    with (tmp_path / "in").open() as typed:
        monkeypatch.setattr("sys.stdin", typed)
        code, said, _ = hearth("member", "add", "cleo", "--password")
    assert code == 0
    assert "typed" not in said
    assert box.did[-1] == "member cleo member typed by hand"


def test_jobs(hearth, box):
    assert "Tidy up" in hearth("jobs")[1]
    assert hearth("jobs", "--cancel", "ab12")[0] == 0
    assert box.did == ["cancel ab12"]


def test_setup_answers_every_step_and_a_second_time_changes_nothing(hearth, box, tmp_path):
    (tmp_path / "answers.toml").write_text(ANSWERS)
    code, said, _ = hearth("setup", "--answers", "answers.toml")
    assert code == 0
    assert "The box is set up." in said
    assert box.did == [
        "claim",
        "member anna owner quiet otters paint fences",
        "owner anna",
        "description=",
        "rules=Be kind.\nBe brief.",
        "title=Friends",
        "address",
        "name",
        "finish",
    ]
    box.did.clear()
    assert "nothing was changed" in hearth("setup", "--answers", "answers.toml")[1]
    assert box.did == []


def test_setup_goes_on_where_it_was(hearth, box, tmp_path):
    box.box |= {"claimed": True, "owner": "anna"}
    (tmp_path / "answers.toml").write_text(ANSWERS)
    code, said, _ = hearth("--json", "setup", "--answers", "answers.toml")
    assert code == 0
    assert json.loads(said)["steps"] == ["instance", "address", "review"]


def test_a_wrong_code_stops_the_setup_before_anything_else(hearth, box, tmp_path):
    (tmp_path / "answers.toml").write_text(ANSWERS + 'code = "WRONG"\n')
    code, _, complained = hearth("setup", "--answers", "answers.toml")
    assert (code, complained) == (1, "hearth: The code is wrong. Look at the card.\n")
    assert box.did == []


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "username = 5",
        ANSWERS + "unknown = 1",
        ANSWERS + 'password = "again"',
        "a = " + "[" * 5000,
        'x = "\ud800"',
    ],
)
def test_bad_answers_are_named_and_nothing_is_done(hearth, box, tmp_path, text):
    (tmp_path / "answers.toml").write_bytes(text.encode(errors="surrogatepass"))
    code, _, complained = hearth("setup", "--answers", "answers.toml")
    assert code == 1
    assert "answers.toml" in complained
    assert "Traceback" not in complained
    assert box.did == []


@pytest.mark.parametrize("name", ["none.toml", "."])
def test_answers_that_can_not_be_read(tmp_path, name):
    with pytest.raises(BadInput):
        read_answers(tmp_path / name)


def test_without_a_card_the_code_is_asked_for(hearth, tmp_path):
    (tmp_path / "answers.toml").write_text(ANSWERS)
    (tmp_path / "var" / "card" / "hearth.txt").unlink()
    code, _, complained = hearth("setup", "--answers", "answers.toml")
    assert code == 1
    assert "`code`" in complained


def test_no_box_is_said_with_the_way_out(hearth, tmp_path):
    for argv in (
        ("--state", "elsewhere", "status"),
        ("status", "--state", "elsewhere"),
        ("--state", "elsewhere", "member", "list"),
    ):
        code, _, complained = hearth(*argv)
        assert code == 1
        assert "elsewhere" in complained
        assert "hearth run" in complained


def test_a_box_that_died_is_said(hearth, box, tmp_path):
    box.close()
    (tmp_path / "var" / "run" / "supervisor" / "command.sock").touch()
    assert hearth("status")[0] == 1


def test_the_state_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert str(find_state(None)) == "/var/lib/hearth"
    (tmp_path / "var").mkdir()
    assert str(find_state(None)) == "/var/lib/hearth", "that is any folder, such as the one of /"
    (tmp_path / "var" / "run.lock").touch()
    assert find_state(None) == tmp_path / "var"
    assert find_state("x") == tmp_path / "x"


def test_the_shape_of_tables_and_text():
    assert table([["a", "b"], ["long", ""]], ["X", "Y"]) == "X     Y\na     b\nlong"
    assert printable("a\x1b[0m\u202e") == "a�[0m�"
    assert stat.S_ISDIR(os.stat(os.fspath(context.STATE_ON_A_BOX.parent)).st_mode)


def test_colours_only_for_people(monkeypatch):
    assert context.colour("x", "31") == "x"
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert context.colour("x", "31") == "\033[31mx\033[0m"
    monkeypatch.setenv("NO_COLOR", "1")
    assert context.colour("x", "31") == "x"
