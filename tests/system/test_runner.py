# SPDX-License-Identifier: AGPL-3.0-or-later
"""Child processes."""

import resource
import signal
import sys

import pytest

from appliance.errors import HearthError
from appliance.secret import Secret
from appliance.system.runner import Completed, SystemRunner, VirtualRunner

PYTHON = sys.executable


def key_of(call, *arguments, **named):
    with pytest.raises(HearthError) as caught:
        call(*arguments, **named)
    return caught.value.key


def test_a_child_gets_its_input_and_hands_back_its_output():
    done = SystemRunner().run(["cat"], timeout=10.0, stdin=b"hello")
    assert done == Completed(0, b"hello", b"")


def test_nothing_of_our_environment_reaches_it(monkeypatch):
    monkeypatch.setenv("HEARTH_SECRET", "x")
    shown = SystemRunner().run([PYTHON, "-c", "import os; print(sorted(os.environ))"], timeout=10.0).output
    assert b"HEARTH_SECRET" not in shown
    assert b"PATH" in shown


def test_arguments_are_never_a_shell_s():
    assert SystemRunner().run(["echo", "$(id); `id` && id"], timeout=10.0).output == b"$(id); `id` && id\n"


def test_a_failure_shows_the_command_and_not_its_secrets():
    with pytest.raises(HearthError) as caught:
        SystemRunner().run(["sh", "-c", "echo no luck >&2; exit 3", Secret("hunter2")], timeout=10.0)
    assert caught.value.key == "command-failed"
    assert "no luck" in caught.value.sentence
    assert "hunter2" not in str(caught.value)
    assert "****" in caught.value.sentence


def test_what_is_missing_or_too_slow_says_so():
    runner = SystemRunner()
    assert key_of(runner.run, ["no-such-program-here"], timeout=10.0) == "command-missing"
    assert key_of(runner.run, ["sleep", "10"], timeout=0.05) == "command-timeout"


def test_much_is_given_and_taken_at_once():
    """Neither waits for the other where both pipes are full."""
    given = b"x" * 3_000_000
    script = "tee /dev/stderr"
    done = SystemRunner().run(["sh", "-c", script], timeout=20, stdin=given)
    assert (done.output, done.errors) == (given, given)


def test_who_does_not_listen_is_no_trouble():
    assert SystemRunner().run(["true"], timeout=20, stdin=b"x" * 3_000_000).code == 0


@pytest.mark.parametrize("script", ["yes", "yes >&2", "exec yes"])
def test_what_never_ends_fills_no_memory(script):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(HearthError, match="more than 16 MB") as failed:
        SystemRunner().run(["sh", "-c", script], timeout=20)
    assert failed.value.key == "command-failed"
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200_000  # kB


def test_who_is_silent_for_too_long_is_gone():
    with pytest.raises(HearthError) as failed:
        SystemRunner().run(["sh", "-c", "exec >&- 2>&-; sleep 60"], timeout=0.3)
    assert failed.value.key == "command-timeout"


def test_an_expected_failure_is_an_answer():
    assert SystemRunner().run(["false"], timeout=10.0, check=False).code == 1


def test_a_child_beside_us_can_be_ended_with_all_its_descendants(tmp_path):
    log = tmp_path / "log"
    child = SystemRunner().spawn(["sh", "-c", "echo up; sleep 60"], environment={"A": "b"}, output=log)
    assert child.poll() is None
    assert child.wait(0.01) is None
    child.signal_group(signal.SIGKILL)
    assert child.wait(10.0) == -signal.SIGKILL
    child.signal_group(signal.SIGKILL)


def test_a_question_is_answered():
    assert SystemRunner().question(["cat"], timeout=10.0, stdin=b"hello") == Completed(0, b"hello", b"")


def test_of_an_endless_answer_little_is_taken():
    assert key_of(SystemRunner().question, ["yes"], timeout=0.5) == "command-timeout"
    code = "import os; os.set_blocking(1, False); os.write(1, bytes(10**6))"
    assert len(SystemRunner().question([PYTHON, "-c", code], timeout=10.0).output) <= 64 * 1024


def test_a_question_that_nobody_hears_or_that_kills_is_no_trouble():
    assert SystemRunner().question(["true"], timeout=10.0, stdin=b"hello").output == b""
    code = "import os; os.write(1, b'half'); os.kill(os.getpid(), 9)"
    assert SystemRunner().question([PYTHON, "-c", code], timeout=10.0) == Completed(-signal.SIGKILL, b"half", b"")
    assert key_of(SystemRunner().question, ["/missing"], timeout=1.0) == "command-missing"


def test_the_virtual_one_runs_nothing_and_remembers():
    runner = VirtualRunner({("id",): Completed(0, b"me", b"")})
    assert runner.run(["id"], timeout=1.0).output == b"me"
    assert key_of(runner.run, ["rm", Secret("x")], timeout=1.0) == "command-missing"
    assert runner.asked == ["id", "rm '****'"]
