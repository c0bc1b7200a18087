# SPDX-License-Identifier: AGPL-3.0-or-later
"""An invitation: one line of text by which a box finds a gateway, knows it again, and is admitted once."""

import base64
import hashlib
import re
from dataclasses import dataclass

from appliance import internet_name
from appliance.errors import BadInput
from appliance.secret import Secret

SCHEME = "hearth-gateway:"
CODE_BYTES = 16
DEFAULT_PORT = 443
MAX_LENGTH = 600
_FORM = re.compile(r"([a-z0-9.-]+)(?::([0-9]{1,5}))?/([a-z0-9.-]+)/([A-Za-z0-9_-]{43})/([A-Za-z0-9_-]{22})")


@dataclass(frozen=True)
class Invitation:
    """`gateway` is the gateway's name and where it answers. `fingerprint` is the SHA-256 of its certificate, which
    nobody has signed: whoever was handed the invitation was handed that as well."""

    gateway: str
    port: int
    name: str
    fingerprint: bytes
    code: Secret

    def text(self) -> Secret:
        port = "" if self.port == DEFAULT_PORT else f":{self.port}"
        return Secret(f"{SCHEME}{self.gateway}{port}/{self.name}/{_letters(self.fingerprint)}/{self.code.reveal()}")


def parse(text: str) -> Invitation:
    """Raises BadInput bad-invitation. Line breaks and spaces, which mail programs like to add, do no harm."""
    plain = "".join(text.split()) if len(text) <= MAX_LENGTH else ""
    found = _FORM.fullmatch(plain.removeprefix(SCHEME)) if plain.startswith(SCHEME) else None
    if found is None:
        raise _bad()
    gateway, port, name, fingerprint, code = found.groups()
    number = int(port or DEFAULT_PORT)
    if not (internet_name.is_well_formed(gateway) and internet_name.is_well_formed(name) and 0 < number < 65536):
        raise _bad()
    return Invitation(gateway, number, name, _bytes(fingerprint), Secret(code))


def make_code(random: bytes) -> Secret:
    return Secret(_letters(random[:CODE_BYTES]))


def digest(secret: Secret) -> str:
    """What is kept in place of a secret that nobody can guess."""
    return hashlib.sha256(secret.reveal().encode()).hexdigest()


def _letters(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _bytes(letters: str) -> bytes:
    return base64.urlsafe_b64decode(letters + "=" * (-len(letters) % 4))


def _bad() -> BadInput:
    return BadInput(
        "That is no invitation to a gateway.",
        f"Copy the whole line that begins with {SCHEME}",
        key="bad-invitation",
    )
