# SPDX-License-Identifier: AGPL-3.0-or-later
"""`python -m tests`: all tests, and beside them those of what the fediverse server stores once more on PostgreSQL.

Its pages, log-in, deliveries and the tests end to end are left out there: they ask nothing of a database that these
don't. The lab of homes and routers takes a quarter of an hour and has a target of its own (`make test-lab`).
Arguments go to pytest, which is then all that runs.
"""

import os
import subprocess
import sys
import tempfile

_AGAIN = [f"tests/fediverse/{part}" for part in ("db", "services", "mastodon_api", "activitypub")]
_PYTEST = [sys.executable, "-m", "pytest"]


def main(arguments: list[str]) -> int:
    if arguments:
        os.execv(sys.executable, [*_PYTEST, *arguments])
    with tempfile.TemporaryFile() as said:
        # What starts real servers and browsers goes first.
        again = ["nice", "-n", "19", *_PYTEST, "--database=postgresql", "-q", "-p", "no:cacheprovider", *_AGAIN]
        beside = subprocess.Popen(again, stdin=subprocess.DEVNULL, stdout=said, stderr=subprocess.STDOUT)
        try:
            code = subprocess.run([*_PYTEST, "--ignore=tests/lab"], check=False).returncode
            print("\nOn PostgreSQL:", flush=True)
            other = beside.wait()
        except KeyboardInterrupt:
            beside.wait()
            return 130
        said.seek(0)
        sys.stdout.buffer.write(said.read())
    return code or other


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
