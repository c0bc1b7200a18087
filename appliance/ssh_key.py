# SPDX-License-Identifier: AGPL-3.0-or-later
"""Public ssh keys, taken apart strictly: a type we know, its bytes, a harmless comment, and nothing else on the line.

sshd reads options in front of a key (sshd(8), AUTHORIZED_KEYS FILE FORMAT); none are accepted here. The bytes begin
with the type's name and are strings with their lengths in front (RFC 4253, section 6.6).
"""

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass

from appliance.errors import BadInput

# Type, and how many strings its bytes are made of (RFC 4253, RFC 5656, RFC 8709, OpenSSH's PROTOCOL.u2f).
_KINDS = {
    "ssh-ed25519": 2,
    "ecdsa-sha2-nistp256": 3,
    "ecdsa-sha2-nistp384": 3,
    "ecdsa-sha2-nistp521": 3,
    "ssh-rsa": 3,
    "sk-ssh-ed25519@openssh.com": 3,
    "sk-ecdsa-sha2-nistp256@openssh.com": 4,
}
_MAX_LINE = 4000
_MAX_COMMENT = 100
_LEAST_RSA_BITS = 2048
_LINE = re.compile(r"(\S+) +([A-Za-z0-9+/]+={0,2})(?: +(.*))?")
_REMEDY = "Copy the whole line from your file that ends in .pub."


@dataclass(frozen=True)
class SshKey:
    kind: str
    data: str
    comment: str = ""

    @property
    def fingerprint(self) -> str:
        """As `ssh-keygen -l` shows it."""
        digest = hashlib.sha256(base64.b64decode(self.data)).digest()
        return "SHA256:" + base64.b64encode(digest).decode().rstrip("=")

    def line(self) -> str:
        return f"{self.kind} {self.data} {self.comment}".strip()


def parse_key(text: str) -> SshKey:
    """One key, on one line. Raises BadInput bad-ssh-key; never repeats what was typed, as that may be a private key."""
    line = text.strip()
    if "PRIVATE KEY" in line:
        raise _bad("That is a private key. Keep it to yourself, and never show it to anybody.")
    if not line or len(line) > _MAX_LINE or not line.isprintable():
        raise _bad("A key is one line of text.")
    match = _LINE.fullmatch(line)
    if match is None or match[1] not in _KINDS:
        raise _bad("That is not a public ssh key, or not of a kind that is used today.")
    kind, data = match[1], match[2]
    try:
        parts = _strings(base64.b64decode(data, validate=True))
    except (binascii.Error, ValueError):
        raise _bad("The key is damaged: something of it is missing.") from None
    if len(parts) != _KINDS[kind] or parts[0] != kind.encode() or not all(parts):
        raise _bad("The key is damaged: something of it is missing.")
    if kind.endswith("ed25519") and len(parts[1]) != 32:
        raise _bad("The key is damaged: something of it is missing.")
    if kind == "ssh-rsa" and int.from_bytes(parts[2], "big").bit_length() < _LEAST_RSA_BITS:
        raise _bad("That key is too short to be safe.")
    comment = re.sub(r"[^A-Za-z0-9 @._+-]", "", match[3] or "")[:_MAX_COMMENT].strip()
    return SshKey(kind, data, comment)


def _strings(data: bytes) -> list[bytes]:
    """Raises ValueError unless the bytes are strings with their lengths in front, to the last one."""
    found = []
    while data:
        length = int.from_bytes(data[:4], "big")
        if len(data) < 4 + length or len(data) < 4:
            raise ValueError("too short")
        found.append(data[4 : 4 + length])
        data = data[4 + length :]
    return found


def _bad(sentence: str) -> BadInput:
    return BadInput(sentence, _REMEDY, key="bad-ssh-key")
