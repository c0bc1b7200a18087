# SPDX-License-Identifier: AGPL-3.0-or-later
"""Jobs: work longer than a second, with progress and cancel, on record across restarts of the supervisor."""

import dataclasses
import json
import logging
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from appliance.errors import BadInput, HearthError
from appliance.health.power import TOO_WEAK, Power
from appliance.parse import from_dict, to_dict
from appliance.status import Job, JobState
from appliance.system.clock import Clock
from appliance.system.files import Files

KEPT = 20
LOOK_AT_POWER_EVERY = 2.0
RESTARTED = "The box was restarted before this was done."

log = logging.getLogger(__name__)

Tell = Callable[[Callable[[], object]], None]
Spawn = Callable[[Callable[[], None]], None]


class Cancelled(Exception):
    """Raised inside the work of a job whose cancel was asked for."""


class Progress:
    """What the work of a job is given: to say how far it is, and to learn that it should stop or wait."""

    def __init__(
        self, say: Callable[[float | None, str], None], cancelled: threading.Event, power: Power, clock: Clock
    ) -> None:
        self._say = say
        self._cancelled = cancelled
        self._power = power
        self._clock = clock

    def say(self, progress: float | None, sentence: str) -> None:
        """`progress` is 0 to 1, or None when unknown. Raises Cancelled."""
        self.stop_if_cancelled()
        self._say(progress, sentence)

    def before_much_writing(self, sentence: str) -> None:
        """Wait here while the power supply is too weak, and say so; afterwards say `sentence`. Raises Cancelled.

        Work that writes much calls this before each piece of it.
        """
        self.stop_if_cancelled()
        if self._power.is_good():
            return
        self.say(None, TOO_WEAK)
        while not self._power.is_good():
            self._clock.sleep(LOOK_AT_POWER_EVERY)
            self.stop_if_cancelled()
        self.say(None, sentence)

    def stop_if_cancelled(self) -> None:
        if self._cancelled.is_set():
            raise Cancelled


@dataclass(frozen=True)
class _Record:
    jobs: tuple[Job, ...] = ()


def in_a_thread(work: Callable[[], None]) -> None:
    threading.Thread(target=work, name="job", daemon=True).start()


class Jobs:
    """Belongs to the loop. `tell` puts work into it, `changed` is called after each change, `spawn` starts the work."""

    def __init__(
        self,
        path: Path,
        files: Files,
        clock: Clock,
        tell: Tell,
        *,
        power: Power | None = None,
        changed: Callable[[], object] = lambda: None,
        spawn: Spawn = in_a_thread,
    ) -> None:
        self._path = path
        self._files = files
        self._clock = clock
        self._tell = tell
        self._spawn = spawn
        self._power = power or Power(clock)
        self.changed = changed
        self._cancels: dict[str, threading.Event] = {}
        self._jobs = {job.id: _interrupted(job) for job in self._load()}

    def all(self) -> tuple[Job, ...]:
        """Newest first."""
        return tuple(reversed(self._jobs.values()))

    def start(self, name: str, work: Callable[[Progress], str], *, cancellable: bool = False) -> str:
        """Start `work`; what it returns is the sentence that says how it ended. Answers the job's id."""
        job_id = secrets.token_hex(4)
        self._cancels[job_id] = cancelled = threading.Event()
        at = self._clock.now().isoformat(timespec="seconds")
        self._put(Job(job_id, name, JobState.RUNNING, None, "", at, cancellable))
        self._save()

        def say(progress: float | None, sentence: str) -> None:
            self._tell(lambda: self._put(_change(self._jobs[job_id], progress=progress, sentence=sentence)))

        self._spawn(lambda: self._work(job_id, work, Progress(say, cancelled, self._power, self._clock)))
        return job_id

    def cancel(self, job_id: str) -> None:
        """Ask the job to stop; it does when it next looks. Raises BadInput."""
        job = self._jobs.get(job_id)
        if job is None or job.state is not JobState.RUNNING:
            raise BadInput("There is no such job under way.", "Look at the list of jobs.", key="no-such-job")
        if not job.cancellable:
            raise BadInput("This can't be stopped any more.", "Wait until it is done.", key="not-cancellable")
        self._cancels[job_id].set()

    def _work(self, job_id: str, work: Callable[[Progress], str], progress: Progress) -> None:
        state, sentence = JobState.FAILED, "Something went wrong inside the box; it is in the log."
        try:
            sentence = work(progress)
            state = JobState.DONE
        except Cancelled:
            state, sentence = JobState.CANCELLED, "It was stopped."
        except HearthError as error:
            sentence = str(error)
        except Exception:
            log.exception("a job failed")
        self._tell(lambda: self._finish(job_id, state, sentence))

    def _finish(self, job_id: str, state: JobState, sentence: str) -> None:
        del self._cancels[job_id]
        done = 1.0 if state is JobState.DONE else self._jobs[job_id].progress
        self._put(_change(self._jobs[job_id], state=state, sentence=sentence, progress=done, cancellable=False))
        old = [job.id for job in self._jobs.values() if job.state is not JobState.RUNNING][:-KEPT]
        for each in old:
            del self._jobs[each]
        self._save()

    def _put(self, job: Job) -> None:
        self._jobs[job.id] = job
        self.changed()

    def _load(self) -> tuple[Job, ...]:
        try:
            return from_dict(_Record, json.loads(self._files.read(self._path))).jobs
        except FileNotFoundError:
            return ()
        except (OSError, ValueError, RecursionError, BadInput):
            log.warning("the record of jobs could not be read and starts anew")
            return ()

    def _save(self) -> None:
        # A full disk must not keep the job from running that makes room on it.
        try:
            self._files.replace(self._path, json.dumps(to_dict(_Record(tuple(self._jobs.values())))).encode())
        except HearthError as error:
            log.warning("the record of jobs could not be written: %s", error)


def _change(job: Job, **changes: object) -> Job:
    return dataclasses.replace(job, **changes)  # type: ignore[arg-type]


def _interrupted(job: Job) -> Job:
    if job.state is not JobState.RUNNING:
        return job
    return _change(job, state=JobState.FAILED, sentence=RESTARTED, cancellable=False)
