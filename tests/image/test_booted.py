# SPDX-License-Identifier: AGPL-3.0-or-later
"""One card from its first start: what runs on it, set up in a browser by its button, posted to, restarted without
clock and cable."""

import io
import json
import re

import pytest
from PIL import Image

from tests.end_to_end.waiting import eventually
from tests.image import firmware, machine
from tests.image.conftest import IMAGE
from tests.image.owner import STEPS, Owner, owner

# Web, mDNS, and what routers announce of themselves, which the firewall lets in from the home's router alone.
PORTS = {("tcp", 80), ("tcp", 8080), ("tcp", 8443), ("udp", 8443), ("udp", 5353), ("udp", 1900), ("udp", 5350)}
PORTS |= {("tcp", 8444), ("udp", 8444)}  # for the tunnel's own end; the firewall lets nobody there
LOOPBACK = re.compile(r"^(127\.|\[::1\]|::1)")
FACES_THE_NETWORK = {"hearth-web", "hearth-fediverse", "hearth-console", "hearth-tunnel", "hearth-gateway"}
# None of these may open a socket to anywhere but the kernel and the system's own.
SPEAKS_TO_NOBODY = {
    f"hearth-{each}"
    for each in ("data", "identity", "neighbours", "spare-slot", "started", "tunnel-routes", "gateway-door")
}

pytestmark = pytest.mark.timeout(1500)


def measured(what: str, value: float, unit: str) -> None:
    print(f"measured: {what}: {value:.1f} {unit}")


def test_it_starts_and_nothing_has_failed(home: machine.Box) -> None:
    home.settle()
    assert home.shell("systemctl --failed --no-legend --plain") == ""


def test_only_the_expected_ports_listen(home: machine.Box) -> None:
    found = set()
    for line in home.shell("ss -Hlntu").splitlines():
        kind, _, _, _, local, *_ = line.split()
        address, _, port = local.rpartition(":")
        if not LOOPBACK.match(address):
            found.add((kind, int(port)))
    high = {(kind, port) for kind, port in found if kind == "udp" and port >= 32768}  # avahi asks from one of these
    assert found - high == PORTS


def test_the_system_is_read_only_and_the_data_has_grown(home: machine.Box) -> None:
    assert home.shell("touch /usr/x /etc/x 2>&1; ls /usr/x /etc/x 2>/dev/null").count("Read-only file system") == 2
    found = json.loads(home.shell("findmnt --json --bytes -o SOURCE,FSTYPE,SIZE,OPTIONS /var"))["filesystems"][0]
    assert found["fstype"] == "ext4"
    assert int(found["size"]) > 1.2 * 1024**3
    assert home.shell("findmnt -no FSTYPE /") == "erofs"


def test_nobody_can_log_in(home: machine.Box) -> None:
    secrets = [line.split(":")[1] for line in home.shell("cat /etc/shadow").splitlines()]
    assert secrets
    assert all(each[0] in "!*" for each in secrets)
    assert {line.split(":")[1] for line in home.shell("cat /etc/passwd").splitlines()} == {"x"}
    assert home.shell("systemctl is-active ssh.service ssh.socket").split() == ["inactive", "inactive"]
    assert home.shell("systemctl list-units --no-legend --plain --state=active '*getty*.service'") == ""
    for name in ("cmdline-a.txt", "cmdline-b.txt"):
        assert b"console=" not in firmware.read(home.card, 2, name)


def test_every_unit_of_ours_is_as_shut_in_as_it_should_be(home: machine.Box) -> None:
    names = {
        line.split()[0] for line in home.shell("systemctl list-unit-files --no-legend 'hearth-*.service'").splitlines()
    }
    exposed = {}
    for name in names:
        said = home.shell(f"systemd-analyze security --no-pager {name}").splitlines()[-1]
        exposed[name.removesuffix(".service")] = float(re.search(r": ([0-9.]+) ", said)[1])  # type: ignore[index]
    print("measured: exposure:", exposed)
    limits = dict.fromkeys(FACES_THE_NETWORK, 2.0) | {"hearth-supervisor": 4.0}
    assert set(exposed) == set(limits) | SPEAKS_TO_NOBODY, "say of each new unit whether it faces the network"
    assert {name: exposed[name] for name in limits if exposed[name] > limits[name]} == {}
    for name in SPEAKS_TO_NOBODY:
        families = home.shell(f"systemctl show --value -p RestrictAddressFamilies {name}.service").split()
        assert families, name
        assert {*families} <= {"AF_UNIX", "AF_NETLINK"}, name


def test_the_button_claims_it_and_its_owner_posts(home: machine.Box, clara: Owner) -> None:
    assert clara.answered == list(STEPS[:-1])
    clara.post("from the sofa")
    assert clara.posts() == ["from the sofa"]
    assert home.status()["box"]["owner"] == "clara"


def test_a_picture_is_decoded_in_its_cage(home: machine.Box, clara: Owner) -> None:
    """Its kernel and units let the child lock itself in, and the decoder work there."""
    wall = io.BytesIO()
    Image.new("RGB", (320, 200), "teal").save(wall, "jpeg")
    sent = clara.app.media_post(wall.getvalue(), "image/jpeg", description="a teal wall", synchronous=True)
    assert (sent["meta"]["original"]["width"], sent["description"]) == (320, "a teal wall")
    with Image.open(io.BytesIO(home.answer(sent["url"])[1])) as shown:
        assert shown.size == (320, 200)


def test_it_keeps_its_memory_small(home: machine.Box, clara: Owner) -> None:
    home.settle()
    # What five minutes without a visitor do; its socket starts it again.
    home.shell("systemctl stop hearth-console.service")
    used = int(home.shell("free --mega | awk '/^Mem/ { print $3 }'"))
    measured("memory in use", used, "MB")
    assert used <= 280
    assert clara.posts()


def test_it_restarts_without_clock_and_cable_and_says_so(home: machine.Box, clara: Owner) -> None:
    identity = home.shell("cat /etc/machine-id")
    # As a power cut leaves what Caddy has just written.
    empty = "/var/lib/caddy/caddy/pki/authorities/local/root.key"
    assert home.shell(f"truncate --size=0 --no-create {empty}; stat -c %s {empty}") == "0"
    with owner(home) as visitor:
        visitor.restart()
    assert home.wait_until_off(180) == ["SHUTDOWN guest-reset"]
    home.start(more_words=machine.SHELL_WORDS, network=False, clock="1970-01-01T00:00:10", stick=IMAGE)
    home.shell(":", seconds=600)
    home.settle()
    # Another card with the same marks is in a USB reader: nothing of it is taken for the box's own.
    assert home.shell("lsblk -no TRAN /dev/sda").split() == ["usb"]
    assert home.shell("findmnt -no SOURCE /") == "/dev/vda5"
    assert home.shell("realpath /dev/hearth/data /dev/hearth/selector").split() == ["/dev/vda8", "/dev/vda1"]
    eventually("it says so", lambda: home.says("no-network", "clock-not-set", light="attention"), seconds=300)
    # Not 1970: no earlier than when its system was made, so that what it writes comes after what it has written.
    assert int(home.shell("date +%s")) >= int(home.shell("stat -c %Y /usr/lib/clock-epoch"))
    assert home.shell("cat /etc/machine-id") == identity
    # It had stopped as it should, and asked nobody whom it does not have.
    before = home.shell("journalctl --boot=-1 --quiet --no-pager -o cat")
    assert "logind" not in before
    assert "Reached target reboot.target" in before


def test_all_is_there_once_the_cable_is(home: machine.Box, clara: Owner) -> None:
    home.plug(True)
    eventually("it is well again", lambda: home.says("clock-not-set", light="well"), seconds=300)
    home.answer(home.public + "/health")
    assert clara.posts() == ["from the sofa"]
    clara.post("in the wrong year")
    assert clara.posts() == ["in the wrong year", "from the sofa"]
