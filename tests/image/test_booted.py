# SPDX-License-Identifier: AGPL-3.0-or-later
"""One card from its first start: set up in a browser, claimed by its code, posted to, restarted, its plug pulled."""

import json
import re
import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, sync_playwright

from tests.end_to_end import people, wizard
from tests.image import machine

ANSWERS = wizard.Answers("clara", "plain wooden ladder 7", "The Shed")
EXPECTED = {("tcp", 80), ("tcp", 8080), ("udp", 5353)}
LOOPBACK = re.compile(r"^(127\.|\[::1\]|::1)")

pytestmark = pytest.mark.timeout(1500)


@pytest.fixture(scope="module")
def started(box: machine.Box) -> machine.Box:
    box.start(more_words=machine.SHELL_WORDS)
    measured("first start to console", box.answer(box.console + "/claim", seconds=600)[0], "s")
    measured("first start to server", box.answer(box.public + "/health", seconds=600)[0], "s")
    return box


@pytest.fixture(scope="module")
def browser() -> Iterator[BrowserContext]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        context = chromium.new_context()
        context.set_default_timeout(120_000)
        yield context
        chromium.close()


def measured(what: str, value: float, unit: str) -> None:
    print(f"measured: {what}: {value:.1f} {unit}")


def test_everything_runs(started: machine.Box) -> None:
    # What is started but not done yet is waited for.
    started.shell("systemctl is-system-running --wait", seconds=300)
    assert started.shell("systemctl --failed --no-legend --plain") == ""


def test_only_the_expected_ports_listen(started: machine.Box) -> None:
    found = set()
    for line in started.shell("ss -Hlntu").splitlines():
        kind, _, _, _, local, *_ = line.split()
        address, _, port = local.rpartition(":")
        if not LOOPBACK.match(address):
            found.add((kind, int(port)))
    high = {(kind, port) for kind, port in found if kind == "udp" and port >= 32768}  # avahi asks from one of these
    assert found - high == EXPECTED


def test_the_system_is_read_only_and_the_data_has_grown(started: machine.Box) -> None:
    assert started.shell("touch /usr/x /etc/x 2>&1; ls /usr/x /etc/x 2>/dev/null").count("Read-only file system") == 2
    found = json.loads(started.shell("findmnt --json --bytes -o SOURCE,FSTYPE,SIZE,OPTIONS /var"))["filesystems"][0]
    assert found["fstype"] == "ext4"
    assert int(found["size"]) > 1.2 * 1024**3
    assert started.shell("findmnt -no FSTYPE /") == "erofs"


def test_it_keeps_its_memory_small(started: machine.Box) -> None:
    used = int(started.shell("free --mega | awk '/^Mem/ { print $3 }'"))
    measured("memory in use", used, "MB")
    assert used <= 280


def test_who_holds_the_card_sets_it_up_and_posts(started: machine.Box, browser: BrowserContext) -> None:
    code = re.search(r"Code: ([A-Z0-9]{4}-[A-Z0-9]{4})", started.card_text())
    assert code, started.card_text()
    set_up(started, browser, code[1])
    post(started, browser, "from the card")


def test_it_is_all_there_after_a_restart(started: machine.Box, browser: BrowserContext) -> None:
    identity = started.shell("cat /etc/machine-id")
    started.shell("systemctl reboot --no-block")
    started.wait_until_off(180)
    started.start(more_words=machine.SHELL_WORDS)
    measured("second start to console", started.answer(started.console + "/login", seconds=600)[0], "s")
    started.answer(started.public + "/health", seconds=600)
    assert "from the card" in posts(started)
    assert started.shell("cat /etc/machine-id") == identity


@pytest.mark.parametrize("turn", range(3))
def test_nothing_is_lost_when_the_plug_is_pulled(started: machine.Box, browser: BrowserContext, turn: int) -> None:
    post(started, browser, f"before cut {turn}")
    time.sleep(turn * 0.7)
    started.kill()
    started.start(more_words=machine.SHELL_WORDS)
    started.answer(started.public + "/health", seconds=600)
    assert f"before cut {turn}" in posts(started)
    assert started.shell("findmnt -no FSTYPE /var") == "ext4"


def set_up(box: machine.Box, browser: BrowserContext, code: str) -> None:
    page = browser.new_page()
    page.goto(box.console + "/claim")
    page.get_by_text("I have a code").click()
    page.get_by_label("Claim code").fill(code)
    page.get_by_label("Claim code").press("Enter")
    page.wait_for_url("**/setup/owner")
    wizard.answer_owner(page, ANSWERS)
    wizard.answer_instance(page, ANSWERS)
    wizard.answer_address(page, ANSWERS)
    page.get_by_role("button", name="Finish").click()
    page.wait_for_url("**/setup/done")
    page.close()


def post(box: machine.Box, browser: BrowserContext, text: str) -> None:
    app = people.log_in_out_of_band(browser, box, ANSWERS.username, ANSWERS.password)  # type: ignore[arg-type]
    assert app.status_post(text)["id"]


def posts(box: machine.Box) -> str:
    return box.answer(f"{box.public}/@{ANSWERS.username}")[1].decode()
