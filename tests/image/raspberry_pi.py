# SPDX-License-Identifier: AGPL-3.0-or-later
"""A Raspberry Pi 3 in QEMU, started through U-Boot from its card.

QEMU has no VideoCore firmware, so its part is played here: config.txt of the first partition names the program that is
loaded and the overlays that are merged into the device tree (raspberrypi/documentation, config_txt/boot.adoc).
"""

import contextlib
import socket
import subprocess
import time
import urllib.request
import zlib
from collections.abc import Iterator
from pathlib import Path

from tests.image import firmware
from tests.image.machine import EMULATOR, free_port, shell_words, tell

# Two copies of U-Boot's variables in the state partition, each a checksum and then text (image/boot.cmd).
STATE, COPIES, COPY_BYTES = 7, (0, 4 * 1024 * 1024), 4096
DEVICE_TREE = "bcm2837-rpi-3-b.dtb"
# The second serial port is the one on the pins. Nobody listens there but whoever sends these words to the kernel.
SHELL_WORDS = shell_words("/dev/ttyS1", "ExecStartPre=/bin/stty -F /dev/ttyS1 raw -echo\n")
# QEMU's watchdog of this board counts no seconds: it resets the board as soon as it is started.
NO_WATCHDOG = "systemd.watchdog_sec=off"


class RaspberryPi:
    """One card in one board. `console`: the wizard's URL on the host. What the serial port says lies in `log`."""

    def __init__(self, image: Path, folder: Path) -> None:
        self.folder, self.card, self.log = folder, folder / "card.img", folder / "serial.log"
        subprocess.run(["cp", "--sparse=always", image, self.card], check=True, timeout=300)
        # The emulated card takes powers of two only.
        subprocess.run(["qemu-img", "resize", "-q", "-f", "raw", self.card, "4G"], check=True, timeout=60)
        self.port = free_port()
        self.console = f"http://127.0.0.1:{self.port}"
        self._process: subprocess.Popen[bytes] | None = None

    def say(self, slot: str, words: str) -> None:
        """Add words to the command line of a slot, in the file that the card has for it."""
        partition, name = {"a": 2, "b": 3}[slot], f"cmdline-{slot}.txt"
        line = firmware.read(self.card, partition, name).decode().rstrip("\n")
        firmware.write(self.card, partition, name, f"{line} {words}\n".encode())

    def start(self) -> None:
        """Plug in the power."""
        program, tree = self._firmware()
        self.log.unlink(missing_ok=True)
        with (self.folder / "qemu.log").open("ab") as log:
            self._process = subprocess.Popen(
                [
                    EMULATOR, "-M", "raspi3b", "-kernel", program, "-dtb", tree,
                    "-drive", f"if=sd,format=raw,file={self.card},cache=writeback",
                    "-netdev", f"user,id=home,restrict=on,hostfwd=tcp:127.0.0.1:{self.port}-:80",
                    "-serial", "null", "-serial", "chardev:port",
                    "-chardev", f"socket,id=port,path={self.folder}/serial.sock,server=on,wait=off,logfile={self.log}",
                    "-qmp", f"unix:{self.folder}/qmp.sock,server=on,wait=off",
                    "-display", "none", "-monitor", "none",
                ],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=log,
            )  # fmt: skip

    def plug_in_network(self) -> None:
        """A network card at USB. What U-Boot has looked at, QEMU does not show as new to Linux again; so it comes when
        Linux runs. It gets its address by hand: on this way QEMU's answers to DHCP do not arrive."""
        with contextlib.closing(socket.socket(socket.AF_UNIX)) as line:
            line.settimeout(20)
            line.connect(str(self.folder / "qmp.sock"))
            tell(line, "qmp_capabilities")
            tell(line, "device_add", {"driver": "usb-net", "netdev": "home"})
        give_up = time.monotonic() + 300
        while self.shell("nmcli -t -f STATE general") not in ("connected (local only)", "connected"):
            assert time.monotonic() < give_up, self.shell("nmcli; ip address")
            time.sleep(2)
        card = self.shell("nmcli -t -f DEVICE,TYPE device | sed -n 's/:ethernet$//p'")
        self.shell(f"nmcli device modify {card} ipv4.method manual ipv4.addresses 10.0.2.15/24")

    def kill(self) -> None:
        """Pull the plug."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(timeout=60)
            self._process = None

    def said(self, text: str, *, seconds: float) -> str:
        """Wait until the serial port said it; all that it said so far."""
        give_up = time.monotonic() + seconds
        while time.monotonic() < give_up:
            assert self._process is not None
            assert self._process.poll() is None, f"the machine went off; see {self.folder}/qemu.log"
            so_far = self.log.read_text(errors="replace") if self.log.exists() else ""
            if text in so_far:
                return so_far
            time.sleep(0.5)
        raise AssertionError(f"{text!r} was not said; see {self.log}")

    def answer(self, path: str, *, seconds: float) -> bytes:
        """Ask the wizard until it answers."""
        give_up = time.monotonic() + seconds
        while True:
            try:
                with urllib.request.urlopen(self.console + path, timeout=30) as page:
                    return page.read()
            except OSError as error:
                if time.monotonic() > give_up:
                    raise AssertionError(f"{path} does not answer: {error}; see {self.log}") from error
            time.sleep(1)

    def shell(self, command: str, *, seconds: float = 120) -> str:
        """What a command prints, run as root inside. It is there where SHELL_WORDS are."""
        # As the terminal shows what it is told until the shell is there, the sign of the end is not written as it is.
        # What speaks into a pipe uses no colours.
        end = f"end-{time.monotonic_ns()}"
        with contextlib.closing(socket.socket(socket.AF_UNIX)) as line:
            line.settimeout(seconds)
            line.connect(str(self.folder / "serial.sock"))
            line.sendall(f"( {command}\n) 2>&1 </dev/null | cat; echo {end[:3]}''{end[3:]}\n".encode())
            answer = b""
            while end.encode() not in answer:
                answer += line.recv(65536)
        return answer.decode(errors="replace").partition(end)[0].strip()

    def wait_for_shell(self, seconds: float) -> None:
        give_up = time.monotonic() + seconds
        while True:
            try:
                if self.shell("echo ready", seconds=10) == "ready":
                    return
            except TimeoutError:
                assert time.monotonic() < give_up, f"no shell; see {self.log}"

    def tries(self, copy: int = 0) -> dict[str, str]:
        """U-Boot's variables as they lie on the card. Raises AssertionError where the checksum is wrong."""
        with self.card.open("rb") as card:
            card.seek(firmware.offset(self.card, STATE) + COPIES[copy])
            blob = card.read(COPY_BYTES)
        assert int.from_bytes(blob[:4], "little") == zlib.crc32(blob[4:])
        return dict(each.split("=", 1) for each in blob[4:].partition(b"\0\0")[0].decode().split("\0"))

    def keep(self, copy: int, **values: str) -> None:
        """Write a copy of the variables; none is a damaged copy."""
        text = "".join(f"{name}={value}\0" for name, value in values.items()).encode().ljust(COPY_BYTES - 4, b"\0")
        checksum = zlib.crc32(text) if values else 0
        with self.card.open("r+b") as card:
            card.seek(firmware.offset(self.card, STATE) + COPIES[copy])
            card.write(checksum.to_bytes(4, "little") + text)

    def _firmware(self) -> tuple[Path, Path]:
        """The program that is started, and the device tree with the overlays in it."""
        config = firmware.sections(firmware.read(self.card, 1, "config.txt").decode(), set())
        (name,) = [line.partition("=")[2] for line in config if line.startswith("kernel=")]
        program = self.folder / "program"
        program.write_bytes(firmware.read(self.card, 1, name))
        return program, firmware.device_tree(self.card, 1, config, DEVICE_TREE, self.folder)


@contextlib.contextmanager
def raspberry_pi(image: Path, folder: Path) -> Iterator[RaspberryPi]:
    made = RaspberryPi(image, folder)
    try:
        yield made
    finally:
        made.kill()
