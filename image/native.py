# SPDX-License-Identifier: AGPL-3.0-or-later
"""Programs of this machine's own architecture, from the same Debian, in place of those that would be emulated.

Debian's packages run many small programs as they are installed, and an emulated one takes ten times as long. So each
that also exists for this machine is bound over the one in the tree, as long as packages are installed. It uses its own
libraries, as Debian keeps those of each architecture in a folder of their own. dpkg is told to lay its files beside the
bound ones (a diversion, dpkg-divert(1)), and in the end they are put where they belong.

mmdebstrap calls this file: `python3 native.py put TOOLS TREE`, and `away` instead of `put`.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

# What answers differently on another architecture: which packages are native, what machine this is, whose libraries.
_EMULATED = {"dpkg", "dpkg-divert", "dpkg-query", "dpkg-split", "dpkg-statoverride", "dpkg-trigger"} | {
    "arch", "getconf", "ldconfig", "lscpu", "setarch", "uname",
}  # fmt: skip
# What need not happen: bytecode is made once, for all packages together, and the box makes its own keys.
_NOTHING = ("usr/bin/py3compile", "usr/bin/python3.13", "usr/bin/ssh-keygen")
_ASIDE = ".not-native"
_DIVERSIONS = "var/lib/dpkg/diversions"


def put(tools: Path, tree: Path) -> None:
    """Over the programs of `tree`, which is unpacked but not installed. Wants a mount namespace of its own."""
    replaced = replacements(tools, tree)
    (tree / _DIVERSIONS).write_text("".join(f"/{each}\n/{each}{_ASIDE}\n:\n" for each in replaced))
    for each, source in replaced.items():
        (tree / each).touch()
        _mount(source, tree / each)
    for folder in foreign(tools, tree):
        (tree / folder).mkdir()
        _mount(tools / folder, tree / folder)
        if folder == "usr/lib64":
            (tree / "lib64").symlink_to(folder)


def away(tools: Path, tree: Path) -> None:
    """The tree as if `put` had never been."""
    lines = iter((tree / _DIVERSIONS).read_text().splitlines(keepends=True))
    kept = ""
    for line, aside, owner in zip(lines, lines, lines, strict=True):
        if aside != line.strip() + _ASIDE + "\n":
            # Packages divert, too.
            kept += line + aside + owner
            continue
        place = tree / line.strip()[1:]
        _unmount(place)
        place.unlink()
        if (real := tree / aside.strip()[1:]).exists():
            real.rename(place)
    (tree / _DIVERSIONS).write_text(kept)
    for folder in _libraries(tools):
        if os.path.ismount(tree / folder):
            _unmount(tree / folder)
            (tree / folder).rmdir()
            if folder == "usr/lib64":
                (tree / "lib64").unlink()


def replacements(tools: Path, tree: Path) -> dict[str, Path]:
    """What takes the place of what, such as `usr/bin/sed`."""
    nothing = dict.fromkeys(_NOTHING, tools / "usr/bin/true")
    return ({each: tools / each for each in _programs(tools)} if foreign(tools, tree) else {}) | nothing


def foreign(tools: Path, tree: Path) -> list[str]:
    """The folders of libraries that programs of `tools` need and `tree` lacks; none if both have one architecture."""
    return [each for each in _libraries(tools) if not (tree / each).exists()]


def _libraries(tools: Path) -> list[str]:
    return [each for each in ("usr/lib64", f"usr/lib/{_triplet(tools)}") if (tools / each).is_dir()]


def _triplet(tools: Path) -> str:
    """Debian's name of an architecture, such as x86_64-linux-gnu."""
    return next((tools / "usr/lib").glob("*-linux-gnu")).name


def _programs(tools: Path) -> Iterator[str]:
    for folder in ("usr/bin", "usr/sbin"):
        for path in sorted((tools / folder).iterdir()):
            if path.name not in _EMULATED and path.is_file() and not path.is_symlink():
                with path.open("rb") as content:
                    if content.read(4) == b"\x7fELF":
                        yield f"{folder}/{path.name}"


def _mount(source: Path, target: Path) -> None:
    subprocess.run(["mount", "--bind", source, target], check=True, timeout=60)


def _unmount(target: Path) -> None:
    subprocess.run(["umount", target], check=True, timeout=60)


if __name__ == "__main__":
    act, tools_folder, tree_folder = sys.argv[1:]
    {"put": put, "away": away}[act](Path(tools_folder), Path(tree_folder))
