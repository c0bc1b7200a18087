# SPDX-License-Identifier: AGPL-3.0-or-later
"""Every form of the Net door is held to the same rules: sync, async and virtual."""

import asyncio
import datetime
import gzip
import ipaddress
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from appliance.system.async_net import AiohttpNet
from appliance.system.exchange import Limits, Request, Response
from appliance.system.guard import Guard, NetError, is_global
from appliance.system.net import SystemNet, Trouble, VirtualNet

Fetch = Callable[[Request], Response]


class Site(BaseHTTPRequestHandler):
    """Misbehaves by path."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        server = self.server
        assert isinstance(server, Server)
        server.hosts.append(self.headers["Host"])
        match self.path.split("?")[0]:
            case "/big":
                self._answer(b"x" * 5000)
            case "/bomb":
                self._answer(gzip.compress(b"\0" * 500_000), {"Content-Encoding": "gzip"})
            case "/packed":
                self._answer(gzip.compress(b"small"), {"Content-Encoding": "gzip"})
            case "/brotli":
                self._answer(b"?", {"Content-Encoding": "br"})
            case "/loop":
                self._answer(b"", {"Location": "/loop"}, 302)
            case "/moved":
                self._answer(b"", {"Location": "/headers"}, 301)
            case "/inside":
                self._answer(b"", {"Location": server.inside}, 302)
            case "/headers":
                self._answer("\n".join(f"{name}: {value}" for name, value in self.headers.items()).encode())
            case "/drip":
                self._drip()
            case "/silent":
                server.stop.wait(20)
            case _:
                self._answer(self.path.encode())

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path == "/moved":
            self._answer(b"", {"Location": "/"}, 302)
        else:
            self._answer(body)

    def _answer(self, body: bytes, headers: dict[str, str] | None = None, status: int = 200) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _drip(self) -> None:
        """A byte now and then, so that no single read ever times out."""
        assert isinstance(self.server, Server)
        self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        while not self.server.stop.wait(0.05):
            try:
                self.wfile.write(b"x")
            except OSError:
                return

    def log_message(self, *_: object) -> None:
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Site)
        self.hosts: list[str] = []
        self.inside = "http://10.0.0.1/"
        self.stop = threading.Event()

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def handle_error(self, *_: object) -> None:
        """A client that hangs up is no news."""


@pytest.fixture
def site() -> Iterator[Server]:
    with Server() as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server
        server.stop.set()
        server.shutdown()


def sync_fetch(guard: Guard, tls: ssl.SSLContext | None = None) -> Fetch:
    return SystemNet(guard, tls=tls).fetch


def async_fetch(guard: Guard, tls: ssl.SSLContext | None = None) -> Fetch:
    def fetch(request: Request) -> Response:
        async def run() -> Response:
            net = AiohttpNet(guard, tls=tls)
            try:
                return await net.fetch(request)
            finally:
                await net.close()

        return asyncio.run(run())

    return fetch


@pytest.fixture(params=[sync_fetch, async_fetch], ids=["sync", "async"])
def form(request: pytest.FixtureRequest) -> Callable[..., Fetch]:
    made: Callable[..., Fetch] = request.param
    return made


@pytest.fixture
def fetch(form: Callable[..., Fetch]) -> Fetch:
    return form(Guard(development=True))


def test_asks_and_answers(fetch: Fetch, site: Server) -> None:
    answer = fetch(Request(f"http://127.0.0.1:{site.port}/a%2Fb?c=d%20e#f"))
    assert (answer.status, answer.body) == (200, b"/a%2Fb?c=d%20e")
    assert site.hosts == [f"127.0.0.1:{site.port}"]


def test_posts_a_body(fetch: Fetch, site: Server) -> None:
    assert fetch(Request(f"http://127.0.0.1:{site.port}/", method="POST", body=b"hello")).body == b"hello"


def test_follows_a_redirect_without_what_proves_who_we_are(fetch: Fetch, site: Server) -> None:
    headers = {"Signature": "keyId=x", "Authorization": "Bearer x", "Accept": "application/activity+json"}
    seen = fetch(Request(f"http://127.0.0.1:{site.port}/moved", headers=headers)).body.decode().lower()
    assert "signature" not in seen
    assert "bearer" not in seen
    assert "application/activity+json" in seen


def test_hands_redirects_back_when_told_to(fetch: Fetch, site: Server) -> None:
    assert fetch(Request(f"http://127.0.0.1:{site.port}/moved", follow=False)).status == 301


def test_a_post_is_never_redirected(fetch: Fetch, site: Server) -> None:
    assert fetch(Request(f"http://127.0.0.1:{site.port}/moved", method="POST", body=b"x")).status == 302


def test_a_redirect_loop_ends(fetch: Fetch, site: Server) -> None:
    with pytest.raises(NetError, match="too often"):
        fetch(Request(f"http://127.0.0.1:{site.port}/loop"))
    assert len(site.hosts) == 4


@pytest.mark.parametrize(
    "inside",
    ["http://10.0.0.1/", "http://192.168.1.1/", "https://169.254.169.254/", "ftp://127.0.0.1/", "file:///etc/passwd"],
)
def test_a_redirect_into_the_home_is_refused(fetch: Fetch, site: Server, inside: str) -> None:
    site.inside = inside
    with pytest.raises(NetError) as caught:
        fetch(Request(f"http://127.0.0.1:{site.port}/inside"))
    assert caught.value.key == "net-refused"


def test_size_is_limited(fetch: Fetch, site: Server) -> None:
    with pytest.raises(NetError) as caught:
        fetch(Request(f"http://127.0.0.1:{site.port}/big", limits=Limits(size=1000)))
    assert caught.value.key == "net-too-large"


def test_a_gzip_bomb_is_not_unpacked(fetch: Fetch, site: Server) -> None:
    with pytest.raises(NetError) as caught:
        fetch(Request(f"http://127.0.0.1:{site.port}/bomb", limits=Limits(size=10_000)))
    assert caught.value.key == "net-too-large"


def test_a_gzip_that_was_not_asked_for_is_unpacked(fetch: Fetch, site: Server) -> None:
    assert fetch(Request(f"http://127.0.0.1:{site.port}/packed")).body == b"small"


def test_other_packings_are_refused(fetch: Fetch, site: Server) -> None:
    with pytest.raises(NetError, match="not known"):
        fetch(Request(f"http://127.0.0.1:{site.port}/brotli"))


@pytest.mark.parametrize("path", ["/drip", "/silent"])
def test_time_is_limited_in_all(fetch: Fetch, site: Server, path: str) -> None:
    with pytest.raises(NetError) as caught:
        fetch(Request(f"http://127.0.0.1:{site.port}{path}", limits=Limits(seconds=0.4)))
    assert caught.value.key == "net-timeout"


def test_nobody_listening_is_a_plain_error(fetch: Fetch) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        with pytest.raises(NetError) as caught:
            fetch(Request(f"http://127.0.0.1:{port}/"))
    assert caught.value.key == "net-failed"


def test_plain_http_is_refused_outside_development(form: Callable[..., Fetch], site: Server) -> None:
    with pytest.raises(NetError, match="https"):
        form(Guard())(Request(f"http://127.0.0.1:{site.port}/"))
    assert site.hosts == []


def test_a_name_that_points_into_the_home_is_refused(form: Callable[..., Fetch], site: Server) -> None:
    guard = Guard(development=True, resolve=lambda host, port: ["192.168.0.1"])
    with pytest.raises(NetError) as caught:
        form(guard)(Request(f"http://router.example:{site.port}/"))
    assert caught.value.key == "net-refused"


def test_one_bad_address_spoils_a_name() -> None:
    guard = Guard(resolve=lambda host, port: ["9.9.9.9", "10.0.0.1"])
    with pytest.raises(NetError):
        guard.addresses(guard.target("https://two-faced.example/"))


def test_a_name_is_resolved_once_and_that_address_is_used(form: Callable[..., Fetch], site: Server) -> None:
    """DNS rebinding: the second answer would lead into the home, so there must be no second question."""
    answers = iter([["127.0.0.1"], ["10.0.0.1"]])
    asked: list[str] = []

    def resolve(host: str, port: int) -> list[str]:
        asked.append(host)
        return next(answers)

    answer = form(Guard(development=True, resolve=resolve))(Request(f"http://friend.example:{site.port}/x"))
    assert answer.body == b"/x"
    assert asked == ["friend.example"]
    assert site.hosts == [f"friend.example:{site.port}"]


def test_rebinding_between_redirects_is_refused(form: Callable[..., Fetch], site: Server) -> None:
    site.inside = f"http://friend.example:{site.port}/x"
    answers = iter([["127.0.0.1"], ["10.0.0.1"]])
    guard = Guard(development=True, resolve=lambda host, port: next(answers))
    with pytest.raises(NetError) as caught:
        form(guard)(Request(f"http://first.example:{site.port}/inside"))
    assert caught.value.key == "net-refused"


class LoopbackGuard(Guard):
    """Sees the public internet on loopback, to try TLS."""

    def judge(self, target: object, addresses: list[str]) -> list[str]:
        return addresses


def test_tls_is_checked_for_the_name_that_was_asked(form: Callable[..., Fetch], site: Server, tmp_path: Path) -> None:
    serving, trusting = certificate("friend.example", tmp_path)
    site.socket = serving.wrap_socket(site.socket, server_side=True, do_handshake_on_connect=False)
    names: list[str | None] = []
    serving.sni_callback = lambda connection, name, context: names.append(name)
    guard = LoopbackGuard(development=True, resolve=lambda host, port: ["127.0.0.1"])
    fetch = form(guard, trusting)
    assert fetch(Request(f"https://friend.example:{site.port}/x")).body == b"/x"
    assert names == ["friend.example"]
    with pytest.raises(NetError):
        fetch(Request(f"https://stranger.example:{site.port}/x"))
    with pytest.raises(NetError):
        form(guard)(Request(f"https://friend.example:{site.port}/x"))


def certificate(name: str, folder: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = made.public_bytes(serialization.Encoding.PEM)
    (folder / "pem").write_bytes(
        pem
        + key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(folder / "pem")
    return serving, ssl.create_default_context(cadata=pem.decode())


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0",
        "10.1.2.3",
        "100.64.0.1",
        "100.127.255.254",
        "127.0.0.1",
        "169.254.169.254",
        "172.16.0.1",
        "192.0.0.8",
        "192.168.0.1",
        "192.88.99.1",
        "198.18.0.1",
        "203.0.113.5",
        "224.0.0.1",
        "239.255.255.250",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::7f00:1",
        "::ffff:127.0.0.1",
        "::ffff:9.9.9.9",
        "64:ff9b::7f00:1",
        "64:ff9b::909:909",
        "64:ff9b:1::1",
        "100::1",
        "2001::1",
        "2001:db8::1",
        "2002:7f00:1::",
        "2002:909:909::1",
        "3fff::1",
        "5f00::1",
        "fc00::1",
        "fd12::1",
        "fe80::1",
        "fe80::1%eth0",
        "2606:4700::1%eth0",
        "fec0::1",
        "ff02::1",
        "nonsense",
        "",
    ],
)
def test_addresses_that_are_not_of_the_internet(address: str) -> None:
    assert not is_global(address)


@pytest.mark.parametrize("address", ["9.9.9.9", "100.128.0.1", "172.32.0.1", "2606:4700::1", "2a01:4f8::1"])
def test_addresses_of_the_internet(address: str) -> None:
    assert is_global(address)
    assert ipaddress.ip_address(address)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "https://",
        "https:///path",
        "//friend.example/",
        "http://friend.example/",
        "gopher://friend.example/",
        "javascript:alert(1)",
        "https://user:word@friend.example/",
        "https://user@friend.example/",
        "https://friend.example:8443/",
        "https://friend.example:22/",
        "https://friend.example:0/",
        "https://friend.example:99999/",
        "https://friend.example:x/",
        "https://friend.example/a b",
        "https://friend.example/\r\nX: y",
        "https://friend.example\\@127.0.0.1/",
        "https://[::1]/",
        "https://[::ffff:9.9.9.9]/",
        "https://[::1",
        "https://127.0.0.1/",
        "https://10.0.0.1/",
        "https://" + "a" * 64 + ".example/",
        "https://a..example/",
        "https://friend.example/" + "a" * 3000,
    ],
)
def test_urls_that_are_never_asked(url: str) -> None:
    with pytest.raises(NetError) as caught:
        VirtualNet().fetch(Request(url))
    assert caught.value.key == "net-refused"


@pytest.mark.parametrize("host", ["2130706433", "0x7f.1", "0177.0.0.1", "127.1", "localhost"])
def test_odd_spellings_of_loopback_are_refused(form: Callable[..., Fetch], host: str) -> None:
    with pytest.raises(NetError):
        form(Guard())(Request(f"https://{host}/"))


def test_development_does_not_open_the_home() -> None:
    net = VirtualNet(development=True, hosts={"printer": ["192.168.0.9"]})
    for url in (
        "http://printer/",
        "https://printer/",
        "https://127.0.0.1/",
        "http://9.9.9.9/",
        "http://[::ffff:127.0.0.1]/",
    ):
        with pytest.raises(NetError) as caught:
            net.fetch(Request(url))
        assert caught.value.key == "net-refused"
    assert net.asked == []


def test_the_virtual_net_obeys_the_same_rules() -> None:
    net = VirtualNet(
        {
            "https://a.example/": Response(302, {"location": "https://inside.example/"}),
            "https://b.example/": Response(302, {"location": "http://c.example/"}),
            "https://big.example/": Response(200, {}, b"x" * 2_000_000),
            "https://slow.example/": Trouble.SLOW,
            "https://huge.example/": Trouble.HUGE,
            "https://good.example/": Response(200, {}, b"good"),
        },
        hosts={"inside.example": ["10.0.0.1"]},
    )
    wanted = {"a": "net-refused", "b": "net-refused", "big": "net-too-large", "huge": "net-too-large"}
    wanted |= {"slow": "net-timeout", "nobody": "net-failed"}
    for name, key in wanted.items():
        with pytest.raises(NetError) as caught:
            net.fetch(Request(f"https://{name}.example/"))
        assert caught.value.key == key
    assert net.fetch(Request("https://good.example/")).body == b"good"
    assert net.asked[-1].headers["Host"] == "good.example"
