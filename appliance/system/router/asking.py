# SPDX-License-Identifier: AGPL-3.0-or-later
"""Asks the router by way of a child (child.py), and believes nothing of what that says but what is in its bounds."""

import json
import logging
import sys
from dataclasses import asdict
from pathlib import Path

from appliance.errors import BadInput, HearthError
from appliance.parse import from_dict, to_dict
from appliance.system.cage import Cage
from appliance.system.router.words import Answer, Question, Trouble, Verb, check
from appliance.system.runner import Runner

_ROOT = Path(__file__).parent.parent.parent.parent
_CODE = (
    "import sys; sys.path.insert(0, sys.argv[1]); from appliance.system.router import child; child.main(sys.argv[2:])"
)
# A name server may be named in /run.
_WALLS = Cage("", 192 * 2**20, 5, 0, ("/run/systemd/resolve", "/run/NetworkManager"), network=True)
_SECONDS = {Verb.LOOK: 10.0, Verb.OPEN: 10.0, Verb.CLOSE: 4.0, Verb.NAMES: 4.0}
_START_SECONDS = 10.0  # in which a child on a busy board begins

log = logging.getLogger(__name__)


def ask(runner: Runner, question: Question) -> Answer:
    """A child that was stopped, or said what makes no sense, is trouble like any other."""
    seconds = _SECONDS[question.verb]
    argv = [sys.executable, "-c", _CODE, str(_ROOT), json.dumps(asdict(_WALLS)), str(seconds)]
    given = json.dumps(to_dict(question)).encode()
    try:
        done = runner.question(argv, timeout=seconds + _START_SECONDS, stdin=given)
        if done.code == 0:
            return check(from_dict(Answer, json.loads(done.output)), question)
        log.warning("the router was not understood: the child that asked it ended with %d", done.code)
    except (BadInput, ValueError, RecursionError):
        log.warning("the router was not understood: the child that asked it made no sense")
    except HearthError as error:
        log.warning("the router was not understood: %s", error.sentence)
    return Answer(trouble=Trouble.STRANGE)
