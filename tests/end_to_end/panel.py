# SPDX-License-Identifier: AGPL-3.0-or-later
"""The front panel of a virtual box, as its page uses it: what a home does to a box."""

import json
import re
from typing import Any
from urllib.parse import urlencode

from tests.end_to_end.box import Box
from tests.end_to_end.waiting import eventually

_CSRF = re.compile(rb'name="csrf" value="([^"]+)"')


class Panel:
    def __init__(self, box: Box) -> None:
        self._box = box

    def pull_the_power(self) -> None:
        self._do("pull")

    def give_power(self) -> None:
        self._do("plug")

    def press(self) -> None:
        """A short press; comes back when the button is up again."""
        self._do("hold", seconds=0.2)
        eventually("the button is up again", lambda: self.look()["held"] is None)

    def hold(self, seconds: float) -> None:
        """Begins to hold the button; comes back at once."""
        self._do("hold", seconds=seconds)

    def heat(self, temperature: float) -> None:
        self._do("heat", temperature=temperature)

    def write_card(self, text: str) -> None:
        """Only while the box has no power."""
        self._do("card", text=text)

    def home(self, what: str, value: str) -> None:
        """Change a thing of the home around the box: "cable" to "no", "nat" to "carrier" and the like."""
        self._do("home", what=what, value=value)

    def mend_home(self) -> None:
        self._do("home-mend")

    def plug_disk(self, model: str, gigabytes: int) -> None:
        self._do("plug-disk", model=model, gigabytes=gigabytes)

    def look(self) -> Any:
        """What the panel shows now."""
        return json.loads(self._box.get(f"{self._box.panel}/look").data)

    @property
    def light(self) -> str:
        light = self.look()["light"]
        assert isinstance(light, str)
        return light

    def pull_disk(self, name: str) -> None:
        self._do("pull-disk", name=name)

    def _do(self, action: str, **form: object) -> None:
        page = self._box.get(f"{self._box.panel}/").data
        token = _CSRF.search(page)
        assert token, "the panel's page has no token"
        answer = self._box.http.request(
            "POST",
            f"{self._box.panel}/do/{action}",
            body=urlencode({**form, "csrf": token[1].decode()}),
            headers={"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"},
            redirect=False,
            timeout=60,
        )
        assert answer.status == 200, answer.data.decode()
