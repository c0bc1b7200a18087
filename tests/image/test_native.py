# SPDX-License-Identifier: AGPL-3.0-or-later
"""Which programs are played by those of the machine that builds. Binding them needs root: `make image` shows it."""

import subprocess
from pathlib import Path

import pytest

from image import native, slots


@pytest.fixture
def tools(tmp_path: Path) -> Path:
    made = tmp_path / "tools"
    for name in ("usr/bin", "usr/sbin", "usr/lib64", "usr/lib/x86_64-linux-gnu"):
        (made / name).mkdir(parents=True)
    for name in ("bin/sed", "bin/true", "bin/uname", "bin/dpkg", "bin/dpkg-deb", "sbin/ldconfig", "sbin/useradd"):
        (made / "usr" / name).write_bytes(b"\x7fELF")
    (made / "usr/bin/which").write_text("#!/bin/sh\n")
    (made / "usr/bin/awk").symlink_to("sed")
    return made


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    made = tmp_path / "tree"
    for folder in ("usr/lib/aarch64-linux-gnu", "usr/bin", "usr/sbin", "var/lib/dpkg"):
        (made / folder).mkdir(parents=True)
    return made


@pytest.fixture
def bound(monkeypatch: pytest.MonkeyPatch) -> dict[Path, Path]:
    """What is bound where; nothing is."""
    seen: dict[Path, Path] = {}
    monkeypatch.setattr(native, "_mount", lambda source, target: seen.update({target: source}))
    monkeypatch.setattr(native, "_unmount", seen.pop)
    return seen


NOTHING = {"usr/bin/py3compile", "usr/bin/python3.13", "usr/bin/ssh-keygen"}


def test_programs_are_replaced_unless_they_tell_of_the_architecture(tools: Path) -> None:
    found = native.replacements(tools)
    assert found.keys() - NOTHING == {"usr/bin/sed", "usr/bin/true", "usr/bin/dpkg-deb", "usr/sbin/useradd"}
    assert found["usr/sbin/useradd"] == tools / "usr/sbin/useradd"
    assert {found[each] for each in NOTHING} == {tools / "usr/bin/true"}


def test_on_a_machine_like_the_box_only_useless_work_is_left_out(
    tools: Path, tree: Path, bound: dict[Path, Path]
) -> None:
    (tools / "usr/lib/x86_64-linux-gnu").rename(tools / "usr/lib/aarch64-linux-gnu")
    native.put(tools, tree)
    assert bound.keys() == {tree / each for each in NOTHING}


def test_a_command_is_lent_plain_programs_only_and_only_while_it_runs(
    tools: Path, tree: Path, bound: dict[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("sed", "dpkg-deb"):
        (tree / "usr/bin" / name).write_text("installed")
    before = sorted(tree.rglob("*"))

    def run(command: list[str], *, env: dict[str, str], check: bool) -> None:
        assert bound == {
            tree / "usr/bin/sed": tools / "usr/bin/sed",
            tree / "usr/lib64": tools / "usr/lib/x86_64-linux-gnu",
        }
        raise subprocess.CalledProcessError(1, command)

    monkeypatch.setattr(native.subprocess, "run", run)
    with pytest.raises(subprocess.CalledProcessError, match="mkinitramfs"):
        native.lend(tools, tree, ["mkinitramfs"])
    assert not bound
    assert sorted(tree.rglob("*")) == before


def test_everything_is_as_before_in_the_end(tools: Path, tree: Path, bound: dict[Path, Path]) -> None:
    (tree / "usr/bin/sed").write_text("unpacked")
    before = sorted(tree.rglob("*"))
    native.put(tools, tree)
    assert tree / "usr/lib/x86_64-linux-gnu" in bound
    # As dpkg does with what is diverted.
    lines = (tree / "var/lib/dpkg/diversions").read_text().splitlines()
    diverted = dict(zip(lines[::3], lines[1::3], strict=True))
    (tree / diverted["/usr/bin/sed"][1:]).write_text("installed")
    (tree / "var/lib/dpkg/diversions").write_text("\n".join([*lines, "/lib/a", "/lib/a.usr-is-merged", "a", ""]))
    native.away(tools, tree)
    assert not bound
    assert (tree / "var/lib/dpkg/diversions").read_text() == "/lib/a\n/lib/a.usr-is-merged\na\n"
    assert (tree / "usr/bin/sed").read_text() == "installed"
    assert sorted(path for path in tree.rglob("*") if path.name != "diversions") == before


def test_what_would_not_run_on_the_box_is_known_by_its_head(tmp_path: Path) -> None:
    heads = {"box": 183, "here": 62}
    for name, machine in heads.items():
        (tmp_path / name).write_bytes(b"\x7fELF".ljust(18, b"\0") + machine.to_bytes(2, "little"))
    (tmp_path / "script").write_text("#!/bin/sh\n")
    (tmp_path / "link").symlink_to("here")
    assert [path.name for path in tmp_path.iterdir() if slots.is_foreign(path)] == ["here"]
