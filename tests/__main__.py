# SPDX-License-Identifier: AGPL-3.0-or-later
"""`python -m tests`: all tests, and beside them those of what the fediverse server stores once more on PostgreSQL; then
the lab of homes and routers, whose tests mostly wait, in several processes at once.

Its pages, log-in, deliveries and the tests end to end are left out on PostgreSQL: they ask nothing of a database that
these don't. Arguments go to pytest, which is then all that runs.
"""

import os
import subprocess
import sys
import tempfile

_AGAIN = [f"tests/fediverse/{part}" for part in ("db", "services", "mastodon_api", "activitypub")]
_PYTEST = [sys.executable, "-m", "pytest"]
LAB = ["--numprocesses=4", "--dist=loadgroup", "tests/lab"]


def main(arguments: list[str]) -> int:
    if arguments:
        os.execv(sys.executable, [*_PYTEST, *arguments])
    with tempfile.TemporaryFile() as said:
        # What starts real servers and browsers goes first.
        again = ["nice", "-n", "19", *_PYTEST, "--database=postgresql", "-q", "-p", "no:cacheprovider", *_AGAIN]
        beside = subprocess.Popen(again, stdin=subprocess.DEVNULL, stdout=said, stderr=subprocess.STDOUT)
        try:
            codes = [subprocess.run([*_PYTEST, "--ignore=tests/lab"], check=False).returncode]
            codes.append(beside.wait())
        except KeyboardInterrupt:
            beside.wait()
            return 130
        print("\nOn PostgreSQL:", flush=True)
        said.seek(0)
        sys.stdout.buffer.write(said.read())
    print("\nThe lab:", flush=True)
    codes.append(subprocess.run([*_PYTEST, *LAB], check=False).returncode)
    return max(codes)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
