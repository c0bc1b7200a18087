# SPDX-License-Identifier: AGPL-3.0-or-later
"""Programs of this machine's own architecture, from the same Debian, in place of those that would be emulated.

Debian's packages run many small programs as they are installed, and an emulated one takes ten times as long. So each
that also exists for this machine is bound over the one in the tree, as long as packages are installed. It uses its own
libraries, as Debian keeps those of each architecture in a folder of their own. dpkg is told to lay its files beside the
bound ones (a diversion, dpkg-divert(1)), and in the end they are put where they belong.

Other programs call this file, in a mount namespace that they made:

    python3 native.py put TOOLS TREE                   before packages are installed
    python3 native.py away TOOLS TREE                  after that
    python3 native.py lend TOOLS TREE COMMAND [ARGS]   runs a command in the tree, with only a few plain ones bound
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
# What scripts are written with. A program must not be among these if one of those scripts copies it.
_PLAIN = {
    "basename", "bash", "cat", "chmod", "cp", "cpio", "cut", "dash", "dirname", "env", "find", "getopt", "grep", "id",
    "ln", "mkdir", "mktemp", "mv", "readlink", "realpath", "rm", "sed", "sort", "touch", "tr", "tsort", "uniq", "xargs",
    "zstd",
}  # fmt: skip
# Debian's name of the box's architecture.
_BOX = "aarch64-linux-gnu"
_ASIDE = ".not-native"
_DIVERSIONS = "var/lib/dpkg/diversions"


def put(tools: Path, tree: Path) -> None:
    """Over the programs of `tree`, which is unpacked but not installed. Wants a mount namespace of its own."""
    replaced = replacements(tools)
    (tree / _DIVERSIONS).write_text("".join(f"/{each}\n/{each}{_ASIDE}\n:\n" for each in replaced))
    for each, source in replaced.items():
        (tree / each).touch()
        _mount(source, tree / each)
    for folder in _libraries(tools):
        place = _loaders(tree) if folder == "usr/lib64" else tree / folder
        place.mkdir(exist_ok=True)
        _mount(tools / folder, place)


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
        _unmount(tree / folder)
        if folder == "usr/lib64":
            _forget_loaders(tree)
        else:
            (tree / folder).rmdir()


def lend(tools: Path, tree: Path, command: list[str]) -> None:
    """Raises CalledProcessError if the command fails.

    Here the libraries all lie beside their loader, as scripts look for the box's in /usr/lib/*/.
    """
    bound = [each for each in _programs(tools) if Path(each).name in _PLAIN and (tree / each).is_file()]
    environment = dict(os.environ)
    if bound:
        _mount(tools / _libraries(tools)[-1], _loaders(tree))
        # Another architecture's loader passes over what it can't load (ld.so(8)).
        environment["LD_LIBRARY_PATH"] = "/usr/lib64"
    for each in bound:
        _mount(tools / each, tree / each)
    try:
        subprocess.run(["chroot", tree, *command], env=environment, check=True)
    finally:
        for each in bound:
            _unmount(tree / each)
        if bound:
            _unmount(tree / "usr/lib64")
            _forget_loaders(tree)


def replacements(tools: Path) -> dict[str, Path]:
    """What takes the place of what, such as `usr/bin/sed`, while packages are installed."""
    return {each: tools / each for each in _programs(tools)} | dict.fromkeys(_NOTHING, tools / "usr/bin/true")


def _programs(tools: Path) -> Iterator[str]:
    """Those that can be replaced; none if the box has the same architecture."""
    if (tools / "usr/lib" / _BOX).is_dir():
        return
    for folder in ("usr/bin", "usr/sbin"):
        for path in sorted((tools / folder).iterdir()):
            if path.name not in _EMULATED and path.is_file() and not path.is_symlink():
                with path.open("rb") as content:
                    if content.read(4) == b"\x7fELF":
                        yield f"{folder}/{path.name}"


def _libraries(tools: Path) -> list[str]:
    """Folders that the tree lacks: of the loader, if it has one, and of the libraries; none if it is of one kind."""
    if (tools / "usr/lib" / _BOX).is_dir():
        return []
    (libraries,) = (tools / "usr/lib").glob("*-linux-gnu")
    return [*(["usr/lib64"] if (tools / "usr/lib64").is_dir() else []), f"usr/lib/{libraries.name}"]


def _loaders(tree: Path) -> Path:
    """/lib64, where some architectures have their loader; it may be there already, from a build that was killed."""
    (tree / "usr/lib64").mkdir(exist_ok=True)
    if not (tree / "lib64").is_symlink():
        (tree / "lib64").symlink_to("usr/lib64")
    return tree / "usr/lib64"


def _forget_loaders(tree: Path) -> None:
    (tree / "usr/lib64").rmdir()
    (tree / "lib64").unlink()


def _mount(source: Path, target: Path) -> None:
    subprocess.run(["mount", "--bind", source, target], check=True, timeout=60)


def _unmount(target: Path) -> None:
    subprocess.run(["umount", target], check=True, timeout=60)


if __name__ == "__main__":
    act, *places = sys.argv[1:4]
    tools, tree = map(Path, places)
    if act == "put":
        put(tools, tree)
    elif act == "away":
        away(tools, tree)
    elif act == "lend":
        lend(tools, tree, sys.argv[4:])
