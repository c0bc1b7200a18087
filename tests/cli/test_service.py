# SPDX-License-Identifier: AGPL-3.0-or-later
import subprocess
import sys

HANGS = """
import argparse, os, sys, types
from appliance.cli import service
sys.modules["hung"] = types.SimpleNamespace(serve=lambda config: os.abort())
service._MAINS["hung"] = "hung"
service.serve(None, argparse.Namespace(name="hung"))
"""


def test_who_is_killed_for_hanging_says_where_it_stood() -> None:
    killed = subprocess.run(
        [sys.executable, "-c", HANGS], capture_output=True, text=True, timeout=60, check=False, env={"PATH": "/usr/bin"}
    )
    assert killed.returncode < 0
    assert "Fatal Python error: Aborted" in killed.stderr
    assert "in serve" in killed.stderr
