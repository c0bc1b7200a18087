# SPDX-License-Identifier: AGPL-3.0-or-later
"""Which programs are played by those of the machine that builds. Binding them needs root: `make image` shows it."""

from pathlib import Path

import pytest

from image import native


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
    (made / "usr/lib/aarch64-linux-gnu").mkdir(parents=True)
    return made


NOTHING = {"usr/bin/py3compile", "usr/bin/python3.13", "usr/bin/ssh-keygen"}


def test_programs_are_replaced_unless_they_tell_of_the_architecture(tools: Path, tree: Path) -> None:
    found = native.replacements(tools, tree)
    assert found.keys() - NOTHING == {"usr/bin/sed", "usr/bin/true", "usr/bin/dpkg-deb", "usr/sbin/useradd"}
    assert found["usr/sbin/useradd"] == tools / "usr/sbin/useradd"
    assert {found[each] for each in NOTHING} == {tools / "usr/bin/true"}


def test_on_a_machine_like_the_box_only_useless_work_is_left_out(tools: Path, tree: Path) -> None:
    (tools / "usr/lib/x86_64-linux-gnu").rename(tools / "usr/lib/aarch64-linux-gnu")
    (tools / "usr/lib64").rmdir()
    assert native.foreign(tools, tree) == []
    assert native.replacements(tools, tree).keys() == NOTHING


def test_everything_is_as_before_in_the_end(tools: Path, tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bound: set[Path] = set()
    monkeypatch.setattr(native, "_mount", lambda source, target: bound.add(target))
    monkeypatch.setattr(native, "_unmount", bound.remove)
    monkeypatch.setattr(native.os.path, "ismount", lambda path: path in bound)
    for folder in ("usr/bin", "usr/sbin", "var/lib/dpkg"):
        (tree / folder).mkdir(parents=True)
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
