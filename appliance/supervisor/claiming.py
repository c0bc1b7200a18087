# SPDX-License-Identifier: AGPL-3.0-or-later
"""The commands of claiming and of recovery: waiting for a press, looking, and the code from the card. All in the loop.

Both are given to the one browser that waits, or that typed the code: before there is an owner the box itself,
afterwards the right to choose a new password.
"""

from appliance.errors import Refused
from appliance.supervisor import claim
from appliance.supervisor.core import Core
from appliance.supervisor.protocol import Browser, ClaimCode, ClaimView
from appliance.supervisor.secrets_store import Name, SecretStore, same_code
from appliance.system.clock import Clock

WRONG_CODES = 5
WITHIN_SECONDS = 300.0


class Claiming:
    def __init__(self, core: Core, secrets: SecretStore, clock: Clock) -> None:
        self._core = core
        self._secrets = secrets
        self._clock = clock
        self._wrong: tuple[float, ...] = ()

    def wait(self, asked: Browser) -> ClaimView:
        browser, settings = claim.fingerprint(asked.browser), self._core.settings
        if settings.owner is None and settings.claimed_by != browser:
            self._core.waiting = claim.wait(self._core.waiting, browser, self._clock.monotonic())
        return self.look(asked)

    def look(self, asked: Browser) -> ClaimView:
        settings = self._core.settings
        return claim.view(
            self._core.waiting,
            claim.fingerprint(asked.browser),
            self._clock.monotonic(),
            given_to=settings.claimed_by,
            for_good=settings.owner is not None,
        )

    def wait_for_recovery(self, asked: Browser) -> ClaimView:
        browser = claim.fingerprint(asked.browser)
        if self._core.settings.owner is not None and self._core.recovery_for != browser:
            self._core.waiting = claim.wait(self._core.waiting, browser, self._clock.monotonic())
        return self.look_at_recovery(asked)

    def look_at_recovery(self, asked: Browser) -> ClaimView:
        return claim.view(
            self._core.waiting,
            claim.fingerprint(asked.browser),
            self._clock.monotonic(),
            given_to=self._core.recovery_for,
            for_good=False,
        )

    def code(self, asked: ClaimCode) -> ClaimView:
        """Claims while there is no owner; afterwards opens the recovery login. Both for the browser that gave it.

        Wrong codes are counted for everybody together: a home has no strangers to tell apart, and the button
        still works. Raises Refused wrong-code, too-many-tries.
        """
        now = self._clock.monotonic()
        self._wrong = tuple(at for at in self._wrong if now - at < WITHIN_SECONDS)
        if len(self._wrong) >= WRONG_CODES:
            raise Refused(
                "too-many-tries",
                "There were too many wrong codes.",
                "Wait five minutes, or press the box's button.",
                status=429,
            )
        code = self._secrets.get(Name.CLAIM_CODE)
        if code is None or not same_code(code, asked.code):
            self._wrong = (*self._wrong, now)
            raise Refused("wrong-code", "The code is wrong.", "It is in the file hearth.txt on the box's card.")
        browser = claim.fingerprint(asked.browser)
        if self._core.settings.owner is None:
            self._core.claim_for(browser)
        else:
            self._core.open_recovery(browser)
        return self.look(Browser(asked.browser))
