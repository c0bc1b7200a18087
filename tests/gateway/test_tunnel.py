# SPDX-License-Identifier: AGPL-3.0-or-later
"""Gateway and tunnel together: both ends of SniTun, real TLS and web servers, and all that went by written down."""

import asyncio
import contextlib
import hashlib
import socket
import ssl
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from snitun.multiplexer.crypto import CryptoTransport

from appliance.errors import HearthError
from appliance.gateway import admission, greeting, server, visitor, wire
from appliance.gateway.invitation import Invitation
from appliance.gateway.limits import Limits
from appliance.gateway.wire import Hello
from appliance.secret import Secret
from appliance.system.relay import dial_pinned
from tests.gateway.played import ALICE, BOB, HOST, SECONDS, Authority, Played, hang_up, web_server

# asyncio itself leaves a client's transport behind when the handshake is broken off.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
Test = Callable[[Played], Awaitable[None]]


def play(folder: Path, test: Test, limits: Limits = Limits()) -> None:  # noqa: B008 - it is frozen
    async def whole() -> None:
        async with Played(folder, limits) as played:
            await test(played)
        # What is closed is only gone when the loop has turned some more.
        for _ in range(10):
            await asyncio.sleep(0)

    asyncio.run(whole())


def test_visitors_reach_each_box_by_its_name_and_nobody_in_between_reads_along(tmp_path: Path) -> None:
    async def test(played: Played) -> None:
        async with web_server(played.authority, ALICE) as one, web_server(played.authority, BOB) as other:
            alice, bob = played.box(played.invite("alice"), one), played.box(played.invite("bob"), other, token="b")
            assert (await alice.connected()).key == "epoch-1"
            await bob.connected()
            assert await played.visit(ALICE, "a secret word") == f"{ALICE} heard a secret word"
            assert await played.visit(BOB, "another word") == f"{BOB} heard another word"
            assert (alice.visitors, bob.visitors) == (["127.0.0.1"], ["127.0.0.1"])
            seen = bytes(played.tap.seen)
            # The visitors' greetings are there, with the names, and so are all their bytes; no word of theirs is.
            assert ALICE.encode() in seen
            assert BOB.encode() in seen
            for words in (b"secret", b"another", b"heard", b"a" * 64, b"b" * 64):
                assert words not in seen

    play(tmp_path, test)


def test_the_box_alone_has_the_key_to_its_name(tmp_path: Path) -> None:
    """Another certificate than the authority's is not what a visitor gets, whoever is asked."""

    async def test(played: Played) -> None:
        foreign = Authority(tmp_path)
        async with web_server(foreign, ALICE) as port:
            await played.box(played.invite("alice"), port).connected()
            with pytest.raises(ssl.SSLCertVerificationError):
                await played.visit(ALICE, "hello")

    play(tmp_path, test)


@pytest.mark.parametrize("name", ["mallory.localhost", "example.org"])
def test_a_name_that_nobody_has_leads_nowhere(tmp_path: Path, name: str) -> None:
    async def test(played: Played) -> None:
        with pytest.raises(ssl.SSLError, match=r"(?i)unrecognized.name"):
            await played.visit(name, "hello")

    play(tmp_path, test)


def test_a_member_who_is_away_is_told_from_a_stranger(tmp_path: Path) -> None:
    async def test(played: Played) -> None:
        played.invite("alice")
        with pytest.raises(ssl.SSLError, match=r"(?i)internal.error"):
            await played.visit(ALICE, "hello")

    play(tmp_path, test)


def test_an_invitation_that_was_used_is_worth_nothing(tmp_path: Path) -> None:
    async def test(played: Played) -> None:
        invited = played.invite("alice")
        async with web_server(played.authority, ALICE) as port:
            await played.box(invited, port).connected()
            thief = played.box(invited, port, token="f")
            assert (await thief.until(lambda state: True)).key == "gateway-invitation-used"
            assert await played.visit(ALICE, "still here") == f"{ALICE} heard still here"

    play(tmp_path, test)


def test_a_box_that_was_replaced_is_told_and_kept_out(tmp_path: Path) -> None:
    async def test(played: Played) -> None:
        async with web_server(played.authority, ALICE) as old, web_server(played.authority, ALICE) as new:
            first = played.box(played.invite("alice"), old)
            await first.connected()
            second = played.box(played.invite("alice", replace=True), new, token="c")
            assert (await second.connected()).key == "epoch-2"
            state = await first.until(lambda state: state.key == "gateway-replaced")
            assert f"Another box took over {ALICE}" in state.words
            assert await played.visit(ALICE, "who") == f"{ALICE} heard who"
            assert (first.visitors, second.visitors) == ([], ["127.0.0.1"])

    play(tmp_path, test)


def test_of_two_boxes_with_one_key_the_first_stays(tmp_path: Path) -> None:
    async def test(played: Played) -> None:
        invited = played.invite("alice")
        async with web_server(played.authority, ALICE) as port:
            first = played.box(invited, port)
            await first.connected()
            twin = played.box(invited, port)
            assert (await twin.until(lambda state: True)).key == "gateway-in-use"
            await played.visit(ALICE, "hello")
            assert len(first.heard) == 1
            # When it goes, the other one comes.
            await first.leave()
            await twin.connected()

    play(tmp_path, test)


def test_a_removed_member_is_cut_off_at_once(tmp_path: Path) -> None:
    async def test(played: Played) -> None:
        async with web_server(played.authority, ALICE) as port:
            box = played.box(played.invite("alice"), port)
            await box.connected()
            await taken_in(played)
            from appliance.system.commands import CommandClient, Key

            commands = CommandClient(played.folder / "gateway.sock", name="the gateway")
            (seen,) = await asyncio.to_thread(commands.ask, "gateway.list")
            assert (seen["name"], seen["connected"], seen["epoch"]) == (ALICE, True, 1)
            await asyncio.to_thread(commands.ask, "gateway.remove", Key("alice"))
            assert (await box.until(lambda state: state.key == "gateway-unknown")).words
            with pytest.raises(ssl.SSLError, match=r"(?i)unrecognized.name"):
                await played.visit(ALICE, "hello")

    play(tmp_path, test)


@pytest.mark.parametrize("replaced", [False, True])
def test_who_lost_the_name_while_coming_in_stays_out(tmp_path: Path, replaced: bool) -> None:
    """A box may take a minute to prove itself to SniTun, in which the book changes."""

    async def test(played: Played) -> None:
        made = played.members.invite("alice", replace=False)
        token, pin = Secret("a" * 64), made.fingerprint
        reader, writer = await dial_pinned(HOST, played.port, HOST, pin, most=4096, seconds=SECONDS)
        writer.write(wire.pack(Hello(wire.VERSION, ALICE, token, "run", made.code)))
        async with asyncio.timeout(SECONDS):
            welcome = wire.parse_answer(await reader.readline())
            crypto = CryptoTransport(*(bytes.fromhex(each.reveal()) for each in (welcome.key, welcome.iv)))
            challenge = crypto.decrypt(await reader.readexactly(32))
            async with web_server(played.authority, ALICE) as port:
                if replaced:
                    other = played.box(played.invite("alice", replace=True), port, token="b")
                    await other.connected()
                    await taken_in(played)
                else:
                    played.members.remove("alice")
                writer.write(crypto.encrypt(hashlib.sha256(challenge).digest()))
                assert await read(reader) == b""
                await hang_up(writer)
                if replaced:
                    assert await played.visit(ALICE, "who") == f"{ALICE} heard who"
                    assert [state.key for state in other.heard] == ["epoch-2"]
                else:
                    with pytest.raises(ssl.SSLError, match=r"(?i)unrecognized.name"):
                        await played.visit(ALICE, "who")

    play(tmp_path, test)


def test_a_gateway_that_was_started_again_is_found_again(tmp_path: Path) -> None:
    async def test(played: Played) -> None:
        async with web_server(played.authority, ALICE) as port:
            box = played.box(played.invite("alice"), port)
            await box.connected()
            where, before = played.port, len(box.heard)
            await played.shut()
            await box.until(lambda state: not state.connected, before)
            await played.open(where)
            assert (await box.connected(before)).key == "epoch-1"
            assert await played.visit(ALICE, "again") == f"{ALICE} heard again"

    play(tmp_path, test)


def test_a_gateway_that_went_silent_is_left_and_called_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Half open: the connection is there, and nothing comes any more."""
    monkeypatch.setattr("appliance.gateway.client.PING_EVERY", 0.2)
    monkeypatch.setattr("appliance.gateway.client.PING_SECONDS", 0.2)
    monkeypatch.setattr("appliance.gateway.admission.ALIVE_SECONDS", 0.2)

    async def test(played: Played) -> None:
        async with web_server(played.authority, ALICE) as port:
            box = played.box(played.invite("alice"), port)
            await box.connected()
            before = len(box.heard)
            played.tap.swallows = True
            await box.until(lambda state: state.key == "gateway-gone", before)
            played.tap.swallows = False
            await box.connected(before)
            assert await played.visit(ALICE, "again") == f"{ALICE} heard again"

    play(tmp_path, test)


def test_an_impostor_is_not_told_the_token(tmp_path: Path) -> None:
    """Whoever answers in the gateway's place hears nothing but a TLS greeting."""
    heard = bytearray()

    async def test(played: Played) -> None:
        context = played.authority.server(HOST)

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            with contextlib.suppress(ConnectionResetError):
                heard.extend(await reader.read(100))
            await hang_up(writer)

        server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
        made = played.members.invite("alice", replace=False)
        port = server.sockets[0].getsockname()[1]
        box = played.box(Invitation(HOST, port, made.name, made.fingerprint, made.code), 1)
        assert (await box.until(lambda state: True)).key == "gateway-impostor"
        server.close()

    play(tmp_path, test)
    assert heard == b""


def test_of_a_flood_only_so_many_get_in_and_the_others_are_not_harmed(tmp_path: Path) -> None:
    limits = Limits(connections=40, per_address=40, per_member=5)

    async def test(played: Played) -> None:
        async with web_server(played.authority, ALICE) as port:
            box = played.box(played.invite("alice"), port)
            await box.connected()
            context = played.authority.client()

            async def stay() -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
                try:
                    return await asyncio.open_connection("127.0.0.1", played.port, ssl=context, server_hostname=ALICE)
                except OSError:
                    return None

            got = [each for each in await asyncio.gather(*(stay() for _ in range(60))) if each is not None]
            assert len(got) == 5
            assert len(box.visitors) == 5
            for _, writer in got:
                await hang_up(writer)
            while box_connections(played):
                await asyncio.sleep(0.01)
            assert await played.visit(ALICE, "hello") == f"{ALICE} heard hello"

    play(tmp_path, test, limits)


def test_visitors_of_the_gateways_own_server_take_no_place_from_others_nor_others_from_them(tmp_path: Path) -> None:
    """Also where a router writes its own address over the senders', so that all have the same; and a box whose carrier
    has many visitors gets its tunnel."""
    limits = Limits(connections=8, per_address=2, per_member=4, passed=6, passed_per_address=2)

    async def test(played: Played) -> None:
        async with web_server(played.authority, HOST) as own, web_server(played.authority, ALICE) as port:
            object.__setattr__(played.members.setup, "passes", {"*": own})
            context = played.authority.client()

            async def stay(name: str, count: int) -> list[asyncio.StreamWriter]:
                with contextlib.suppress(OSError):
                    return [
                        (await asyncio.open_connection("127.0.0.1", played.port, ssl=context, server_hostname=name))[1]
                        for _ in range(count)
                    ]
                return []

            silent = [await asyncio.open_connection("127.0.0.1", played.port) for _ in range(20)]
            there = await stay(HOST, 6)
            assert len(there) == 6
            with pytest.raises((ConnectionError, ssl.SSLError)):
                await played.visit(HOST, "full")
            # There is room all the same for boxes, and for their visitors.
            await played.box(played.invite("alice"), port).connected()
            guests = await stay(ALICE, 4)
            assert len(guests) == 4
            for writer in there:
                await hang_up(writer)
            assert played.gateway is not None
            async with asyncio.timeout(SECONDS):
                while played.gateway._front._passed.taken(None):
                    await asyncio.sleep(0.01)
            assert await played.visit(HOST, "hello") == f"{HOST} heard hello"
            for writer in guests + [writer for _, writer in silent]:
                await hang_up(writer)

    play(tmp_path, test, limits)


def test_one_address_of_the_internet_does_not_take_all_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(visitor, "NOBODY", "192.0.2.2")
    monkeypatch.setattr(visitor, "source", lambda told: told)
    limits = Limits(passed=6, passed_per_address=2)

    async def test(played: Played) -> None:
        async with web_server(played.authority, HOST) as own:
            object.__setattr__(played.members.setup, "passes", {"*": own})
            context = played.authority.client()
            there = [
                await asyncio.open_connection("127.0.0.1", played.port, ssl=context, server_hostname=HOST)
                for _ in range(2)
            ]
            with pytest.raises((ConnectionError, ssl.SSLError)):
                await played.visit(HOST, "full")
            for _, writer in there:
                await hang_up(writer)

    play(tmp_path, test, limits)


def test_a_member_holds_few_tunnels(tmp_path: Path) -> None:
    """However often it calls, with every right to."""

    async def test(played: Played) -> None:
        made = played.members.invite(ALICE, replace=False)
        hello = wire.pack(Hello(wire.VERSION, ALICE, Secret("a" * 64), "run", made.code))
        writers = []
        for _ in range(3):
            reader, writer = await dial_pinned(HOST, played.port, HOST, made.fingerprint, most=2**20, seconds=SECONDS)
            writers.append(writer)
            writer.write(hello)
            async with asyncio.timeout(SECONDS):
                answer = await reader.readline()
            if len(writers) <= 2:
                wire.parse_answer(answer)
        assert answer == b""
        for writer in writers:
            await hang_up(writer)

    play(tmp_path, test, Limits(tunnels=2))


async def taken_in(played: Played) -> None:
    """A box takes itself for connected a moment before the gateway does."""
    assert played.gateway is not None
    async with asyncio.timeout(SECONDS):
        while not played.gateway._admission.is_there(ALICE):
            await asyncio.sleep(0.01)


def box_connections(played: Played) -> int:
    assert played.gateway is not None
    return played.gateway._front.connections(ALICE)


@pytest.mark.parametrize("said", [b"", b"\x16\x03\x01\x02\x00\x01", b"\x16"])
def test_who_does_not_finish_the_greeting_is_dropped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: bytes
) -> None:
    monkeypatch.setattr(greeting, "SECONDS", 0.2)

    async def test(played: Played) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", played.port)
        writer.write(said)
        async with asyncio.timeout(SECONDS):
            assert await read(reader) == b""
        await hang_up(writer)

    play(tmp_path, test)


@pytest.mark.parametrize(
    "said", [b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01\xff\xff" + bytes(70000), bytes(5), b"gAAAAA"]
)
def test_what_is_no_greeting_is_dropped(tmp_path: Path, said: bytes) -> None:
    async def test(played: Played) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", played.port)
        writer.write(said)
        if len(said) < 5:
            writer.write_eof()
        async with asyncio.timeout(SECONDS):
            assert await read(reader) == b""
        await hang_up(writer)

    play(tmp_path, test)


async def read(reader: asyncio.StreamReader) -> bytes:
    """All there is; a connection that was reset had nothing."""
    try:
        return await reader.read()
    except ConnectionResetError:
        return b""


async def say(played: Played, line: bytes) -> bytes:
    pin = played.members._fingerprint
    reader, writer = await dial_pinned(HOST, played.port, HOST, pin, most=4096, seconds=SECONDS)
    writer.write(line)
    async with asyncio.timeout(SECONDS):
        answer = await reader.readline()
    await hang_up(writer)
    return answer


@pytest.mark.parametrize("line", [b"{}\n", b"no\n", b"x" * 200_000 + b"\n", b'{"version": 9}\n'])
def test_who_greets_the_gateway_in_another_way_is_refused(tmp_path: Path, line: bytes) -> None:
    async def test(played: Played) -> None:
        answer = await say(played, line)
        assert answer == b"" or b'"sentence"' in answer

    play(tmp_path, test)


def test_who_only_stands_at_the_door_keeps_no_box_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(admission, "UNKNOWN_CALLERS", 3)
    anybody = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    anybody.check_hostname = False
    anybody.verify_mode = ssl.CERT_NONE

    async def test(played: Played) -> None:
        async with web_server(played.authority, ALICE) as port:
            silent = [
                await asyncio.open_connection("127.0.0.1", played.port, ssl=anybody, server_hostname=HOST)
                for _ in range(5)
            ]
            await played.box(played.invite("alice"), port).connected()
            assert await played.visit(ALICE, "hello") == f"{ALICE} heard hello"
            # Who stood there longest has been sent away.
            with contextlib.suppress(ConnectionError):
                assert await silent[0][0].read() == b""
            for _, writer in silent:
                await hang_up(writer)

    play(tmp_path, test)


def test_a_guessed_token_is_refused(tmp_path: Path) -> None:
    async def test(played: Played) -> None:
        played.invite("alice")
        hello = wire.pack(Hello(wire.VERSION, ALICE, Secret("0" * 64), "run", Secret("A" * 22)))
        assert b"gateway-refused" in await say(played, hello)

    play(tmp_path, test)


def test_bandwidth_is_limited(tmp_path: Path) -> None:
    async def test(played: Played) -> None:
        async with web_server(played.authority, ALICE) as port:
            box = played.box(played.invite("alice"), port)
            await box.connected()
            waited: list[float] = []
            bucket = played.members.bucket(ALICE)

            async def take(count: int) -> None:
                waited.append(bucket.owed(count))

            bucket.take = take
            reader, writer = await asyncio.open_connection(
                "127.0.0.1", played.port, ssl=played.authority.client(), server_hostname=ALICE
            )
            writer.write(b"download 500000\n")
            async with asyncio.timeout(SECONDS):
                await reader.readexactly(500_000)
            await hang_up(writer)
            assert bucket.total > 500_000
            assert max(waited) > 1.0

    play(tmp_path, test, Limits(megabits=1))


def test_port_80_only_redirects(tmp_path: Path) -> None:
    async def test(played: Played) -> None:
        played.invite("alice")
        assert played.gateway is not None
        for host, status in ((ALICE, b"301"), ("elsewhere.localhost", b"404"), (HOST, b"404")):
            reader, writer = await asyncio.open_connection("127.0.0.1", played.gateway.http.port)
            writer.write(f"GET /x HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
            async with asyncio.timeout(SECONDS):
                answer = await reader.read()
            assert answer.split(b" ")[1] == status
            await hang_up(writer)
        reader, writer = await asyncio.open_connection("127.0.0.1", played.gateway.http.port)
        writer.write(b"GET /" + b"x" * 200_000)
        async with asyncio.timeout(SECONDS):
            assert await read(reader) == b""
        await hang_up(writer)

    play(tmp_path, test)


def test_a_name_of_this_machine_is_passed_on(tmp_path: Path) -> None:
    """A gateway on a box that has a name of its own."""

    async def test(played: Played) -> None:
        async with web_server(played.authority, "own.localhost") as port:
            object.__setattr__(played.members.setup, "passes", {"own.localhost": port})
            assert await played.visit("own.localhost", "hello") == "own.localhost heard hello"

    play(tmp_path, test)


def test_a_gateway_can_have_one_name_with_a_web_server_of_its_own(tmp_path: Path) -> None:
    """Boxes that call are known by what they offer to speak; who asks for nobody's name is handed on as well."""

    async def test(played: Played) -> None:
        async with web_server(played.authority, HOST) as own, web_server(played.authority, ALICE) as port:
            object.__setattr__(played.members.setup, "passes", {"*": own})
            assert await played.visit(HOST, "hello") == f"{HOST} heard hello"
            await played.box(played.invite("alice"), port).connected()
            assert await played.visit(ALICE, "hello") == f"{ALICE} heard hello"
            assert await played.visit(HOST, "still") == f"{HOST} heard still"
            anybody = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            anybody.check_hostname = False
            anybody.verify_mode = ssl.CERT_NONE
            for name in ("elsewhere.localhost", None):
                reader, writer = await asyncio.open_connection(
                    "127.0.0.1", played.port, ssl=anybody, server_hostname=name or ""
                )
                writer.write(b"who\n")
                async with asyncio.timeout(SECONDS):
                    assert await reader.readline() == f"{HOST} heard who\n".encode()
                await hang_up(writer)
            # A member who is not there is not somebody else.
            played.invite("bob")
            with pytest.raises(ssl.SSLError):
                await played.visit(BOB, "hello")

    play(tmp_path, test)


def test_a_box_that_cannot_hand_visitors_on_by_their_addresses_says_so_and_is_started_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    may = False

    async def may_be_others(address: str) -> bool:
        return may

    monkeypatch.setattr(server, "may_be_others", may_be_others)

    async def test(played: Played) -> None:
        nonlocal may
        assert played.gateway is not None
        await played.shut()
        object.__setattr__(played.members.setup, "passes", {"*": 8443})
        beside = server.Gateway(played.members, tmp_path / "beside.sock")
        with pytest.raises(HearthError, match="own addresses"):
            await beside.start()
        may = True
        await beside.start()
        await beside.close()

    play(tmp_path, test)


def test_a_port_that_is_taken_is_said_so(tmp_path: Path) -> None:
    from appliance.system.relay import Listener

    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(HearthError, match="can't be listened on"):
        Listener("127.0.0.1", taken.getsockname()[1], lambda caller: asyncio.sleep(0))
