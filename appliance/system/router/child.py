# SPDX-License-Identifier: AGPL-3.0-or-later
"""The child that talks to the router: it locks itself in, asks one question, and answers in a few bytes of JSON.

Everything it needs is imported before it is locked in, but no byte of the router's is read before.
"""

import contextlib
import encodings.idna  # noqa: F401 - else imported when the first name is looked up
import json
import os
import signal
import socket
import sys
from collections.abc import Callable, Sequence

from appliance.internet.model import PortControl
from appliance.parse import from_dict, to_dict
from appliance.system import cage
from appliance.system.cage import Cage
from appliance.system.router.packets import by_nat_pmp, by_pcp
from appliance.system.router.upnp import by_upnp
from appliance.system.router.words import Answer, Name, Question, Trouble, Verb, plain

_WAYS: Callable[[PortControl], Callable[[Question], Answer]] = {
    PortControl.PCP: by_pcp,
    PortControl.NAT_PMP: by_nat_pmp,
    PortControl.UPNP: by_upnp,
}.__getitem__


def main(arguments: Sequence[str]) -> None:
    described, seconds = arguments
    walls = from_dict(Cage, json.loads(described))
    question = from_dict(Question, json.load(sys.stdin))
    signal.setitimer(signal.ITIMER_REAL, float(seconds))  # its signal kills
    cage.enter(walls)
    json.dump(to_dict(answer(question)), sys.stdout)


def answer(question: Question) -> Answer:
    if question.verb is Verb.NAMES:
        return Answer(names=tuple(_names(question.addresses)))
    for control in question.controls:
        found = _WAYS(control)(question)
        if found.control is not None:
            return found
    return Answer(trouble=Trouble.SILENT)


def _names(addresses: Sequence[str]) -> list[Name]:
    os.environ["RES_OPTIONS"] = "timeout:1 attempts:1"  # resolv.conf(5); a name is only nice to have
    names = []
    for address in addresses:
        with contextlib.suppress(OSError, UnicodeError):
            # At home its first part is what people call it.
            name = plain(socket.gethostbyaddr(address)[0].partition(".")[0])
            if name and not name.isdigit():
                names.append(Name(address, name))
    return names
