# SPDX-License-Identifier: AGPL-3.0-or-later
"""Asks the router by way of a child (child.py), and believes nothing of what that says but what is in its bounds."""

import logging

from appliance.errors import BadInput, HearthError
from appliance.parse import from_dict
from appliance.system.cage import Cage
from appliance.system.inquiry import inquire
from appliance.system.router.words import Answer, Question, Trouble, Verb, check
from appliance.system.runner import Runner

_CHILD = "appliance.system.router.child"
# A name server may be named in /run.
_WALLS = Cage("", 96 * 2**20, 5, 0, ("/run/systemd/resolve", "/run/NetworkManager"), network=True)
_SECONDS = {Verb.LOOK: 10.0, Verb.OPEN: 10.0, Verb.CLOSE: 4.0, Verb.NAMES: 4.0, Verb.BEYOND: 4.0}

log = logging.getLogger(__name__)


def ask(runner: Runner, question: Question) -> Answer:
    """A child that was stopped, or said what makes no sense, is trouble like any other."""
    try:
        said = inquire(runner, _CHILD, question, _WALLS, _SECONDS[question.verb])
        return check(from_dict(Answer, said), question)
    except BadInput:
        log.warning("the router was not understood: the child that asked it made no sense")
    except HearthError as error:
        log.warning("the router was not understood: %s", error.sentence)
    return Answer(trouble=Trouble.STRANGE)
