# SPDX-License-Identifier: AGPL-3.0-or-later
"""The command socket, as its clients use it and as others abuse it."""

import contextlib
import json
import os
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest

from appliance.errors import HearthError, Refused, Unavailable
from appliance.secret import Secret
from appliance.system import commands
from appliance.system.commands import Command, CommandClient, CommandServer, NoArguments


@dataclass(frozen=True)
class Greeting:
    name: str
    times: int = 1


def fail(_):
    raise KeyError("a secret of the inside")


def refuse(_):
    raise Refused("no", "This is not allowed.", "Ask the owner.", status=409)


def count(_):
    for number in range(3):
        yield {"number": number}


def endless(_):
    while True:
        yield {}


SERVED = [
    Command("greet", Greeting, lambda asked: {"text": f"hello {asked.name}" * asked.times}),
    Command("fail", NoArguments, fail),
    Command("refuse", NoArguments, refuse),
    Command("count", NoArguments, count),
    Command("endless", NoArguments, endless),
    Command("nobody", NoArguments, lambda _: {}, users=frozenset({65534})),
]


class Served:
    def __init__(self, path, users=None):
        self.path = path
        self.server = CommandServer(path, SERVED, users=users or {os.geteuid()})
        self.server.start()
        self.client = CommandClient(path, name="the test")

    def raw(self, data, *, half_close=True):
        """Send bytes; the answer as JSON."""
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(10.0)
            connection.connect(os.fspath(self.path))
            try:
                connection.sendall(data)
                if half_close:
                    connection.shutdown(socket.SHUT_WR)
            except BrokenPipeError:
                pass
            received = b""
            while piece := connection.recv(65536):
                received += piece
        return json.loads(received)


@pytest.fixture
def served(tmp_path):
    served = Served(tmp_path / "test.sock")
    yield served
    served.server.close()


def key_of(call, *arguments):
    with pytest.raises(HearthError) as caught:
        call(*arguments)
    return caught.value.key


def test_a_command_is_answered(served):
    assert served.client.ask("greet", Greeting("anna", 2)) == {"text": "hello annahello anna"}


def test_the_socket_is_closed_to_others(served):
    assert served.path.stat().st_mode & 0o777 == 0o660


def test_an_error_arrives_as_it_was_raised(served):
    with pytest.raises(HearthError) as caught:
        served.client.ask("refuse")
    assert caught.value.to_dict() == {
        "key": "no",
        "sentence": "This is not allowed.",
        "remedy": "Ask the owner.",
        "status": 409,
    }


def test_a_mistake_inside_is_logged_here_and_not_told_there(served, caplog):
    with pytest.raises(HearthError) as caught:
        served.client.ask("fail")
    assert caught.value.key == "internal"
    assert "secret of the inside" not in str(caught.value)
    assert "KeyError" in caplog.text
    assert served.client.ask("greet", Greeting("x"))


def test_a_stream_gives_each_item_and_ends(served):
    assert list(served.client.stream("count")) == [{"number": 0}, {"number": 1}, {"number": 2}]


def test_a_reader_who_leaves_frees_the_place(served):
    for _ in range(2 * commands.MAX_CONNECTIONS):
        stream = served.client.stream("endless")
        next(stream)
        stream.close()
    for _ in range(100):
        try:
            assert served.client.ask("greet", Greeting("x"))
            break
        except Unavailable:
            threading.Event().wait(0.02)
    else:
        pytest.fail("places were lost")


@pytest.mark.parametrize(
    ("data", "key"),
    [
        (b"", "not-json"),
        (b"\n", "not-json"),
        (b"hello\n", "not-json"),
        (b"[]\n", "not-json"),
        (b"5\n", "not-json"),
        (b"\xff\xfe\n", "not-json"),
        (b'{"command": "greet"', "not-json"),
        (b"[" * 60_000 + b"\n", "not-json"),
        (b'{"command":' * 5000 + b"\n", "not-json"),
        (b"{}\n", "unknown-command"),
        (b'{"command": "nonsense"}\n', "unknown-command"),
        (b'{"command": ["greet"]}\n', "unknown-command"),
        (b'{"command": "greet"}\n', "bad-input"),
        (b'{"command": "greet", "arguments": []}\n', "bad-input"),
        (b'{"command": "greet", "arguments": {"name": 5}}\n', "bad-input"),
        (b'{"command": "greet", "arguments": {"name": "\\ud800"}}\n', "bad-input"),
        (b'{"command": "greet", "arguments": {"name": "x", "times": "2"}}\n', "bad-input"),
        (b'{"command": "greet", "arguments": {"name": "x", "else": 1}}\n', "bad-input"),
        (b'{"command": "count", "arguments": {"name": "x"}}\n', "bad-input"),
        (b'{"command": "nobody"}\n', "not-allowed"),
    ],
)
def test_what_is_no_proper_command_is_refused_in_plain_words(served, data, key):
    error = served.raw(data)["error"]
    assert error["key"] == key
    assert error["sentence"].endswith(".")
    assert served.client.ask("greet", Greeting("x"))


def test_a_command_without_end_is_cut_off(served):
    data = b'{"command": "greet", "arguments": {"name": "' + b"x" * 2 * commands.MAX_REQUEST
    # The kernel may drop the answer together with what was not read.
    with contextlib.suppress(ConnectionResetError, json.JSONDecodeError):
        assert served.raw(data)["error"]["key"] == "too-long"
    assert served.client.ask("greet", Greeting("x"))


def test_who_dribbles_bytes_meets_the_same_limit_as_who_is_silent(served, monkeypatch):
    monkeypatch.setattr(commands, "REQUEST_SECONDS", 0.2)
    stop = threading.Event()
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(10.0)
        connection.connect(os.fspath(served.path))

        def dribble():
            while not stop.wait(0.02):
                try:
                    connection.sendall(b" ")
                except OSError:
                    return

        thread = threading.Thread(target=dribble, daemon=True)
        thread.start()
        assert json.loads(connection.makefile("rb").readline())["error"]["key"] == "not-json"
        stop.set()
        thread.join()


def test_too_many_at_once_are_told_so_and_others_later_served(served):
    idle = []
    for _ in range(commands.MAX_CONNECTIONS):
        connection = socket.socket(socket.AF_UNIX)
        connection.connect(os.fspath(served.path))
        idle.append(connection)
    for _ in range(200):
        if key_or_none(served) == "busy":
            break
        threading.Event().wait(0.01)
    else:
        pytest.fail("nobody was refused")
    for connection in idle:
        connection.close()
    for _ in range(200):
        if key_or_none(served) is None:
            return
        threading.Event().wait(0.01)
    pytest.fail("the places were not freed")


def test_who_hangs_up_in_a_crowd_ends_the_listening_for_nobody(served):
    with contextlib.ExitStack() as crowd:
        for _ in range(commands.MAX_CONNECTIONS):
            crowd.enter_context(socket.socket(socket.AF_UNIX)).connect(os.fspath(served.path))
        for _ in range(300):
            with socket.socket(socket.AF_UNIX) as hasty:
                hasty.connect(os.fspath(served.path))
    for _ in range(500):
        if key_or_none(served) is None:
            return
        threading.Event().wait(0.01)
    pytest.fail("nobody listens any more")


def key_or_none(served):
    try:
        served.client.ask("greet", Greeting("x"))
    except HearthError as error:
        return error.key
    return None


def test_many_are_served_side_by_side(served):
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda n: served.client.ask("greet", Greeting(f"{n}")), range(100)))
    assert [each["text"] for each in answers] == [f"hello {n}" for n in range(100)]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_another_user_is_refused_by_the_kernel_s_word(tmp_path_factory):
    folder = tmp_path_factory.mktemp("open")
    for each in (folder, folder.parent, folder.parent.parent):
        each.chmod(0o755)
    served = Served(folder / "test.sock")
    served.path.chmod(0o666)
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.setgroups([])
            os.setgid(65534)
            os.setuid(65534)
            try:
                served.client.ask("greet", Greeting("x"))
                os.write(writing, b"served")
            except HearthError as error:
                os.write(writing, error.key.encode())
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as answer:
        assert answer.read() == b"not-allowed"
    os.waitpid(child, 0)
    served.server.close()


def test_who_is_patient_waits_until_somebody_listens(tmp_path):
    path = tmp_path / "late.sock"
    client = CommandClient(path, name="the test")
    with ThreadPoolExecutor(1) as asking:
        answer = asking.submit(client.ask, "greet", Greeting("you"), patience=30.0)
        server = CommandServer(path, SERVED, users={os.geteuid()})
        server.start()
        assert answer.result(timeout=30) == {"text": "hello you"}
        server.close()


def test_nobody_there(tmp_path):
    client = CommandClient(tmp_path / "none.sock", name="the test")
    assert key_of(client.ask, "greet", Greeting("x")) == "not-answering"
    assert key_of(lambda: list(client.stream("count"))) == "not-answering"


def test_a_socket_left_behind_by_a_crash_is_replaced(served, tmp_path):
    path = tmp_path / "old.sock"
    with socket.socket(socket.AF_UNIX) as old:
        old.bind(os.fspath(path))
    again = Served(path)
    assert again.client.ask("greet", Greeting("x"))
    again.server.close()
    assert not path.exists()


def test_an_answer_that_is_no_json_is_no_answer(tmp_path):
    path = tmp_path / "odd.sock"
    with socket.socket(socket.AF_UNIX) as odd:
        odd.bind(os.fspath(path))
        odd.listen()

        def answer():
            connection, _ = odd.accept()
            with connection:
                connection.recv(1000)
                connection.sendall(b"what?\n")

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        assert key_of(CommandClient(path, name="the test").ask, "greet", Greeting("x")) == "not-answering"
        thread.join()


def test_secrets_travel_but_do_not_print(served):
    assert "hunter2" not in repr(Secret("hunter2"))
