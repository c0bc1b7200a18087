# SPDX-License-Identifier: AGPL-3.0-or-later
"""Each board's initramfs has every driver between the processor and where the system may lie: card, USB, NVMe.

The kernel waits for ever for a supplier (a regulator, a reset line) whose driver is a module that is not there, and no
emulator has all of these boards. So their device trees are followed, as the kernel follows them (fw_devlink).
"""

import re
import struct
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path

import pytest

from image.plan import BOARDS, Base, plan
from tests.repository import ROOT

TREE = ROOT / "build/image/raspberry-pi-3/tree"
MODULES = ROOT / "image/overlay/etc/initramfs-tools/modules"
# Where a system may lie, by the end of a node's path.
ROOTS = re.compile(r"/(mmc|mmcnr|sdhost|usb|pcie)@[0-9a-f]+$")
# Suppliers, and the property of the supplier that says how many numbers follow its reference.
SUPPLIERS = {
    "clocks": "#clock-cells",
    "dmas": "#dma-cells",
    "mboxes": "#mbox-cells",
    "phys": "#phy-cells",
    "power-domains": "#power-domain-cells",
    "resets": "#reset-cells",
    "gpios": "#gpio-cells",
    "gpio": "#gpio-cells",
}


@dataclass
class Node:
    path: str
    properties: dict[str, bytes] = field(default_factory=dict)

    def numbers(self, name: str) -> list[int]:
        content = self.properties.get(name, b"")
        return list(struct.unpack(f">{len(content) // 4}I", content))

    def words(self, name: str) -> list[str]:
        return [each for each in self.properties.get(name, b"").decode().split("\0") if each]


def nodes(blob: bytes) -> dict[str, Node]:
    """All nodes of a flattened device tree by path (Devicetree Specification 0.4, chapter 5)."""
    start, strings = struct.unpack_from(">II", blob, 8)
    found, path, at = {}, [], start
    while (token := int.from_bytes(blob[at : at + 4], "big")) != 9:
        at += 4
        if token == 1:
            name = blob[at : blob.index(b"\0", at)].decode()
            path.append(name)
            found["/".join(path) or "/"] = Node("/".join(path) or "/")
            at += (len(name) + 4) & ~3
        elif token == 2:
            path.pop()
        elif token == 3:
            length, offset = struct.unpack_from(">II", blob, at)
            name = blob[strings + offset : blob.index(b"\0", strings + offset)].decode()
            found["/".join(path) or "/"].properties[name] = blob[at + 8 : at + 8 + length]
            at += 8 + ((length + 3) & ~3)
    return found


def suppliers(node: Node, by_phandle: dict[int, Node]) -> list[Node]:
    found = []
    for name in node.properties:
        cells = SUPPLIERS.get(name, "" if name.endswith("-supply") or re.fullmatch(r"pinctrl-\d+", name) else None)
        numbers = node.numbers(name) if cells is not None else []
        while numbers:
            supplier = by_phandle[numbers.pop(0)]
            found.append(supplier)
            del numbers[: supplier.numbers(cells)[0] if cells else 0]
    return found


def involved(tree: dict[str, Node]) -> list[Node]:
    """The roots that are switched on, their buses and suppliers, and those of these."""
    by_phandle = {node.numbers("phandle")[0]: node for node in tree.values() if "phandle" in node.properties}
    waiting = [node for path, node in tree.items() if ROOTS.search(path) and node.words("status") != ["disabled"]]
    assert waiting
    seen: dict[str, Node] = {}
    while waiting:
        node = waiting.pop()
        if node.path not in seen:
            seen[node.path] = node
            waiting += suppliers(node, by_phandle)
            parent = node.path.rpartition("/")[0]
            waiting += [tree[parent]] if parent in tree else []
    return list(seen.values())


def drivers(modules: Path) -> dict[str, str]:
    """Compatible string to the module that drives it; what is built into the kernel is not among them."""
    alias = re.compile(r"of:N\*T\*C([^*\s]+)(?:C\*)?\s+(\S+)")
    return dict(alias.findall((modules / "modules.alias").read_text()))


def packed(modules: Path) -> set[str]:
    """Modules that the initramfs takes, with those that they need."""
    lines = (line.partition(":") for line in (modules / "modules.dep").read_text().splitlines())
    needs = {plain(name): [plain(each) for each in rest.split()] for name, _, rest in lines}
    listed = {line for line in MODULES.read_text().splitlines() if line and not line.startswith("#")}
    return listed | {each for name in listed for each in needs.get(name, [])}


def plain(file: str) -> str:
    return Path(file).name.partition(".ko")[0].replace("-", "_")


@pytest.mark.long
@pytest.mark.parametrize("board", ["raspberry-pi-3", "raspberry-pi-zero-2-w", "raspberry-pi-4"])
def test_what_finds_the_system_is_in_the_initramfs(request: pytest.FixtureRequest, board: str) -> None:
    if not request.config.getoption("--image"):
        pytest.skip("only with --image: it looks into a built tree")
    (modules,) = (TREE / "usr/lib/modules").iterdir()
    known, there = drivers(modules), packed(modules)
    wanted = plan(board, Base.DEBIAN).trees
    trees = [
        path
        for path in TREE.glob("usr/lib/linux-image-*/broadcom/*")
        if any(fnmatch(path.name, each) for each in wanted)
    ]
    assert trees
    for path in trees:
        for node in involved(nodes(path.read_bytes())):
            driver = next((known[each] for each in node.words("compatible") if each in known), None)
            assert driver is None or driver in there, f"{path.name}: {node.path} needs {driver}"


def test_every_board_with_debian_s_kernel_is_looked_at() -> None:
    assert {each.stem for each in BOARDS.glob("raspberry*") if "[packages.debian]" in each.read_text()} == {
        "raspberry-pi-3", "raspberry-pi-zero-2-w", "raspberry-pi-4",
    }  # fmt: skip
