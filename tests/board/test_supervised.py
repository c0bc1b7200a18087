# SPDX-License-Identifier: AGPL-3.0-or-later
"""The supervisor on a real board: a key event claims the box, and the kernel's LED says so."""

import os
import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from evdev import ecodes

from appliance.board.buttons import Buttons
from appliance.board.detect import folder
from appliance.board.light import PATTERNS, Light
from appliance.board.linux import LinuxBoard
from appliance.board.profile import load
from appliance.board.rhythm import kernel_pattern, ramps, single
from appliance.secret import Secret
from appliance.system.runner import VirtualRunner
from tests.supervisor.conftest import Bench


class PipedDevice:
    """An input device whose events come through a pipe, so that it can be waited for as for a real one."""

    def __init__(self) -> None:
        self.fd, self._pen = os.pipe()
        os.set_blocking(self.fd, False)

    def move(self, value: int, at: float) -> None:
        os.write(self._pen, f"{value} {at}\n".encode())

    def read(self) -> Iterator[SimpleNamespace]:
        for line in os.read(self.fd, 4096).decode().splitlines():
            value, at = line.split()
            seconds, micros = divmod(round(float(at) * 1e6), 1_000_000)
            yield SimpleNamespace(type=ecodes.EV_KEY, code=ecodes.KEY_PROG1, value=int(value), sec=seconds, usec=micros)

    def close(self) -> None:
        os.close(self.fd)
        os.close(self._pen)


@pytest.fixture
def act(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    def write(path: Path, text: str) -> None:
        path.write_text(text)

    made = tmp_path / "sys/class/leds/ACT"
    made.mkdir(parents=True)
    for file, text in (
        ("brightness", "0"),
        ("max_brightness", "1"),
        ("trigger", "none [mmc0] pattern"),
        ("pattern", ""),
    ):
        (made / file).write_text(text)
    monkeypatch.setattr("appliance.board.leds._write", write)
    monkeypatch.setattr("appliance.board.buttons._take_monotonic_time", lambda fd: True)
    return made


@pytest.fixture
def device() -> Iterator[PipedDevice]:
    made = PipedDevice()
    yield made
    made.close()


@pytest.fixture
def bench(tmp_path: Path, act: Path, device: PipedDevice) -> Iterator[Bench]:
    event = tmp_path / "sys/class/input/event0/device"
    event.mkdir(parents=True)
    (event / "name").write_text("hearth-button\n")
    profile = load(folder() / "raspberry-pi-4.toml")
    bench = Bench(tmp_path)
    bench.board = LinuxBoard(  # type: ignore[assignment]
        profile, VirtualRunner(), tmp_path, lambda roles, root: Buttons(roles, root, lambda path: device)
    )
    bench.start()
    for work in (bench.supervisor._listener.run, bench.supervisor._light.run):
        threading.Thread(target=work, daemon=True).start()
    yield bench
    bench.stop()


def shines(act: Path, light: Light) -> bool:
    """Wait until the LED shows it; the light is set by a thread."""
    pattern = PATTERNS[light]
    wanted = kernel_pattern(ramps(pattern, single(pattern)), 1)
    for _ in range(500):
        steady = len(pattern.steps) == 1
        if (act / "brightness").read_text() == "1" if steady else (act / "pattern").read_text() == wanted:
            return True
        threading.Event().wait(0.02)
    return False


def test_a_press_of_the_wired_button_claims_the_box(bench: Bench, act: Path, device: PipedDevice) -> None:
    bench.look()
    assert shines(act, Light.UNCLAIMED)
    bench.client.claim_wait(Secret("browser of anna"))
    device.move(1, bench.clock.monotonic())
    bench.clock.advance(0.2)
    device.move(0, bench.clock.monotonic())
    status = bench.wait_for(lambda status: status.box.claimed)
    assert status.light is not Light.UNCLAIMED
    assert shines(act, status.light)


def test_the_light_follows_the_button_while_it_is_held(bench: Bench, act: Path, device: PipedDevice) -> None:
    bench.look()
    device.move(1, bench.clock.monotonic())
    bench.wait_for(lambda status: True)
    for seconds, light in ((6, Light.HOLD_SHUTDOWN), (10, Light.HOLD_RESET)):
        bench.clock.advance(seconds)
        for _ in range(200):
            if bench.status().light is light:
                break
            threading.Event().wait(0.02)
        assert shines(act, light)
