# SPDX-License-Identifier: AGPL-3.0-or-later
"""The part of the way that tells whoever looks after the name which addresses it has."""

from collections.abc import Callable, Iterable
from dataclasses import replace

from appliance.errors import HearthError, Unavailable
from appliance.internet import name
from appliance.internet.goal import Ask
from appliance.internet.model import Update
from appliance.internet.name import Tell
from appliance.internet.notebook import Notebook, moment, number
from appliance.internet.part import Pace, Scene
from appliance.secret import Secret
from appliance.system.clock import Clock
from appliance.system.naming import Addresses, DynamicName


class UpdatePart:
    """Tells the provider of the name when the box's addresses are others. It remembers what it told, and when."""

    field = "update"
    pace = Pace(calm=300.0, quick=30.0)

    def __init__(
        self, door: DynamicName, secret: Callable[[], Secret | None], notebook: Notebook, clock: Clock
    ) -> None:
        self._door = door
        self._secret = secret
        self._notebook = notebook
        self._clock = clock
        self._about: tuple[str, object] | None = None
        known = notebook.read()
        self._failures = number(known.get("failures"))
        self._last = Update(
            known.get("a"),
            known.get("aaaa"),
            moment(known.get("at")),
            known.get("error", ""),
            moment(known.get("again")),
        )

    def look(self, ask: Ask) -> Update:
        about = (ask.goal.name, ask.goal.account)
        if self._about not in (None, about):
            # Another name, or the owner has corrected what she gave: whatever was refused may go well now.
            self._failures, self._last = 0, Update()
        self._about = about
        return self._last

    def actions(self, scene: Scene) -> Iterable[Tell]:
        tell = name.told(scene.goal, scene.way) if scene.goal else None
        return () if tell is None else (tell,)

    def apply(self, action: Tell) -> None:
        error, for_good = "", False
        try:
            self._tell(action)
        except HearthError as failure:
            error, for_good = failure.sentence, not isinstance(failure, Unavailable) and failure.status in (409, 422)
        self._failures = self._failures + 1 if error else 0
        last = name.after(self._clock.now(), action, error, self._failures, for_good=for_good)
        # What it was told before, and took, still stands where it refused this.
        self._last = replace(last, a=self._last.a, aaaa=self._last.aaaa) if error else last
        values = {"a": self._last.a, "aaaa": self._last.aaaa, "at": last.at, "error": error, "again": last.again}
        self._notebook.write({**values, "failures": self._failures})

    def close(self) -> None: ...

    def _tell(self, action: Tell) -> None:
        account, secret = action.goal.account, self._secret()
        if account is None:
            return
        self._door.tell(action.goal.name, account, secret or Secret(""), Addresses(action.a, action.aaaa))
