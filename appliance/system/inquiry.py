# SPDX-License-Identifier: AGPL-3.0-or-later
"""Inquiry: something that reads what strangers send is done by a child in its cage, which answers in a few bytes of
JSON. Both ends of it: `inquire` asks, `main` is the child.
"""

import importlib
import json
import logging
import signal
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from appliance.errors import Unavailable
from appliance.parse import from_dict, to_dict
from appliance.system import cage
from appliance.system.cage import Cage
from appliance.system.runner import Runner

_ROOT = Path(__file__).parent.parent.parent
_CODE = "import sys; sys.path.insert(0, sys.argv[1]); from appliance.system import inquiry; inquiry.main(sys.argv[2:])"
_START_SECONDS = 15.0  # in which a child on a busy board begins

log = logging.getLogger(__name__)


def inquire(runner: Runner, module: str, question: Any, walls: Cage, seconds: float) -> Any:
    """What `answer` of that module returns, as JSON data: a child that was taken over may answer anything, so the
    asker must look at it. `question` is a dataclass.

    Raises Unavailable no-answer, HearthError command-timeout.
    """
    argv = [sys.executable, "-c", _CODE, str(_ROOT), module, json.dumps(asdict(walls)), str(seconds)]
    done = runner.question(argv, timeout=seconds + _START_SECONDS, stdin=json.dumps(to_dict(question)).encode())
    try:
        if done.code == 0:
            return json.loads(done.output)
    except (ValueError, RecursionError):
        pass
    log.warning("the child for %s ended with %d and without an answer", module, done.code)
    raise Unavailable("no-answer", "The box could not find that out.")


def main(arguments: Sequence[str]) -> None:
    """All is imported before the door closes, and no stranger's byte is read before."""
    module, described, seconds = arguments
    answer = importlib.import_module(module).answer
    walls, question = from_dict(Cage, json.loads(described)), json.load(sys.stdin)
    signal.setitimer(signal.ITIMER_REAL, float(seconds))  # its signal kills
    cage.enter(walls)
    json.dump(to_dict(answer(question)), sys.stdout)
