# SPDX-License-Identifier: AGPL-3.0-or-later
"""The supervisor's state and what happens to it. Everything here runs in the loop, and nothing here takes long."""

import dataclasses
import logging
import queue
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from appliance.board.light import Light
from appliance.board.model import Event, EventKind
from appliance.errors import HearthError
from appliance.settings import Settings, SettingsFile, after_reset
from appliance.status import Capability as Report
from appliance.status import Level, Status
from appliance.supervisor import button as buttons
from appliance.supervisor import claim
from appliance.supervisor.button import Button, Edge, Gesture
from appliance.supervisor.capability import Capability, Plan
from appliance.supervisor.issues import Finding, update_since
from appliance.supervisor.jobs import Jobs
from appliance.supervisor.view import Known, all_findings, assemble, differs
from appliance.system.clock import Clock

RECOVERY_SECONDS = 300.0
TICK_SECONDS = 1.0
QUICK_TICK_SECONDS = 0.2  # while the button is held, so that the light keeps up
SAVE_AGAIN_SECONDS = 30.0

Watcher = queue.SimpleQueue[Status]
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Effects:
    """What the core sets off outside the loop: none of these may block."""

    show: Callable[[Light], None]
    power_off: Callable[[], None]
    look_again: Callable[[], None]
    reset_console: Callable[[], None]
    pressed: Callable[[], None] = lambda: None


class Core:
    def __init__(
        self,
        settings: Settings,
        settings_file: SettingsFile,
        clock: Clock,
        jobs: Jobs,
        capabilities: tuple[Capability, ...],
        effects: Effects,
        *,
        board: str,
        instance_url: str,
    ) -> None:
        self.settings = settings
        self.jobs = jobs
        self.waiting: tuple[claim.Waiting, ...] = ()
        self.watchers: set[Watcher] = set()
        self._file = settings_file
        self._clock = clock
        self._capabilities: Mapping[str, Capability] = {each.name: each for each in capabilities}
        self._effects = effects
        self._board = board
        self._instance_url = instance_url
        self._observed: dict[str, Any] = {}
        self._plans: dict[str, Plan] = {}
        self._since: dict[str, str] = {}
        self._button = Button()
        self._recovery: tuple[str, float] | None = None  # the browser, and until when
        self._stopping = False
        self._unsaved: HearthError | None = None
        self._save_again_at = 0.0
        self._shown: Light | None = None
        self.status = self._assemble(0)
        jobs.changed = self.refresh
        self._show()

    # Settings

    def change(self, **changes: Any) -> None:
        """Change settings, durably. Raises HearthError disk-full or disk-refused; then nothing has changed."""
        self.replace(dataclasses.replace(self.settings, **changes))

    def replace(self, settings: Settings) -> None:
        if settings == self.settings and self._unsaved is None:
            return
        try:
            self._file.save(settings)
        except HearthError as error:
            self._unsaved = error
            self._save_again_at = self._clock.monotonic() + SAVE_AGAIN_SECONDS
            self.refresh()
            raise
        self._unsaved = None
        if settings.owner != self.settings.owner:
            # Who waited for a press, or was given one, meant the box as it was.
            self._forget_browsers()
        self.settings = settings
        # Nobody should read a status of before the change; what is to be done about it, the next look finds.
        for name, observed in self._observed.items():
            self._plans[name] = self._capabilities[name].plan(settings, observed)
        self.refresh()
        self._effects.look_again()

    # Capabilities

    def take(self, name: str, observed: Any) -> tuple[Any, ...]:
        """A capability has observed: the actions to apply."""
        self._observed[name] = observed
        self._plans[name] = plan = self._capabilities[name].plan(self.settings, observed)
        self.refresh()
        return plan.actions

    def take_failure(self, name: str, error: Exception) -> None:
        """A capability could not observe: that is an issue in itself."""
        sentence = str(error) if isinstance(error, HearthError) else "It is in the log why."
        report = Report(name, Level.ATTENTION, "This could not be looked at.", {})
        finding = Finding(f"{name}-unobserved", Level.ATTENTION, f"The box could not look at its {name}.", sentence)
        self._observed.pop(name, None)
        self._plans[name] = Plan(report, (finding,))
        self.refresh()

    def find_fix(self, issue_key: str, fix_key: str) -> tuple[Capability, Any, str] | None:
        """The capability that offers this fix, its action, and what the button said."""
        for name, plan in self._plans.items():
            for finding in plan.findings:
                for fix in finding.fixes:
                    if (finding.key, fix.key) == (issue_key, fix_key):
                        action = self._capabilities[name].fix(fix_key)
                        return None if action is None else (self._capabilities[name], action, fix.label)
        return None

    # Button and board

    def board_event(self, event: Event) -> None:
        if event.kind in (EventKind.BUTTON_DOWN, EventKind.BUTTON_UP):
            edge = Edge.DOWN if event.kind is EventKind.BUTTON_DOWN else Edge.UP
            self._step_button(edge, event.at)
            self.refresh()
        elif event.kind is EventKind.BUTTON_LOST:
            self._button = Button()
            self.refresh()
        else:
            self._effects.look_again()

    def _step_button(self, edge: Edge, now: float) -> None:
        self._button, gesture = buttons.step(self._button, edge, now)
        if gesture is None:
            return
        log.info("the button: %s", gesture.value)
        act = {Gesture.PRESS: self.press, Gesture.SHUTDOWN: self.power_off, Gesture.RESET: self._effects.reset_console}
        try:
            act[gesture]()
        except HearthError as error:
            log.error("what the button asked for was not possible: %s", error)

    def press(self) -> None:
        """A press answers the one browser that waits: before there is an owner it claims, afterwards it opens the
        recovery login. Otherwise it acknowledges what the light was asking attention for. Never both: whoever meant
        the light sees by it that the press went to a browser."""
        self._effects.pressed()
        browser = claim.press(self.waiting, self._clock.monotonic())
        if self.settings.owner is None:
            if browser is not None:
                self.claim_for(browser)
            return
        if browser is not None:
            self.open_recovery(browser)
            return
        loud = {issue.key for issue in self.status.issues}
        self.change(acknowledged=tuple(sorted(loud | set(self.settings.acknowledged))))

    def claim_for(self, browser: str) -> None:
        self.change(claimed_by=browser)
        self.waiting = ()
        log.info("the box was claimed")

    def open_recovery(self, browser: str) -> None:
        self._recovery = (browser, self._clock.monotonic() + RECOVERY_SECONDS)
        self.waiting = ()
        log.info("the recovery login is open for one browser, for five minutes")
        self.refresh()

    def close_recovery(self) -> None:
        self._forget_browsers()
        self.refresh()

    @property
    def recovery_for(self) -> str | None:
        """The one browser that may choose a new password now."""
        if self._recovery is None:
            return None
        browser, until = self._recovery
        return browser if self._clock.monotonic() < until else None

    def _forget_browsers(self) -> None:
        self._recovery = None
        self.waiting = ()

    def power_off(self) -> None:
        self._stopping = True
        self.refresh()
        self._effects.power_off()

    def power_stays_on(self) -> None:
        """Switching off did not work."""
        self._stopping = False
        self.refresh()

    def reset(self) -> None:
        self.close_recovery()
        self.replace(after_reset(self.settings))
        log.warning("the console was reset: the box can be claimed again")

    # Status

    def acknowledge(self, key: str) -> bool:
        if key not in {issue.key for issue in self.status.issues}:
            return False
        self.change(acknowledged=tuple(sorted({*self.settings.acknowledged, key})))
        return True

    def tick(self) -> float:
        """What only the passing of time brings about; answers the seconds until the next tick."""
        now = self._clock.monotonic()
        self._step_button(Edge.NONE, now)
        self.waiting = claim.still_waiting(self.waiting, now)
        if self._unsaved is not None and now >= self._save_again_at:
            self._try(self.settings)
        self._forget_what_is_gone()
        self.refresh()
        return TICK_SECONDS if self._button.idle else QUICK_TICK_SECONDS

    def refresh(self) -> None:
        """Put the status together again and tell everybody if something has changed."""
        fresh = self._assemble(self.status.serial + 1)
        if differs(fresh, self.status):
            self.status = fresh
            for watcher in self.watchers:
                watcher.put(fresh)
        self._show()

    def show_again(self) -> None:
        """The board was away and has forgotten its light."""
        self._shown = None
        self._show()

    def _show(self) -> None:
        if self._shown is not self.status.light:
            self._shown = self.status.light
            self._effects.show(self.status.light)

    def _assemble(self, serial: int) -> Status:
        at = self._clock.now().isoformat(timespec="seconds")
        findings = self._own_findings()
        self._since = update_since(self._since, all_findings(self._plans.values(), findings), at)
        known = Known(
            settings=self.settings,
            board=self._board,
            names=tuple(self._capabilities),
            plans=self._plans,
            findings=findings,
            since=self._since,
            jobs=self.jobs.all(),
            recovery_open=self.recovery_for is not None,
            stopping=self._stopping,
            stage=buttons.stage(self._button, self._clock.monotonic()),
            instance_url=self._instance_url,
        )
        return assemble(known, serial=serial, at=at)

    def _own_findings(self) -> tuple[Finding, ...]:
        if self._unsaved is None:
            return ()
        return (Finding("state-unwritable", Level.FAILING, self._unsaved.sentence, self._unsaved.remedy),)

    def _forget_what_is_gone(self) -> None:
        """An issue that went away and comes back must be able to shine again."""
        if len(self._plans) < len(self._capabilities):
            return
        there = {issue.key for issue in self.status.issues}
        seen = tuple(key for key in self.settings.acknowledged if key in there)
        if seen != self.settings.acknowledged and self._unsaved is None:
            self._try(dataclasses.replace(self.settings, acknowledged=seen))

    def _try(self, settings: Settings) -> None:
        try:
            self.replace(settings)
        except HearthError as error:
            log.error("the settings could not be written: %s", error)
