# SPDX-License-Identifier: AGPL-3.0-or-later
"""A box in QEMU: its card, its network, its key, its power."""

import base64
import contextlib
import json
import os
import socket
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from tests.end_to_end.waiting import eventually
from tests.image import firmware

EMULATOR = "qemu-system-aarch64"
# The network at home, without a way out: restrict=on also tells the box of no gateway, and the host is a neighbour.
_NETWORK = (
    "user,id=home,restrict=on,hostfwd=tcp:127.0.0.1:{console}-:80,hostfwd=tcp:127.0.0.1:{public}-:8080,"
    "hostfwd=tcp:127.0.0.1:{ssh}-:22{more}"
)


# A root shell on a serial port, for tests: it comes by the kernel's command line and is in no image.
_SHELL = """[Unit]
DefaultDependencies=no
StartLimitIntervalSec=0
[Service]
{prepare}ExecStart=/bin/sh
StandardInput=file:{port}
StandardOutput=file:{port}
StandardError=null
Restart=always
RestartSec=1
"""


VIRTIO_PORT = "/dev/virtio-ports/hearth.shell"


def shell_words(port: str, prepare: str = "", *, after: str = "") -> str:
    """For the kernel's command line: the shell on `port`, at once or after a unit."""
    text = _SHELL.format(port=port, prepare=prepare)
    if after:
        text = text.replace("[Service]", f"After={after}\n[Service]")
    unit = base64.b64encode(text.encode()).decode()
    return (
        f"systemd.set_credential_binary=systemd.extra-unit.test-shell.service:{unit} systemd.wants=test-shell.service"
    )


SHELL_WORDS = shell_words(VIRTIO_PORT)
# What was said until now, which journald keeps for up to five minutes, and what was changed.
WRITE_OUT = "journalctl --sync && sync"


def free_port() -> int:
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as found:
        port: int = found.getsockname()[1]
    return port


class Box:
    """One card in one machine. `console` and `public` are URLs on the host; `shell` runs commands as root inside."""

    def __init__(self, image: Path, folder: Path, *, size: str = "4G", memory: int = 512) -> None:
        self.folder = folder
        self.card = folder / "card.img"
        self.memory = memory
        subprocess.run(["cp", "--sparse=always", image, self.card], check=True, timeout=300)
        subprocess.run(["qemu-img", "resize", "-q", "-f", "raw", self.card, size], check=True, timeout=60)
        self.ports = {name: free_port() for name in ("console", "public", "ssh")}
        self.console = f"http://127.0.0.1:{self.ports['console']}"
        self.public = f"http://127.0.0.1:{self.ports['public']}"
        # As the people of tests/end_to_end know boxes.
        self.instance = self.public
        self.tryboot = False
        self.began = 0.0
        self._process: subprocess.Popen[bytes] | None = None
        self._line: socket.socket | None = None

    def start(self, *, more_words: str = "", network: bool = True, clock: str = "", stick: Path | None = None) -> None:
        """Plug in the power, and the `network` cable too. `more_words` are added to the kernel's command line; what
        is written to the USB `stick` is forgotten."""
        started = self.bootloader()
        self.tryboot = False
        tree = self.folder / "board.dtb"
        machine = ["-M", f"virt,dumpdtb={tree}", "-cpu", "cortex-a72", "-smp", "2", "-m", str(self.memory)]
        subprocess.run(
            [EMULATOR, *machine, "-display", "none", "-nodefaults"], check=True, capture_output=True, timeout=60
        )
        firmware.describe(tree, started)
        for name in ("qmp.sock", "shell.sock"):
            (self.folder / name).unlink(missing_ok=True)
        words = f"{started.command_line} console=ttyAMA0 {more_words}".strip()
        cable = ["-netdev", _NETWORK.format(**self.ports, more=""), "-device", "virtio-net-pci,netdev=home,romfile="]
        usb = [
            "-drive", f"if=none,id=stick,format=raw,file={stick},snapshot=on",
            "-device", "qemu-xhci", "-device", "usb-storage,drive=stick",
        ]  # fmt: skip
        self.began = time.monotonic()
        with (self.folder / "qemu.log").open("ab") as log:
            self._process = subprocess.Popen(
                [
                    EMULATOR, "-M", "virt", *machine[2:], "-dtb", tree,
                    "-kernel", started.kernel, "-initrd", started.initramfs, "-append", words,
                    "-drive", f"if=none,id=card,format=raw,file={self.card},cache=writeback,discard=unmap",
                    "-device", "virtio-blk-pci,drive=card", *cable, *(usb if stick else []),
                    "-device", "virtio-keyboard-pci", "-device", "virtio-rng-pci",
                    "-device", "i6300esb", "-action", "watchdog=reset",
                    "-qmp", f"unix:{self.folder}/qmp.sock,server=on,wait=off",
                    "-device", "virtio-serial-pci", "-device", "virtserialport,chardev=shell,name=hearth.shell",
                    "-chardev", f"socket,id=shell,path={self.folder}/shell.sock,server=on,wait=off",
                    "-display", "none", "-serial", f"file:{self.folder}/serial.log", "-no-reboot", "-nodefaults",
                    *(["-rtc", f"base={clock}"] if clock else []),
                ],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=log,
            )  # fmt: skip
        if not network:
            self.plug(False)

    def plug(self, there: bool) -> None:
        """Put the network cable in, or pull it out."""
        self.monitor("set_link", {"name": "home", "up": there})

    def wake(self, *, network: bool = True, clock: str = "") -> tuple[float, float]:
        """Start, with a shell: the seconds until the console answered, and the instance."""
        self.start(more_words=SHELL_WORDS, network=network, clock=clock)
        console = self.answer(self.console + "/login", seconds=600)[0]
        return console, self.answer(self.public + "/health", seconds=600)[0]

    def bootloader(self) -> firmware.Started:
        """What the board does before Linux."""
        return firmware.start(self.card, self.folder / "firmware", tryboot=self.tryboot)

    def kill(self) -> None:
        """Pull the plug."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(timeout=60)
            self._process = None
        self._hang_up()

    def wait_until_off(self, seconds: float = 120) -> list[str]:
        """What QEMU tells on the way, as "EVENT reason". Raises TimeoutError if it neither restarts nor shuts down."""
        assert self._process is not None
        give_up = time.monotonic() + seconds
        told = []
        with contextlib.suppress(ConnectionError), contextlib.closing(self._monitor()) as line:
            line.settimeout(seconds)
            for each in line.makefile("r"):
                message = json.loads(each)
                if "event" in message:
                    told.append(f"{message['event']} {message.get('data', {}).get('reason', '')}".strip())
                line.settimeout(max(0.1, give_up - time.monotonic()))
        self._process.wait(timeout=20)
        self._process = None
        self._hang_up()
        return told

    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def answer(self, url: str, *, seconds: float = 240, patience: float = 20) -> tuple[float, bytes]:
        """Ask until it answers with success: seconds since the power came, and the answer. Who asks before the box has
        an address is not heard, and with much patience notices late."""
        give_up = time.monotonic() + seconds
        problem = ""
        while time.monotonic() < give_up:
            assert self.running(), f"the machine went off; see {self.folder}/serial.log"
            try:
                with urllib.request.urlopen(url, timeout=patience) as page:
                    return time.monotonic() - self.began, page.read()
            except urllib.error.HTTPError as error:
                error.close()
                problem = str(error)
            except OSError as error:
                problem = str(error)
            time.sleep(0.25)
        raise AssertionError(f"{url} does not answer: {problem}; see {self.folder}/serial.log")

    def press(self, key: str = "computer", seconds: float = 0.3) -> None:
        """The button of the box, a key of its keyboard, held for so long."""
        for down in (True, False):
            event = {"type": "key", "data": {"down": down, "key": {"type": "qcode", "data": key}}}
            self.monitor("input-send-event", {"events": [event]})
            time.sleep(seconds if down else 0)

    def monitor(self, command: str, arguments: dict[str, object] | None = None) -> object:
        """QEMU's monitor (QMP)."""
        with contextlib.closing(self._monitor()) as line:
            return tell(line, command, arguments)

    def _monitor(self) -> socket.socket:
        line = socket.socket(socket.AF_UNIX)
        line.settimeout(20)
        path = self.folder / "qmp.sock"
        eventually("QEMU listens", path.exists)
        line.connect(str(path))
        tell(line, "qmp_capabilities")
        return line

    def written(self) -> int:
        """Bytes that went to the card since the power came."""
        return sum(each["stats"]["wr_bytes"] for each in self.monitor("query-blockstats"))  # type: ignore[attr-defined]

    def work_seconds(self) -> float:
        """What the machine has computed since the power came: less changed than time by what else the host does."""
        assert self._process is not None
        fields = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def shell(self, command: str, *, seconds: float = 120) -> str:
        """What a command prints, run as root inside. It is there where SHELL_WORDS are. Raises TimeoutError."""
        mark = f"--{time.monotonic_ns()}--"
        begin, end = f"begin{mark}", f"end{mark}"
        give_up = time.monotonic() + seconds
        try:
            if self._line is None:
                self._line = self._greeted(give_up)
            self._line.settimeout(max(1.0, give_up - time.monotonic()))
            self._line.sendall(f"echo {begin}; ( {command}\n) 2>&1 </dev/null; echo {end}\n".encode())
            answer = b""
            while end.encode() not in answer:
                if not (part := self._line.recv(65536)):
                    break
                answer += part
        except TimeoutError:
            self._hang_up()
            raise
        return answer.decode(errors="replace").partition(begin)[2].partition(end)[0].strip()

    def _greeted(self, give_up: float) -> socket.socket:
        """Kept open: a shell that nobody listens to ends, and takes with it what comes just then. So it is asked until
        it answers."""
        path = self.folder / "shell.sock"
        eventually("the emulator listens", path.exists)
        line = socket.socket(socket.AF_UNIX)
        line.connect(str(path))
        line.settimeout(5)
        while True:
            line.sendall(b"echo --here--\n")
            heard = b""
            try:
                while b"--here--" not in heard:
                    part = line.recv(65536)
                    assert part, "the machine went off"
                    heard += part
                return line
            except TimeoutError:
                if time.monotonic() > give_up:
                    line.close()
                    raise

    def say(self, command: str) -> None:
        """Type a command whose end nobody will hear of."""
        assert self.shell("echo ready") == "ready"
        assert self._line is not None
        self._line.sendall(f"{command}\n".encode())

    def put(self, content: bytes, path: str) -> None:
        """Write a small file inside."""
        self.shell(f": >{path}")
        for start in range(0, len(content), 2048):
            part = base64.b64encode(content[start : start + 2048]).decode()
            self.shell(f"echo {part} | base64 -d >>{path}")

    def settle(self) -> None:
        """Wait until all that starts has started."""
        said = self.shell("systemctl is-system-running --wait", seconds=400)
        assert said == "running", f"{said}: {self.shell('systemctl --failed --no-legend; systemctl list-jobs')}"

    def status(self) -> dict[str, Any]:
        """What console and light show."""
        found: dict[str, Any] = json.loads(self.shell("hearth status --json"))
        return found

    def says(self, *issues: str, light: str) -> bool:
        status = self.status()
        return {*issues} <= {each["key"] for each in status["issues"]} and status["light"] == light

    def _hang_up(self) -> None:
        if self._line is not None:
            self._line.close()
            self._line = None

    def card_text(self) -> str:
        """hearth.txt, as whoever pulls the card reads it."""
        return firmware.read(self.card, 1, "hearth.txt").decode(errors="replace").rstrip("\n")


def tell(line: socket.socket, command: str, arguments: dict[str, object] | None = None) -> object:
    talk = line.makefile("rw")
    talk.write(json.dumps({"execute": command, "arguments": arguments or {}}) + "\n")
    talk.flush()
    while "event" in (answer := json.loads(talk.readline())) or "QMP" in answer:
        pass
    assert "return" in answer, answer
    return answer["return"]
