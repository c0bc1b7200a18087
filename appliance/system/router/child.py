# SPDX-License-Identifier: AGPL-3.0-or-later
"""The child that talks to the router: it asks one question, in its cage (appliance/system/inquiry.py)."""

import contextlib
import encodings.idna  # noqa: F401 - else imported when the first name is looked up, where nothing can be read
import os
import socket
from collections.abc import Callable, Sequence

from appliance.internet.model import PortControl
from appliance.parse import from_dict
from appliance.system.router.hops import beyond
from appliance.system.router.packets import by_nat_pmp, by_pcp
from appliance.system.router.upnp import by_upnp
from appliance.system.router.words import Answer, Name, Question, Trouble, Verb, is_address, plain

_WAYS: Callable[[PortControl], Callable[[Question], Answer]] = {
    PortControl.PCP: by_pcp,
    PortControl.NAT_PMP: by_nat_pmp,
    PortControl.UPNP: by_upnp,
}.__getitem__


def answer(asked: object) -> Answer:
    question = from_dict(Question, asked)
    if question.verb is Verb.NAMES:
        return Answer(names=tuple(_names(question.addresses)))
    if question.verb is Verb.BEYOND:
        found = beyond(question.own, question.gateway)
        return Answer(beyond=found if found is not None and is_address(found) else None)
    for control in question.controls:
        said = _WAYS(control)(question)
        if said.control is not None:
            return said
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
