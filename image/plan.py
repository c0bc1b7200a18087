# SPDX-License-Identifier: AGPL-3.0-or-later
"""What is to be built: a board's description, the packages it takes, and where each partition lies."""

import tomllib
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

ROOT = Path(__file__).parents[1]
BOARDS = ROOT / "hardware/boards"
MIB = 1024 * 1024

# The signature of the partition table, and with it the PARTUUIDs: 485f0001-05 is system A.
DISK_SIGNATURE = 0x485F0001


class Base(Enum):
    """Where kernel and firmware come from; everything else is Debian's."""

    DEBIAN = "debian"
    RASPIOS = "raspios"


class Flow(Enum):
    """Who chooses the slot that starts: the board's firmware, or U-Boot."""

    TRYBOOT = "tryboot"
    UBOOT = "uboot"


@dataclass(frozen=True)
class Partition:
    """`number` as in the table; `mib` its size. The extended partition (4) is not among them."""

    number: int
    name: str
    mib: int


LAYOUT = (
    Partition(1, "selector", 64),
    Partition(2, "boot_a", 128),
    Partition(3, "boot_b", 128),
    Partition(5, "system_a", 1024),
    Partition(6, "system_b", 1024),
    Partition(7, "state", 8),
    Partition(8, "data", 256),
)


@dataclass(frozen=True)
class Plan:
    """One image. `packages` holds every package that is asked for by name, sorted."""

    board: str
    title: str
    compatible: str
    base: Base
    flow: Flow
    kernel: tuple[str, ...]
    packages: tuple[str, ...]
    modules: tuple[str, ...]
    overlays: tuple[str, ...] = ()
    programs: tuple[str, ...] = ()
    uboot: str = ""
    trees: tuple[str, ...] = ()
    watchdog: int = 30

    @property
    def name(self) -> str:
        return f"hearth-{self.board}"

    @property
    def settings(self) -> tuple[str, ...]:
        """Lines of config.txt that depend on whose kernel it is: device trees have other names in Linux itself."""
        return ("upstream_kernel=1",) if self.base is Base.DEBIAN else ()


def plan(board: str, base: Base | None = None) -> Plan:
    """Raises SystemExit with a sentence if there is no such board, or not on that base."""
    path = BOARDS / f"{board}.toml"
    if not path.is_file():
        known = ", ".join(sorted(each.stem for each in BOARDS.glob("*.toml")))
        raise SystemExit(f"There is no board {board!r}. BOARD is one of: {known}.")
    described = tomllib.loads(path.read_text())
    offered = described["packages"]
    chosen = base or (Base.RASPIOS if Base.RASPIOS.value in offered else Base.DEBIAN)
    if chosen.value not in offered:
        raise SystemExit(f"{described['name']} has no packages from {chosen.value}; it has: {', '.join(offered)}.")
    wanted = offered[chosen.value]
    boot = described["boot"]
    flow = Flow(boot["flow"])
    own = ["libubootenv-tool"] if flow is Flow.UBOOT else []
    return Plan(
        board=board,
        title=described["name"],
        compatible=described["compatible"],
        base=chosen,
        flow=flow,
        kernel=tuple(wanted["kernel"]),
        packages=tuple(sorted({*common_packages(), *python_packages(), *wanted["kernel"], *wanted["firmware"], *own})),
        modules=tuple(boot.get("modules", ())),
        overlays=tuple(boot.get("overlays", ())),
        programs=tuple(boot.get("programs", ())),
        uboot=boot.get("uboot", ""),
        trees=tuple(wanted.get("trees", ())),
        watchdog=described["watchdog"]["seconds"],
    )


def common_packages() -> list[str]:
    """Those of packages.list, where each stands with what it is for."""
    lines = (line.partition("#")[0].strip() for line in (ROOT / "image/packages.list").read_text().splitlines())
    return [line for line in lines if line]


def python_packages() -> list[str]:
    """What Hearth itself takes from Debian to run (.setup/trixie.list)."""
    lines = (line.split() for line in (ROOT / ".setup/trixie.list").read_text().splitlines())
    return [words[2] for words in lines if words and words[0] == "run"]
