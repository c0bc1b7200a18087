# SPDX-License-Identifier: AGPL-3.0-or-later
"""The units that only a real box has (systemd/box), and what of the image they need."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from appliance.gateway.limits import Limits
from tests.repository import ROOT

SYSTEMD = ROOT / "systemd"
BOX = SYSTEMD / "box"
OVERLAY = ROOT / "image/overlay"
NAMES = sorted(path.name for path in (BOX / "system").iterdir())
PROGRAM = re.compile(r"^ExecStart(?:Pre)?=[-+!@]*(/\S+)", re.MULTILINE)
# Debian's, which the units refer to.
TARGETS = [
    "basic",
    "local-fs",
    "multi-user",
    "network",
    "shutdown",
    "sockets",
    "sysinit",
    "timers",
    "paths",
    "umount",
    "local-fs-pre",
]
# Other packages' services, which the image's units want.
SERVICES = ["ssh.service", "systemd-zram-setup@.service"]

pytestmark = pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd-analyze is not installed")


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    units = tmp_path / "usr/lib/systemd/system"
    shutil.copytree(SYSTEMD / "system", units)
    shutil.copytree(BOX / "system", units, dirs_exist_ok=True)
    of_the_image = "usr/lib/systemd/system/hearth-gateway.service.d"
    shutil.copytree(OVERLAY / of_the_image, tmp_path / of_the_image)
    for name in SERVICES:
        (units / name).write_text("[Service]\nExecStart=/usr/bin/hearth\n")
    for name in TARGETS:
        (units / f"{name}.target").write_text(f"[Unit]\nDescription={name}\nDefaultDependencies=no\n")
    for unit in units.glob("*.service"):
        for program in PROGRAM.findall(unit.read_text()):
            path = tmp_path / program.removeprefix("/")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("#!/bin/sh\n")
            path.chmod(0o755)
    return tmp_path


def analyze(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(["systemd-analyze", *arguments], capture_output=True, text=True, timeout=50, check=False)


def test_systemd_finds_nothing_wrong(tree: Path) -> None:
    names = [str(tree / "usr/lib/systemd/system" / name) for name in NAMES]
    done = analyze("verify", "--man=no", f"--root={tree}", *names)
    assert done.returncode == 0, done.stderr
    # Newer ones look for the box's devices on this machine.
    said = [line for line in done.stderr.splitlines() if not line.endswith(": No such device")]
    assert [line for line in said if any(name in line for name in NAMES)] == []


@pytest.mark.parametrize("name", ["web", "tunnel", "gateway"])
def test_what_faces_the_network_is_hardly_exposed(tree: Path, name: str) -> None:
    done = analyze("security", "--offline=true", "--threshold=20", f"--root={tree}", f"hearth-{name}.service")
    assert done.returncode == 0, done.stdout + done.stderr


def test_on_a_box_the_gateway_may_speak_in_visitors_names_and_nothing_else(tree: Path) -> None:
    """It listens on no port that only root may have."""
    own, image = (
        (tree / "usr/lib/systemd/system" / name).read_text()
        for name in ("hearth-gateway.service", "hearth-gateway.service.d/box.conf")
    )
    assert re.findall(r"^(?:Ambient|CapabilityBounding)\w+=(.+)", image, re.MULTILINE) == ["CAP_NET_RAW"] * 2
    assert len(re.findall(r"^(?:Ambient|CapabilityBounding)\w+=$", image, re.MULTILINE)) == 2
    assert "AF_PACKET" not in own + image
    assert "Wants=hearth-gateway-door.service" in image
    door = (tree / "usr/lib/systemd/system/hearth-gateway-door.service").read_text()
    assert {"BindsTo=hearth-gateway.service", "PartOf=nftables.service"} <= set(door.splitlines())


def test_their_own_programs_are_in_the_image() -> None:
    for name in NAMES:
        for program in PROGRAM.findall((BOX / "system" / name).read_text()):
            if program.startswith("/usr/lib/hearth/"):
                assert (OVERLAY / program.removeprefix("/")).stat().st_mode & 0o111


def test_each_is_enabled_and_nothing_that_is_not_named_is() -> None:
    lines = (BOX / "system-preset/40-hearth-box.preset").read_text().splitlines()
    enabled = {line.split()[1] for line in lines if line.startswith("enable ")}
    # What others start by name is not enabled.
    assert {name for name in NAMES if "[Install]" in (BOX / "system" / name).read_text()} <= enabled
    last = sorted(path.name for path in (BOX / "system-preset").iterdir())[-1]
    # Before Debian's presets, which are 90-systemd.preset, and after those of all parts of Hearth.
    assert "50-hearth.preset" < last < "90"
    assert "disable *" in (BOX / "system-preset" / last).read_text().splitlines()


def test_the_console_is_on_no_listener_that_a_router_forwards_to() -> None:
    text = (OVERLAY / "etc/caddy/Caddyfile").read_text()
    home, _, sites = text.partition("\n(home) {")[2].partition("\n}\n")
    assert text.count("127.0.0.1:8081") == home.count("127.0.0.1:8081") == 1
    # Nobody but the listener at home has what is meant for it.
    assert sites.count("import home") == 1
    assert "\nhttp://:80 {\n\timport home\n}\n" in sites


def test_only_the_home_network_reaches_the_console() -> None:
    rules = (OVERLAY / "etc/nftables.conf").read_text()
    home = rules.partition("chain home {")[2].partition("}\n")[0]
    assert home.index("@gateways4 drop") < home.index("@home4 accept")
    assert home.index("@gateways6 drop") < home.index("@home6 accept")
    assert home.index("@routers drop") < home.index("@home6 accept")
    everybody = rules.partition("chain input {")[2]
    open_to_all = re.findall(r"(?:tcp|udp) dport (\S+|\{[^}]*\}) accept", everybody)
    assert open_to_all == ["68", "546", "{ 8080, 8443 }", "8443"]
    assert "policy drop" in rules.partition("chain input {")[2]


def test_nobody_logs_in_by_password() -> None:
    text = (OVERLAY / "etc/ssh/sshd_config.d/hearth.conf").read_text()
    assert "PasswordAuthentication no\n" in text
    assert "KbdInteractiveAuthentication no\n" in text


@pytest.mark.parametrize("name", ["console", "fediverse", "web", "tunnel", "gateway"])
def test_who_speaks_to_the_network_does_not_see_the_systems_bus(name: str) -> None:
    """NetworkManager, systemd and RAUC listen there, and not all of them ask who speaks."""
    (unit,) = SYSTEMD.rglob(f"hearth-{name}.service")
    hidden = re.findall(r"^InaccessiblePaths=(.*)", unit.read_text(), re.MULTILINE)
    assert "-/run/dbus" in " ".join(hidden).split()


def test_the_kernel_is_told_what_not_every_kernel_does_by_itself() -> None:
    lines = (OVERLAY / "usr/lib/sysctl.d/50-hearth.conf").read_text().splitlines()
    told = dict(line.split(" = ") for line in lines if not line.startswith("#"))
    for name in ("symlinks", "hardlinks"):
        assert told[f"fs.protected_{name}"] == "1"
    assert told["kernel.dmesg_restrict"] == "1"
    assert {
        told[f"net.{ip}.conf.{where}.accept_redirects"] for ip in ("ipv4", "ipv6") for where in ("all", "default")
    } == {"0"}


def test_visitors_who_take_nothing_do_not_fill_the_memory_of_a_gateway() -> None:
    """With all places taken, and each visitor's queues as full as they get where the box does as it is asked."""
    text = (BOX / "system/hearth-gateway.service").read_text()
    high = [int(each) for each in re.findall(r"QUEUE_HIGH_WATERMARK=(\d+)", text)]
    memory = int(re.findall(r"MemoryMax=(\d+)M", text)[0]) * 2**20
    assert len(high) == 2
    assert sum(high) * Limits().connections < memory * 3 / 4
