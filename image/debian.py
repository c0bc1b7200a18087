# SPDX-License-Identifier: AGPL-3.0-or-later
"""Debian's packages as trees of files: the box's own, and one of tools for the machine that builds."""

import shlex
import shutil
import subprocess
import sys
from pathlib import Path

from image import native, raspios
from image.plan import Base, Plan
from image.steps import Workshop, empty

# Newer files of Debian's packages get this date: 2025-11-22.
_EPOCH = 1_763_769_600
# Manuals, translations and examples; licences stay.
_LEFT_OUT = ("man", "locale", "doc", "info", "lintian", "bash-completion", "zsh", "gtk-doc", "help")
_TOOLS = (
    # What packages call while they are installed (native.py).
    "?essential", "passwd", "kmod", "udev", "systemd", "openssl", "xz-utils", "zstd", "cpio",
    # What is called from outside: Python as the box has it, for bytecode; an mkfs.erofs that uses all processors.
    "python3", "erofs-utils",
)  # fmt: skip
# Everything mounted for a command is gone with it, however it ends.
_ALONE = ("unshare", "--mount", "--propagation", "private", "--pid", "--fork", "--kill-child")


def tools(workshop: Workshop) -> None:
    """Makes a tree of this machine's architecture, unpacked and not installed; once for all boards."""
    tree = _tools(workshop)
    place = Workshop(tree.parent, workshop.cache, workshop.epoch)
    place.folder.mkdir(parents=True, exist_ok=True)
    place.step("tools", _TOOLS, lambda: bootstrap(place, empty(tree), "--variant=extract", *include(_TOOLS)), tree)


def _tools(workshop: Workshop) -> Path:
    return workshop.cache.parent / "tools/tree"


def run(workshop: Workshop, *command: str) -> None:
    """Runs one of the tools; it sees the workshop's folder as /mnt."""
    tree = _tools(workshop)
    script = (
        'mkdir -p "$1/mnt" && mount --rbind /dev "$1/dev" && mount --rbind "$2" "$1/mnt" && shift 2 && exec chroot "$@"'
    )
    workshop.run(*_ALONE, "sh", "-c", script, "sh", tree, workshop.folder, tree, *command)


def inside(workshop: Workshop, tree: Path, *command: str) -> None:
    """Runs one of the box's own programs in its tree, as quickly as this machine can."""
    lent = (sys.executable, native.__file__, "lend", _tools(workshop), tree)
    workshop.run(*_ALONE, *lent, *command, TMPDIR="/tmp", SOURCE_DATE_EPOCH=str(_EPOCH))


def packages(workshop: Workshop, plan: Plan, tree: Path) -> None:
    """Makes `tree` of the box's packages from Debian, with bytecode, and of nothing else."""
    unfinished = empty(tree.with_name("unfinished"))
    play = f"{shlex.quote(sys.executable)} {shlex.quote(native.__file__)}"
    machines = shlex.quote(str(_tools(workshop)))
    beside = raspios.hooks(raspios.checked(), workshop.folder) if plan.base is Base.RASPIOS else []
    bootstrap(
        workshop,
        unfinished,
        "--architectures=arm64",
        "--variant=essential",
        f"--components=main{',non-free-firmware' if any('firmware' in each for each in plan.packages) else ''}",
        *include(plan.packages),
        *beside,
        *(f"--dpkgopt=path-exclude=/usr/share/{each}/*" for each in _LEFT_OUT),
        "--dpkgopt=path-include=/usr/share/doc/*/copyright",
        "--dpkgopt=force-unsafe-io",
        f'--extract-hook={play} put {machines} "$1"',
        f'--customize-hook={play} away {machines} "$1"',
    )
    compiled(workshop, unfinished, "usr/lib/python3", "usr/lib/python3.13")
    if tree.exists():
        shutil.rmtree(tree)
    unfinished.rename(tree)


def compiled(workshop: Workshop, tree: Path, *folders: str) -> None:
    """Bytecode beside the modules in those folders of `tree`, which lies in the workshop's folder.

    It is the same on every architecture. Nobody can write to the box's root, so that none of it need ever be checked
    against its source. Hence `-f`, too: what is there already may be of another kind. One process does it all, in one
    order and always at the same addresses: what a compiler has met before, and where it lies, decides how it writes
    the constants of a module.
    """
    inside = f"/mnt/{tree.relative_to(workshop.folder)}"
    run(
        workshop, "env", "PYTHONHASHSEED=0", "setarch", "--addr-no-randomize",
        "python3", "-m", "compileall", "-q", "-f", "--invalidation-mode", "unchecked-hash",
        "-x", "lib2to3|idlelib|turtledemo|/tests?/", "-s", inside, "-p", "/", *(f"{inside}/{each}" for each in folders),
    )  # fmt: skip


def bootstrap(workshop: Workshop, target: Path, *options: str) -> None:
    """What mmdebstrap makes of Debian with these options, in `target`; packages are fetched once."""
    cache = workshop.cache
    cache.mkdir(parents=True, exist_ok=True)
    workshop.run(
        *_ALONE,
        "mmdebstrap",
        "--verbose",
        *options,
        "--skip=download/empty,essential/unlink",
        '--setup-hook=mkdir -p "$1/var/cache/apt/archives"',
        f"--setup-hook=sync-in {cache} /var/cache/apt/archives",
        f"--customize-hook=sync-out /var/cache/apt/archives {cache}",
        "trixie",
        target,
        *_mirror(),
        # The initramfs is made once everything is there, and not whenever a package comes.
        INITRD="No",
        # Not the moment of the newest change: Debian's part is not made again because ours has changed.
        SOURCE_DATE_EPOCH=str(_EPOCH),
    )


def include(packages: tuple[str, ...]) -> list[str]:
    return [f"--include={each}" for each in packages]


def _mirror() -> list[str]:
    """Where this machine takes Debian's packages from; mmdebstrap knows where else."""
    asked = subprocess.run(
        ["apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages", "Label: Debian"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return asked.stdout.split()[:1]
