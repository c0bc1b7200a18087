# SPDX-License-Identifier: AGPL-3.0-or-later
"""The owner's account: set once by whoever claimed, login, a new password, and the way back in by the button.

The methods run in the asking thread, as argon2id takes its time and memory; what they read and write of the
supervisor's state they do in the loop.
"""

import logging
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from appliance.errors import BadInput, Refused, Unavailable
from appliance.passwords import check_strength, hash_password, verify
from appliance.secret import Secret
from appliance.supervisor import claim
from appliance.supervisor.core import Core
from appliance.supervisor.loop import Loop
from appliance.supervisor.protocol import Login, NewOwner, NewPassword
from appliance.supervisor.secrets_store import Name, SecretStore
from appliance.supervisor.throttle import Throttle

log = logging.getLogger(__name__)

AT_ONCE = 2  # verifications: 19 MiB each, on boards with 512 MB

# There is but one, so guesses at any name count together. Each guess renews it, so that no crowd of addresses can
# push it out of the throttle's memory.
_ACCOUNT = "account"
_USERNAME = re.compile(r"[A-Za-z0-9_]{1,30}")
_WRONG = (
    "wrong-password",
    "The user name or the password is wrong.",
    "If it is forgotten, the box's button lets you choose a new one.",
)


class Owner:
    def __init__(self, loop: Loop, core: Core, secrets: SecretStore, throttle: Throttle) -> None:
        self._loop = loop
        self._core = core
        self._secrets = secrets
        self._throttle = throttle
        self._slots = threading.BoundedSemaphore(AT_ONCE)

    def set(self, asked: NewOwner) -> dict[str, int]:
        """Raises Refused not-yours, owner-exists; BadInput bad-username, weak-password."""
        if not _USERNAME.fullmatch(asked.username):
            raise BadInput(
                "A user name is made of up to 30 letters without accents, digits and _.",
                "Choose another one.",
                key="bad-username",
            )
        check_strength(asked.password, about=(asked.username,))
        if self._loop.ask(lambda: self._may_set(asked)):
            return self._set_again(asked)
        with self._slot():
            verifier = hash_password(asked.password)
        return {"epoch": self._loop.ask(lambda: self._set(asked, verifier))}

    def login(self, asked: Login) -> dict[str, int]:
        """Raises Refused wrong-password, too-many-tries."""
        keys = (_ACCOUNT, f"address {asked.address}")
        known = self._loop.ask(lambda: self._begin(asked.username, keys))
        self._verify(known, asked.password)
        return {"epoch": self._loop.ask(lambda: self._succeed(keys))}

    def password(self, asked: NewPassword) -> dict[str, int]:
        """A new password ends every other session. Raises Refused wrong-password, recovery-closed, no-owner.

        Without the old one it is for the browser that the recovery is open for, and for no other.
        """
        owner = self._loop.ask(lambda: self._core.settings.owner)
        if owner is None:
            raise Refused("no-owner", "This box has no owner yet.", "Set it up first.", status=409)
        check_strength(asked.new, about=(owner,))
        if asked.recovery is not None:
            self._loop.ask(lambda: self._check_recovery(asked))
        else:
            keys = (_ACCOUNT,)
            known = self._loop.ask(lambda: self._begin(owner, keys))
            self._verify(known, asked.old or Secret(""))
            self._loop.ask(lambda: self._succeed(keys))
        with self._slot():
            verifier = hash_password(asked.new)
        return {"epoch": self._loop.ask(lambda: self._put(verifier, owner, asked))}

    def confirm(self, password: Secret) -> None:
        """For what is worth asking the password again. Raises Refused wrong-password, too-many-tries, no-owner."""
        owner = self._loop.ask(lambda: self._core.settings.owner)
        if owner is None:
            raise Refused("no-owner", "This box has no owner yet.", "Set it up first.", status=409)
        known = self._loop.ask(lambda: self._begin(owner, (_ACCOUNT,)))
        self._verify(known, password)
        self._loop.ask(lambda: self._succeed((_ACCOUNT,)))

    def _verify(self, verifier: Secret | None, password: Secret) -> None:
        with self._slot():
            right = verify(verifier.reveal() if verifier else None, password)
        if not right:
            log.warning("somebody gave a wrong password")
            raise Refused(*_WRONG, status=401)

    # In the loop:

    def _may_set(self, asked: NewOwner) -> bool:
        """True if the owner is there already and this may be the same request, sent twice."""
        settings = self._core.settings
        if settings.claimed_by != claim.fingerprint(asked.browser):
            raise Refused("not-yours", "This box was claimed from another browser.", "Press its button to claim it.")
        if settings.owner is None:
            return False
        if settings.owner == asked.username:
            return True
        raise Refused("owner-exists", "This box has an owner already.", "Log in.", status=409)

    def _set(self, asked: NewOwner, verifier: str) -> int:
        if not self._may_set(asked):
            self._secrets.put(Name.OWNER_VERIFIER, Secret(verifier))
            self._core.change(owner=asked.username)
        return self._core.settings.epoch

    def _set_again(self, asked: NewOwner) -> dict[str, int]:
        try:
            return self.login(Login(asked.username, asked.password, "setup"))
        except Refused as error:
            if error.key != "wrong-password":
                raise
            raise Refused("owner-exists", "This box has an owner already.", "Log in.", status=409) from None

    def _begin(self, username: str, keys: tuple[str, ...]) -> Secret | None:
        """Count the try before its outcome is known, so that many at once gain nothing."""
        self._throttle.begin(*keys)
        owner = self._core.settings.owner
        known = owner is not None and owner.lower() == username.lower()
        return self._secrets.get(Name.OWNER_VERIFIER) if known else None

    def _succeed(self, keys: tuple[str, ...]) -> int:
        self._throttle.succeed(*keys)
        return self._core.settings.epoch

    def _check_recovery(self, asked: NewPassword) -> None:
        if asked.recovery is not None and self._core.recovery_for != claim.fingerprint(asked.recovery):
            raise Refused(
                "recovery-closed",
                "Choosing a new password without the old one is not open for this browser now.",
                "Start here and press the box's button; then it is open for five minutes.",
            )

    def _put(self, verifier: str, owner: str, asked: NewPassword) -> int:
        self._check_recovery(asked)
        if self._core.settings.owner != owner:
            raise Refused("no-owner", "The owner has changed meanwhile.", "Log in again.", status=409)
        self._secrets.put(Name.OWNER_VERIFIER, Secret(verifier))
        self._core.change(epoch=self._core.settings.epoch + 1)
        if asked.recovery is not None:
            self._core.close_recovery()
            self._throttle.succeed(_ACCOUNT)
        return self._core.settings.epoch

    @contextmanager
    def _slot(self) -> Iterator[None]:
        if not self._slots.acquire(timeout=10.0):
            raise Unavailable("busy", "Too many are logging in at once.")
        try:
            yield
        finally:
            self._slots.release()
