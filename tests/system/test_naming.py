# SPDX-License-Identifier: AGPL-3.0-or-later
"""Telling providers of names the box's addresses: Debian's ddclient, and a provider that answers as we like."""

import base64
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from appliance.errors import BadInput, HearthError, Unavailable
from appliance.internet.model import Account
from appliance.internet.providers import PROVIDERS, RFC2136, Asks, find
from appliance.secret import Secret
from appliance.system.files import SystemFiles
from appliance.system.naming import Addresses, SystemDynamicName, VirtualDynamicName, check, config, understood, update
from appliance.system.runner import SystemRunner, VirtualRunner
from tests import debian

NAME = "our-house.example.net"
ADDRESSES = Addresses("203.0.113.7", None)
# All that a password may hold and a configuration may stumble over.
SECRET = Secret("""it's #1, "so\\ to say", a=b\\""")

needs_ddclient = pytest.mark.skipif(not debian.available(), reason="ddclient comes from Debian")


class Provider(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        server = self.server
        assert isinstance(server, Told)
        server.told.append((self.path, self.headers.get("Authorization", "")))
        said = server.says.encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    def log_message(self, *_: object) -> None:
        pass


class Told(ThreadingHTTPServer):
    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Provider)
        self.told: list[tuple[str, str]] = []
        self.says = "good 203.0.113.7\n"

    @property
    def account(self) -> Account:
        return Account("other", "anna", server=f"127.0.0.1:{self.server_port}")


@pytest.fixture
def provider() -> Iterator[Told]:
    with Told() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def door(tmp_path: Path) -> Iterator[SystemDynamicName]:
    program = str(debian.program("ddclient", "usr/bin/ddclient"))
    folder = tmp_path / "name"
    yield SystemDynamicName(SystemRunner(), SystemFiles(), folder, walled=False, program=program, tls=False)
    assert list(folder.iterdir()) == []


@needs_ddclient
def test_a_provider_is_told_whatever_the_password_looks_like(door: SystemDynamicName, provider: Told) -> None:
    door.tell(NAME, provider.account, SECRET, ADDRESSES)
    ((path, authorization),) = provider.told
    assert f"hostname={NAME}&myip=203.0.113.7" in path
    assert base64.b64decode(authorization.removeprefix("Basic ")).decode() == f"anna:{SECRET.reveal()}"
    # It is told again when we say so; ddclient remembers nothing by itself.
    provider.says = "nochg 203.0.113.7\n"
    door.tell(NAME, provider.account, SECRET, ADDRESSES)
    assert len(provider.told) == 2


@needs_ddclient
@pytest.mark.parametrize(
    ("says", "key"),
    [
        ("badauth\n", "name-refused-for-good"),
        ("nohost\n", "name-refused-for-good"),
        ("abuse\n", "name-refused-for-good"),
        ("dnserr\n", "name-refused"),
        ("911\n", "name-refused"),
        ("", "name-unanswered"),
        ("<html>" * 50_000, "name-refused"),
        ("\x1b]0;pwned\x07\n" * 100, "name-refused"),
        ("it's a wrong password: good\n", "name-refused"),
    ],
)
def test_what_it_answers_is_understood(door: SystemDynamicName, provider: Told, says: str, key: str) -> None:
    provider.says = says
    with pytest.raises(HearthError) as caught:
        door.tell(NAME, provider.account, SECRET, ADDRESSES)
    assert caught.value.key == key
    assert caught.value.sentence.isprintable()
    assert len(caught.value.sentence) < 400


@needs_ddclient
def test_one_that_does_not_answer_is_tried_again_soon(door: SystemDynamicName, provider: Told) -> None:
    account = provider.account
    provider.shutdown()
    provider.server_close()
    with pytest.raises(Unavailable):
        door.tell(NAME, account, SECRET, ADDRESSES)


@needs_ddclient
def test_ddclient_knows_every_provider_of_ours() -> None:
    program = str(debian.program("ddclient", "usr/bin/ddclient"))
    known = SystemRunner().run([program, "-list-protocols"], timeout=30).output.decode().split()
    assert {each.protocol for each in PROVIDERS if each.protocol} <= set(known)


def test_no_secret_is_in_the_command_line_or_in_an_error(tmp_path: Path) -> None:
    runner = VirtualRunner()
    with pytest.raises(HearthError) as caught:
        SystemDynamicName(runner, SystemFiles(), tmp_path / "name").tell(
            NAME, Account("duckdns"), Secret("sesame-4711"), ADDRESSES
        )
    assert list((tmp_path / "name").iterdir()) == []
    assert "sesame-4711" not in " ".join(runner.asked) + str(caught.value)
    assert "DynamicUser=yes" in runner.asked[0]
    assert "sesame" not in understood("FAILED: updating x: the token sesame is wrong", Secret("sesame"))


@pytest.mark.parametrize("text", ["8.8.8.8%\npostscript=/bin/sh", "8.8.8.8\nx=y", "2600::1%eth0", ""])
@pytest.mark.parametrize("kind", ["a", "aaaa"])
def test_what_is_no_plain_address_gets_into_no_configuration(tmp_path: Path, kind: str, text: str) -> None:
    runner = VirtualRunner()
    door = SystemDynamicName(runner, SystemFiles(), tmp_path / "name")
    with pytest.raises(BadInput):
        door.tell(NAME, Account("duckdns"), SECRET, replace(ADDRESSES, **{kind: text}))
    assert runner.asked == []


def test_each_provider_gets_what_it_asks_for() -> None:
    def lines(key: str, **given: str) -> list[str]:
        provider = find(key)
        assert provider is not None
        text = config(
            "a.duckdns.org", Account(key, **given), provider, Secret("s"), Addresses("203.0.113.7", "2600::1")
        )
        return text.splitlines()

    duck = lines("duckdns")
    assert duck[-1] == "a"
    assert "ipv6=2600::1" not in duck
    assert "ssl=yes" in duck
    cloud = lines("cloudflare", zone="example.net")
    assert {"login='token'", "zone=example.net", "ipv6=2600::1"} <= set(cloud)
    assert "server=update.dedyn.io" in lines("desec", login="me")


def test_providers_are_told_apart_and_have_what_they_need() -> None:
    assert len({each.key for each in PROVIDERS}) == len({each.label for each in PROVIDERS}) == len(PROVIDERS)
    for each in PROVIDERS:
        assert each.server or each.protocol != "dyndns2" or Asks.SERVER in each.asks
    assert find("nobody") is None


@pytest.mark.parametrize(
    "account",
    [
        Account("nobody"),
        Account("desec"),
        Account("desec", "me\npassword=x"),
        Account("desec", "me'"),
        Account("cloudflare", zone="a b"),
        Account("other", "me", server="127.0.0.1/\n"),
    ],
)
def test_what_would_become_another_configuration_is_refused(account: Account) -> None:
    with pytest.raises(BadInput):
        check(account, Secret("s"))


@pytest.mark.parametrize("secret", ["", "a\nb", "a\x00b", "x" * 501])
def test_what_can_not_be_a_secret_is_refused(secret: str) -> None:
    with pytest.raises(BadInput):
        check(Account("duckdns"), Secret(secret))


def test_a_name_outside_of_the_zone_is_not_updated() -> None:
    account = Account(RFC2136, "key", "example.org", "127.0.0.1")
    with pytest.raises(BadInput):
        update(SystemRunner(), NAME, account, Secret("c2VjcmV0"), ADDRESSES)
    with pytest.raises(BadInput):
        update(
            SystemRunner(), NAME, Account(RFC2136, "key", "example.net", "127.0.0.1"), Secret("no base64!"), ADDRESSES
        )


def test_the_virtual_one_obeys_the_same_rules(tmp_path: Path) -> None:
    door = VirtualDynamicName()
    with pytest.raises(BadInput):
        door.tell(NAME, Account("desec"), Secret("s"), ADDRESSES)
    door.tell(NAME, Account("duckdns"), Secret("s"), ADDRESSES)
    assert door.told == [(NAME, Account("duckdns"), ADDRESSES)]
