# SPDX-License-Identifier: AGPL-3.0-or-later
"""README agrees with the Makefile and `hearth --help`: what it tells people to type exists, and nothing is untold."""

import argparse
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import pytest

from appliance.cli import parser
from appliance.cli.setup import Answers, read_answers
from tests import repository

README = (repository.ROOT / "README.md").read_text()
MAKEFILE = (repository.ROOT / "Makefile").read_text()
TARGETS = set(re.findall(r"^([a-z-]+):", MAKEFILE, re.MULTILINE))
CODE = re.compile(r"```\w*\n(.*?)```|`([^`\n]+)`", re.DOTALL)


def commands(text: str, program: str) -> list[list[str]]:
    """What follows `program` in each line of code in a Markdown text."""
    lines = [line for block, span in CODE.findall(text) for line in (block or span).splitlines()]
    found = []
    for line in lines:
        match = re.match(rf"(?:\$ )?(?:sudo )?(?:\S*/)?{program} (.+)", line.strip())
        if match:
            found.append(shlex.split(match.group(1), comments=True))
    return found


def groups(of: argparse.ArgumentParser) -> Iterator["argparse._SubParsersAction[argparse.ArgumentParser]"]:
    yield from (action for action in of._actions if isinstance(action, argparse._SubParsersAction))


def public(of: argparse.ArgumentParser, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Each command that the help shows and that has no further commands below it."""
    for group in groups(of):
        shown = {choice.dest for choice in group._choices_actions}
        for name, below in group.choices.items():
            if name in shown:
                deeper = list(public(below, (*path, name)))
                yield from deeper or [(*path, name)]


def complaint(words: list[str]) -> str | None:
    """Why `hearth WORDS` does not exist, or None. Capitals stand for something to fill in."""
    here = parser()
    for word in words:
        if word.startswith("-"):
            known = {option for action in here._actions for option in action.option_strings}
            if word.partition("=")[0] not in known:
                return f"no option {word} in {here.prog}"
            continue
        for group in groups(here):
            if word not in group.choices:
                return f"no command {word} in {here.prog}"
            here = group.choices[word]
            break
    return None


@pytest.mark.parametrize("words", commands(README, "hearth"), ids=" ".join)
def test_readmes_commands_exist(words: list[str]) -> None:
    assert complaint(words) is None


@pytest.mark.parametrize("words", commands(README, "make"), ids=" ".join)
def test_readmes_make_targets_exist(words: list[str]) -> None:
    assert words[0] in TARGETS
    handed_on = [word.removeprefix("ARGS=") for word in words[1:] if word.startswith("ARGS=")]
    if words[0] == "run" and handed_on:
        assert complaint(["run", *shlex.split(handed_on[0])]) is None


@pytest.mark.parametrize("path", list(public(parser())), ids=" ".join)
def test_readme_tells_of_every_command(path: tuple[str, ...]) -> None:
    assert any(tuple(words[: len(path)]) == path for words in commands(README, "hearth"))


@pytest.mark.parametrize("target", sorted(TARGETS - {"help"}))
def test_readme_tells_of_every_make_target(target: str) -> None:
    assert any(words[0] == target for words in commands(README, "make"))


def test_readmes_answers_file_is_understood(tmp_path: Path) -> None:
    (block,) = re.findall(r"```toml\n(.*?)```", README, re.DOTALL)
    path = tmp_path / "answers.toml"
    path.write_text(block)
    read_answers(path)
    assert set(tomllib.loads(block)) == {field.name for field in fields(Answers)}


def test_what_readme_links_to_is_there() -> None:
    targets = [target.partition("#")[0] for target in re.findall(r"\]\(([^)\s]+)\)", README)]
    assert [each for each in targets if "://" not in each and not (repository.ROOT / each).exists()] == []


def test_the_command_itself_says_the_same() -> None:
    """The walk above trusts the parser; this asks the program as a person would."""
    done = subprocess.run(
        [sys.executable, "-m", "appliance", "--help"],
        cwd=repository.ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )
    for name in {path[0] for path in public(parser())}:
        assert re.search(rf"^ +{name} ", done.stdout, re.MULTILINE), name


@pytest.mark.parametrize(
    ("words", "wrong"),
    [
        (["member", "add", "NAME"], False),
        (["status", "--json"], False),
        (["member", "conjure"], True),
        (["conjure"], True),
        (["status", "--loud"], True),
    ],
)
def test_the_check_itself(words: list[str], wrong: bool) -> None:
    assert (complaint(words) is not None) == wrong
