# SPDX-License-Identifier: AGPL-3.0-or-later
"""The supervisor's secrets: one file each, 0600, in a folder of their own, and never in the settings."""

import secrets
from collections.abc import Mapping
from enum import Enum
from pathlib import Path

from appliance.errors import HearthError
from appliance.secret import Secret
from appliance.system.files import Files

# Letters and digits that nobody mistakes for another: 31 of them, so eight carry 39 bits.
CODE_ALPHABET = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
CODE_LENGTH = 8


class Name(Enum):
    """The files, by what they hold."""

    OWNER_VERIFIER = "owner-verifier"
    CLAIM_CODE = "claim-code"
    CONSOLE_SESSION_KEY = "console-session-key"
    NAME = "name"  # for whoever is told the box's addresses
    GATEWAY_INVITATION = "gateway-invitation"
    GATEWAY_TOKEN = "gateway-token"  # noqa: S105 - the name of a file


# The others are the box's own, whoever it belongs to.
_OWNERS = (Name.OWNER_VERIFIER, Name.NAME, Name.GATEWAY_INVITATION, Name.GATEWAY_TOKEN)


class SecretStore:
    def __init__(self, folder: Path, files: Files) -> None:
        self._folder = folder
        self._files = files
        files.make_folder(folder, mode=0o700)

    def prepare(self) -> Secret:
        """Make what is missing, once; answers the claim code."""
        if not self.get(Name.CONSOLE_SESSION_KEY):
            self.put(Name.CONSOLE_SESSION_KEY, Secret(secrets.token_hex(32)))
        code = self.get(Name.CLAIM_CODE)
        if not code:
            code = make_code()
            self.put(Name.CLAIM_CODE, code)
        return code

    def get(self, name: Name) -> Secret | None:
        try:
            text = self._files.read(self._path(name), limit=4096).decode().strip()
        except FileNotFoundError:
            return None
        except (OSError, UnicodeDecodeError) as error:
            raise HearthError(
                "state-unreadable", f"{self._path(name)} could not be read.", "Check the disk.", status=500
            ) from error
        return Secret(text) if text else None

    def name_secret(self) -> Secret | None:
        return self.get(Name.NAME)

    def put(self, name: Name, secret: Secret) -> None:
        """Durable when this returns. Raises HearthError disk-full, disk-refused."""
        self._files.replace(self._path(name), secret.reveal().encode() + b"\n", mode=0o600)

    def drop(self, name: Name) -> None:
        self._files.remove(self._path(name))

    def of_the_owner(self) -> dict[str, Secret]:
        found = ((name.value, self.get(name)) for name in _OWNERS)
        return {name: secret for name, secret in found if secret is not None}

    def give_owner(self, given: Mapping[str, Secret]) -> None:
        """Exactly these from now on, as `of_the_owner` told them; of one that is not among them nothing is left."""
        for name in _OWNERS:
            secret = given.get(name.value)
            if secret is None:
                self.drop(name)
            else:
                self.put(name, secret)

    def _path(self, name: Name) -> Path:
        return self._folder / name.value


def make_code() -> Secret:
    """Like K7MP-3XQT."""
    text = "".join(secrets.choice(CODE_ALPHABET) for _ in range(CODE_LENGTH))
    return Secret(f"{text[:4]}-{text[4:]}")


def same_code(code: Secret, typed: Secret) -> bool:
    """True if the code was typed, in capitals or not, with or without its dash; in constant time."""
    return Secret(_bare(code)).matches(_bare(typed))


def _bare(code: Secret) -> str:
    return "".join(code.reveal().upper().replace("-", " ").split())
