# SPDX-License-Identifier: AGPL-3.0-or-later
"""The part of the way that is about the certificate: what the web server has, and what it is to ask for."""

from collections.abc import Iterable
from dataclasses import replace

from appliance.internet import certificate
from appliance.internet.certificate import Memory, Wish
from appliance.internet.goal import Ask
from appliance.internet.model import Certificate, Stage
from appliance.internet.notebook import Notebook, moment, number
from appliance.internet.part import Pace, Scene
from appliance.system.caddy import Site, WebFront
from appliance.system.clock import Clock


class CertificatePart:
    field = "certificate"
    pace = Pace(calm=60.0, quick=3.0)

    def __init__(self, front: WebFront, notebook: Notebook, clock: Clock) -> None:
        self._front = front
        self._notebook = notebook
        self._clock = clock
        known = notebook.read()
        self._memory = Memory(
            known.get("name", ""),
            number(known.get("failures")),
            moment(known.get("failed")),
            known.get("error", ""),
            moment(known.get("since")),
        )

    def look(self, ask: Ask) -> Certificate:
        name, site = ask.goal.name, self._front.arranged()
        if site is not None and site.name != name:
            # The owner has thought of another name; nothing of the old one is to be left.
            self._front.arrange(None)
            site = None
        there = self._front.certificate()
        if site is not None:
            there = replace(there, asked=site.stage, strict=site.strict, by_tls=site.by_tls)
        self._note(certificate.remember(self._memory, name, there, self._clock.now()))
        memory = self._memory
        error = memory.error if there.asked is Stage.NONE else there.error
        return replace(there, error=error, again=memory.again, since=memory.since)

    def actions(self, scene: Scene) -> Iterable[Wish]:
        wish = certificate.wish(scene.goal.name, scene.way, clear=scene.clear) if scene.goal else None
        return () if wish is None else (wish,)

    def apply(self, action: Wish) -> None:
        self._front.arrange(Site(action.name, action.stage, action.strict, action.by_tls))

    def close(self) -> None:
        """Nothing: the web server goes on by itself."""

    def _note(self, memory: Memory) -> None:
        if memory != self._memory:
            self._memory = memory
            self._notebook.write(vars(memory))
