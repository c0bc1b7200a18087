# SPDX-License-Identifier: AGPL-3.0-or-later
"""Workers end with whoever forked them."""

import contextlib
import os
import select
import signal
import subprocess
import sys

_MASTER = """
import os, time
from appliance.system.lifeline import Lifeline

lifeline = Lifeline()
for _ in range(2):
    if os.fork() == 0:
        lifeline.hold()
        os.write(1, b"up" + bytes([10]))  # at once, whatever is buffered
        time.sleep(60)
time.sleep(60)
"""


def test_workers_end_with_a_master_that_was_killed() -> None:
    reading, writing = os.pipe()
    master = subprocess.Popen([sys.executable, "-c", _MASTER], stdout=writing, start_new_session=True)
    os.close(writing)
    try:
        with os.fdopen(reading, "rb") as output:
            assert [output.readline(), output.readline()] == [b"up\n"] * 2
            master.send_signal(signal.SIGKILL)
            master.wait(timeout=10)
            # The pipe ends when the last process that could write to it is gone.
            assert select.select([output], [], [], 10.0)[0], "the workers live on"
            assert output.read() == b""
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(master.pid, signal.SIGKILL)
        master.wait(timeout=10)
