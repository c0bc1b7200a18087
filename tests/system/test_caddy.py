# SPDX-License-Identifier: AGPL-3.0-or-later
"""The box's web server, for real: Debian's Caddy with the configuration of the image, and a second one as authority."""

import json
import os
import subprocess
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from appliance.errors import BadInput, HearthError
from appliance.internet.front import Authority, Places
from appliance.internet.model import Certificate, Stage
from appliance.system.caddy import CaddyFront, Issuing, Site, VirtualFront, issuer_folder, plain, reason, sites
from appliance.system.files import SystemFiles
from appliance.system.runner import Completed, SystemRunner, VirtualRunner
from tests.system.web_world import NAME, World, possible, world

needs_network = pytest.mark.skipif(not possible(), reason="this machine gives us no network of our own, or no caddy")
REACH = "/.well-known/hearth/reach"
REACHES = [REACH, f"{REACH}?name=x&nonce=y", "/.well-known/hearth/%72each", "/.well-known/hearth/here/../reach"]
REACHES += ["/.well-known//hearth/reach", "/.WELL-known/hearth/reach", "//.well-known/hearth/reach"]
CONSOLES = ["/", "/login", "/settings", "/setup/owner", "/claim", "//login", "/%6cogin", "/media/../login"]


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with world(tmp_path_factory.mktemp("web")) as made:
        yield made


def stop(process: "subprocess.Popen[bytes] | None") -> None:
    assert process is not None
    process.terminate()
    process.wait(20)


LETS_ENCRYPT = "letsencrypt.org"


@needs_network
def test_before_there_is_a_name_the_ports_can_be_tried_and_nothing_else(web: World) -> None:
    assert web.front.certificate() == Certificate(Stage.NONE, authority=LETS_ENCRYPT)
    assert (
        web.ask("https", 8443, "/.well-known/hearth/here/x", name="").body
        == "companion https /.well-known/hearth/here/x"
    )
    assert web.ask("https", 8443, "/", name="").status == 421
    assert web.ask("http", 8080, name="").body == "fediverse http /"
    assert web.speaks_http3(8443)
    assert not web.answers("https", 8443)  # nobody is shown a certificate for a name that is not ours


@needs_network
def test_from_no_name_to_a_certificate_that_a_visitor_trusts(web: World) -> None:
    front = web.front
    # The authority is not there: Caddy says why, and the home network is served as before.
    authority = web.start_authority()
    web.until(lambda: web.answers("https", 14000, "ca.example.net"))
    stop(authority)
    front.arrange(Site(NAME, Stage.STAGING))
    web.until(lambda: front.certificate().error)
    assert "connection refused" in front.certificate().error
    assert web.ask("http", 80, name="hearth.local").body == "console http /"

    web.start_authority()
    web.until(lambda: web.answers("https", 14000, "ca.example.net"))
    front.arrange(Site(NAME, Stage.NONE))
    assert front.certificate().error == ""
    front.arrange(Site(NAME, Stage.STAGING))
    web.until(lambda: front.certificate().stage is Stage.STAGING)
    assert web.ask("https", 8443, roots=web.root("staging")).body == "fediverse https /"
    assert web.ask("http", 8080).status == 200

    front.arrange(Site(NAME, Stage.REAL))
    web.until(lambda: front.certificate().stage is Stage.REAL)
    found = front.certificate()
    assert (found.error, found.trying) == ("", False)
    assert found.until is not None
    assert found.until > datetime.now(UTC)
    web.until(lambda: web.ask("https", 8443).status == 200)
    answer = web.ask("https", 8443, "/about", roots=web.root("local"))
    assert answer.body == "fediverse https /about"
    assert answer.certificate is not None
    assert answer.certificate["subjectAltName"] == [["DNS", NAME]]


@needs_network
def test_visitors_are_led_to_https_and_http3_where_the_router_has_it(web: World) -> None:
    led = web.ask("http", 8080, "/@anna?x=1")
    assert (led.status, led.headers["Location"]) == (308, f"https://{NAME}/@anna?x=1")
    assert web.ask("http", 8080, "/.well-known/hearth/here/x", name="").body.startswith("companion http")
    for port in (8443, 443):
        answer = web.ask("https", port)
        assert answer.headers["Alt-Svc"] == 'h3=":443"; ma=86400'
        assert web.speaks_http3(port)
    answer = web.ask("https", 8443)
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "Server" not in answer.headers


@needs_network
def test_only_the_home_network_has_the_console(web: World) -> None:
    assert web.ask("https", 4443, "/login", roots=web.root("local")).body == "console https /login"
    assert web.ask("https", 4443, "/@anna").body == "fediverse https /@anna"
    policy = web.ask("https", 4443, "/@anna").headers["Content-Security-Policy"]
    assert policy == f"script-src https://{NAME}/design/"
    # At home members find under the name what they find elsewhere.
    assert web.ask("https", 443, "/login", roots=web.root("local")).body == "fediverse https /login"
    assert web.ask("http", 80, "/login").headers["Location"] == f"https://{NAME}/login"
    assert web.ask("http", 80, "/login", name="hearth.local").body == "console http /login"
    hosts = [NAME, f"{NAME}:4443", "hearth.local", "localhost", "127.0.0.1:80", "127.0.0.1"]
    for scheme, port, name in (("https", 8443, NAME), ("https", 443, NAME), ("https", 8443, ""), ("http", 8080, "")):
        said = web.bodies(scheme, port, name, hosts, CONSOLES)
        assert len(said) == len(hosts) * len(CONSOLES)
        assert [each for each in said if "console" in each] == []


@needs_network
def test_through_a_gateway_the_same_is_served_and_nobody_is_tried(web: World) -> None:
    """The address of who asks is the gateway's word there. It must hold before there is a certificate as well."""
    web.front.arrange(Site(NAME, Stage.REAL, by_tls=True))
    web.until(lambda: web.answers("https", 8444))
    assert web.ask("https", 8444, "/about", roots=web.root("local")).body == "fediverse https /about"
    for name in (NAME, ""):
        assert web.ask("https", 8444, "/.well-known/hearth/here/x", name=name).body.startswith("companion https")
        assert web.ask("https", 8443, "/.well-known/hearth/reach", name=name).body.startswith("companion https")
        for path in REACHES:
            refused = web.ask("https", 8444, path, name=name)
            if refused.status != 400:
                assert (refused.status, json.loads(refused.body)["key"]) == (403, "through-gateway"), path
        said = web.bodies("https", 8444, name, [NAME, "hearth.local", "127.0.0.1"], CONSOLES)
        assert [each for each in said if "console" in each] == []
    web.front.arrange(Site(NAME, Stage.REAL))


@needs_network
def test_browsers_are_told_to_keep_to_https_only_when_that_is_arranged(web: World) -> None:
    assert "Strict-Transport-Security" not in web.ask("https", 8443).headers
    web.front.arrange(Site(NAME, Stage.REAL, strict=True))
    assert web.front.arranged() == Site(NAME, Stage.REAL, strict=True)
    web.until(lambda: "Strict-Transport-Security" in web.ask("https", 8443).headers)
    assert web.ask("https", 8443).headers["Strict-Transport-Security"] == "max-age=31536000"


@needs_network
def test_what_the_web_server_refuses_changes_nothing(web: World) -> None:
    places = web.places
    broken = CaddyFront(SystemRunner(), SystemFiles(), places, Authority(root=web.folder / "nothing.crt"))
    before = {path.name: path.read_bytes() for path in places.sites.iterdir()}
    with pytest.raises(HearthError) as caught:
        broken.arrange(Site("another.example.net", Stage.STAGING))
    assert caught.value.key == "command-failed"
    assert {path.name: path.read_bytes() for path in places.sites.iterdir()} == before
    assert web.ask("https", 8443, roots=web.root("local")).status == 200


@needs_network
def test_headers_without_measure_are_refused(web: World) -> None:
    assert web.ask("https", 8443, filler=1000).status == 200
    assert web.ask("https", 8443, filler=60_000).status == 431


@needs_network
def test_the_log_tells_what_went_wrong_and_not_who_came(web: World) -> None:
    stop(web.behind)
    assert web.ask("https", 8443, "/api/v1/something?access_token=sesame", filler=10).status == 502
    web.until(lambda: "/api/v1/something" in web.words())
    words = web.words()
    assert "sesame" not in words
    assert "X-Filler" not in words
    assert '"127.0.0.1"' not in words.partition("/api/v1/something")[0].splitlines()[-1]


@needs_network
def test_it_starts_with_name_and_certificate_though_nobody_else_does(web: World) -> None:
    for process in web.running:
        stop(process)
    web.start_box()
    web.until(lambda: web.answers("https", 8443))
    assert web.ask("https", 8443, roots=web.root("local")).status == 502  # nobody stands behind it
    assert web.front.certificate().stage is Stage.REAL


@needs_network
def test_what_is_forgotten_is_neither_served_nor_kept(web: World) -> None:
    web.front.forget()
    assert web.front.arranged() is None
    assert web.front.certificate().stage is Stage.NONE
    assert list(web.places.sites.iterdir()) == []
    assert [path for path in web.places.storage.rglob("*") if NAME in path.name or path.parent.name == "acme"] == []
    web.until(lambda: not web.answers("https", 8443))
    web.front.forget()


class Recorder:
    """All that it is asked to run is well."""

    def __init__(self) -> None:
        self.commands: list[list[str]] = []

    def run(self, argv: Sequence[object], **_: object) -> Completed:
        self.commands.append([str(each) for each in argv])
        return Completed(0, b"", b"")


def test_what_is_the_web_servers_is_removed_as_the_web_servers_user(tmp_path: Path) -> None:
    """It may have put there what leads elsewhere."""
    runner = Recorder()
    places = Places(Path("/bin/true"), tmp_path, tmp_path / "sites", tmp_path / "web/caddy", tmp_path)
    CaddyFront(runner, SystemFiles(), places, Authority()).forget()
    assert not any("rm" in each for each in runner.commands)
    (tmp_path / "web").mkdir()
    if os.geteuid() == 0:
        os.chown(tmp_path / "web", 12345, 12346)
    CaddyFront(runner, SystemFiles(), places, Authority()).forget()
    (removing,) = (each for each in runner.commands if "rm" in each)
    at = removing.index("rm")
    assert removing[at : at + 3] == ["rm", "-rf", "--"]
    assert all(each.startswith(f"{places.storage}/") for each in removing[at + 3 :])
    if os.geteuid() == 0:
        assert removing[:at] == ["setpriv", "--reuid=12345", "--regid=12346", "--clear-groups", "--"]


def test_whatever_is_in_a_name_no_line_of_configuration_comes_of_it(tmp_path: Path) -> None:
    places = Places(Path("/bin/true"), tmp_path, tmp_path, tmp_path, tmp_path)
    for name in (
        "a.example.net {\nrespond x\n}",
        "a example.net",
        "a.example.net/",
        "{$HOME}.net",
        "*.example.net",
        "",
    ):
        for front in (
            CaddyFront(VirtualRunner(), SystemFiles(), places, Authority()),
            VirtualFront(lambda: datetime(2026, 1, 1, tzinfo=UTC)),
        ):
            with pytest.raises(BadInput):
                front.arrange(Site(name, Stage.STAGING))
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_file_is_as_if_nothing_was_arranged(tmp_path: Path) -> None:
    front = CaddyFront(VirtualRunner(), SystemFiles(), Places(sites=tmp_path), Authority())
    for text in ("", "# {", "# []", '# {"name": "a.example.net", "stage": "best", "strict": false}', "\xff"):
        (tmp_path / "site.caddy").write_text(text, encoding="latin-1")
        assert front.arranged() is None
        assert front.certificate() == Certificate(Stage.NONE, authority=LETS_ENCRYPT)


def test_what_lies_in_the_web_servers_folders_keeps_nobody_waiting(tmp_path: Path) -> None:
    places = Places(sites=tmp_path, storage=tmp_path, runtime=tmp_path)
    front = CaddyFront(VirtualRunner(), SystemFiles(), places, Authority())
    (tmp_path / "site.caddy").write_text(sites(Site(NAME, Stage.REAL), Authority()))
    folder = tmp_path / "certificates" / issuer_folder(Authority().real) / NAME
    folder.mkdir(parents=True)
    os.mkfifo(folder / f"{NAME}.crt")
    os.mkfifo(tmp_path / "authority.log")
    assert front.certificate() == Certificate(Stage.NONE, trying=True, authority=LETS_ENCRYPT)
    (tmp_path / "authority.log").unlink()
    (tmp_path / "authority.log").symlink_to("/etc/passwd")
    assert front.certificate().error == ""


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (b'{"ts": 20.5, "identifier": "our-house.example.net", "error": "no"}', "no"),
        (b'{"ts": 20.5, "identifier": "our-house.example.net", "error": "a\\u001b[2Jb"}', "a [2Jb"),
        (b'{"ts": 9.5, "identifier": "our-house.example.net", "error": "old"}', ""),
        (b'{"ts": 20.5, "identifier": "another.example.net", "error": "no"}', ""),
        (b'{"ts": "x", "identifier": "our-house.example.net", "error": "no"}', ""),
        (b'{"ts": ' + b"9" * 400 + b', "identifier": "our-house.example.net", "error": "no"}', ""),
        (b"[" * 100_000, ""),
        (b"null", ""),
        (b"\xff", ""),
    ],
)
def test_a_reason_is_only_this_names_and_of_this_attempt(line: bytes, said: str) -> None:
    assert reason(line, NAME, 10.0) == said


def test_a_reason_has_an_end() -> None:
    line = json.dumps({"ts": 20.0, "identifier": NAME, "error": "x" * 10_000}).encode()
    assert len(reason(line, NAME, 10.0)) <= 400


def test_the_folder_of_an_authority_is_called_as_caddy_calls_it() -> None:
    assert issuer_folder(Authority().real) == "acme-v02.api.letsencrypt.org-directory"
    assert (
        issuer_folder("https://ca.example.net:14000/acme/local/directory")
        == "ca.example.net-14000-acme-local-directory"
    )


def test_without_an_authority_to_ask_nothing_is_said_of_the_name() -> None:
    assert NAME not in sites(Site(NAME, Stage.NONE), Authority()).partition("\n")[2]
    assert plain(Site(NAME, Stage.STAGING)) == ""


def test_a_virtual_front_issues_and_refuses() -> None:
    issuing = Issuing(refuses="no")
    front = VirtualFront(lambda: datetime(2026, 1, 1, tzinfo=UTC), lambda: issuing)
    front.arrange(Site(NAME, Stage.STAGING))
    assert front.certificate() == Certificate(Stage.NONE, None, "no", authority=LETS_ENCRYPT)
    issuing = Issuing(days=3)
    assert front.certificate().until == datetime(2026, 1, 4, tzinfo=UTC)
    front.arrange(Site("another.example.net", Stage.NONE))
    assert front.certificate() == Certificate(Stage.NONE, authority=LETS_ENCRYPT)
