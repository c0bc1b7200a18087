# SPDX-License-Identifier: AGPL-3.0-or-later
"""masto (npm), unmodified, on Node."""

import json
import re
import subprocess
from pathlib import Path

from tests.end_to_end import answers
from tests.end_to_end.box import REPOSITORY
from tests.end_to_end.clients.conftest import Place

FOLDER = Path(__file__).parent / "masto"
PICTURE = REPOSITORY / "appliance/fediverse/mastodon_api/drawings/avatar-1.png"


def test_masto_drives_every_group_of_endpoints(place: Place) -> None:
    tokens = {name: place.app(name).access_token for name in ("anna", "ben", answers.USERNAME)}
    done = subprocess.run(
        ["node", "drive.mjs"],
        cwd=FOLDER,
        input=json.dumps({"url": place.url, "tokens": tokens, "picture": str(PICTURE)}),
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    groups = re.findall(r"^  async (\w+)\(\)", (FOLDER / "drive.mjs").read_text(), re.MULTILINE)
    assert done.stdout.split() == groups
