# SPDX-License-Identifier: AGPL-3.0-or-later
"""What box and gateway say to one another, once, before SniTun's own protocol begins on the same TLS connection.

One line of JSON each way. The box is known by its token; the gateway by its certificate, before a word is said.
"""

import json
import re
from dataclasses import dataclass

from appliance import internet_name
from appliance.errors import BadInput, HearthError
from appliance.parse import from_dict, json_object, to_dict
from appliance.secret import Secret

MAX_LINE = 4096
VERSION = 1
CALL = "hearth-gateway"  # what a box offers to speak (RFC 7301), as a name may lead to a web server as well
_KEY = re.compile(r"[0-9a-f]{64}")
_WORD = re.compile(r"[A-Za-z0-9_-]{0,64}")
_IV = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True)
class Hello:
    """`run` is another one each time that the box starts: by it two boxes with one token are told apart. `code` is the
    invitation's, which is good once; later it does no harm."""

    version: int
    name: str
    token: Secret
    run: str
    code: Secret


@dataclass(frozen=True)
class Welcome:
    """Key and initial vector of SniTun's headers, as hexadecimal digits; what goes through them is TLS already."""

    epoch: int
    key: Secret
    iv: Secret


@dataclass(frozen=True)
class Refusal:
    key: str
    sentence: str
    remedy: str = ""


def pack(said: Hello | Welcome | Refusal) -> bytes:
    return json.dumps(to_dict(said)).encode() + b"\n"


def parse_hello(line: bytes) -> Hello:
    """Raises BadInput."""
    hello = from_dict(Hello, json_object(line))
    if hello.version != VERSION:
        raise BadInput("The box speaks in another version.", "Update box and gateway.", key="gateway-version")
    if not _KEY.fullmatch(hello.token.reveal()) or not internet_name.is_well_formed(hello.name):
        raise BadInput("That is no greeting of a box.")
    if not all(_WORD.fullmatch(each) for each in (hello.run, hello.code.reveal())):
        raise BadInput("That is no greeting of a box.")
    return hello


def parse_answer(line: bytes) -> Welcome:
    """Raises BadInput; the HearthError that the gateway gave as its reason, in words cut to a length."""
    answer = json_object(line)
    if "sentence" in answer:
        refusal = from_dict(Refusal, answer)
        raise HearthError(_plain(refusal.key, 40), _plain(refusal.sentence, 200), _plain(refusal.remedy, 200))
    welcome = from_dict(Welcome, answer)
    if not _KEY.fullmatch(welcome.key.reveal()) or not _IV.fullmatch(welcome.iv.reveal()):
        raise BadInput("That is no answer of a gateway.")
    return welcome


def _plain(text: str, length: int) -> str:
    return "".join(character for character in text if character.isprintable())[:length]
