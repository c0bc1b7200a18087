# SPDX-License-Identifier: AGPL-3.0-or-later
"""Jobs: progress, cancel, results, and what a restart leaves of them."""

import errno

import pytest

from appliance.errors import HearthError
from appliance.health.power import CALM_SECONDS, TOO_WEAK, Power
from appliance.status import JobState
from appliance.supervisor.jobs import KEPT, RESTARTED, Jobs
from appliance.system.clock import VirtualClock
from appliance.system.files import VirtualFiles


class Bench:
    """Work is started when the test says so; what is told to the loop happens at once."""

    def __init__(self, path):
        self.path = path
        self.files = VirtualFiles()
        self.clock = VirtualClock()
        self.power = Power(self.clock)
        self.waiting = []
        self.changes = 0
        self.jobs = self.again()

    def again(self):
        return Jobs(
            self.path / "jobs.json",
            self.files,
            self.clock,
            lambda work: work(),
            power=self.power,
            changed=self.change,
            spawn=self.waiting.append,
        )

    def change(self):
        self.changes += 1

    def run(self):
        self.waiting.pop(0)()


@pytest.fixture
def bench(tmp_path):
    return Bench(tmp_path)


def test_a_job_runs_says_how_far_it_is_and_ends_with_a_sentence(bench):
    def work(progress):
        progress.say(0.5, "half")
        assert (bench.jobs.all()[0].progress, bench.jobs.all()[0].sentence) == (0.5, "half")
        return "All done."

    job = bench.jobs.start("Tidy up", work)
    assert bench.jobs.all()[0].state is JobState.RUNNING
    bench.run()
    (done,) = bench.jobs.all()
    assert (done.id, done.state, done.progress, done.sentence) == (job, JobState.DONE, 1.0, "All done.")
    assert bench.changes >= 3


@pytest.mark.parametrize(
    ("error", "sentence"),
    [(HearthError("x", "No room.", "Make some."), "No room. Make some."), (KeyError("secret"), "Something")],
)
def test_a_job_that_fails_says_so_in_plain_words(bench, error, sentence):
    def work(progress):
        raise error

    bench.jobs.start("Tidy up", work)
    bench.run()
    (job,) = bench.jobs.all()
    assert job.state is JobState.FAILED
    assert job.sentence.startswith(sentence)
    assert "secret" not in job.sentence


def test_a_job_can_be_stopped_if_it_allows_it(bench):
    job = bench.jobs.start("Copy", lambda progress: progress.say(0.1, "on"), cancellable=True)
    bench.jobs.cancel(job)
    bench.run()
    assert bench.jobs.all()[0].state is JobState.CANCELLED


def test_what_can_not_be_stopped_says_so(bench):
    job = bench.jobs.start("Erase", lambda progress: "Done.")
    with pytest.raises(HearthError) as caught:
        bench.jobs.cancel(job)
    assert caught.value.key == "not-cancellable"
    bench.run()
    for which in (job, "nonsense"):
        with pytest.raises(HearthError) as caught:
            bench.jobs.cancel(which)
        assert caught.value.key == "no-such-job"


def test_after_a_restart_a_running_job_is_on_record_as_failed(bench):
    bench.jobs.start("First", lambda progress: "Done.")
    bench.run()
    bench.jobs.start("Second", lambda progress: "Done.")
    second, first = bench.again().all()
    assert (second.state, second.sentence) == (JobState.FAILED, RESTARTED)
    assert (first.state, first.sentence) == (JobState.DONE, "Done.")


def test_only_the_last_ones_are_kept(bench):
    for number in range(KEPT + 5):
        bench.jobs.start(f"{number}", lambda progress: "Done.")
        bench.run()
    assert len(bench.jobs.all()) == KEPT
    assert bench.jobs.all()[0].name == f"{KEPT + 4}"


@pytest.mark.parametrize("damage", [b"", b"{", b"[1]", b'{"jobs": [{"id": 1}]}', b"\xff"])
def test_a_damaged_record_starts_anew(bench, damage):
    (bench.path / "jobs.json").write_bytes(damage)
    assert bench.again().all() == ()


def test_a_full_disk_does_not_keep_a_job_from_running(bench):
    bench.files.fail_with(errno.ENOSPC)
    bench.jobs.start("Make room", lambda progress: "Done.")
    bench.run()
    assert bench.jobs.all()[0].state is JobState.DONE


def test_heavy_work_pauses_while_the_power_supply_is_too_weak_and_goes_on_by_itself(bench):
    said = []

    def sleep(seconds):
        said.append(bench.jobs.all()[0].sentence)
        bench.clock.advance(seconds)

    bench.clock.sleep = sleep
    bench.power.note(weak=True)
    written = []

    def work(progress):
        for number in range(3):
            progress.before_much_writing("It goes on.")
            said.append(bench.jobs.all()[0].sentence)
            written.append((number, bench.power.is_good()))
        return "Done."

    bench.jobs.start("Heavy work", work)
    bench.run()
    assert written == [(0, True), (1, True), (2, True)]
    assert said == [TOO_WEAK] * (len(said) - 3) + ["It goes on."] * 3
    assert bench.clock.monotonic() - 1000.0 > CALM_SECONDS
    assert bench.jobs.all()[0].state is JobState.DONE


def test_work_that_waits_for_power_can_be_cancelled(bench):
    bench.power.note(weak=True)

    def sleep(seconds):
        bench.jobs.cancel(job)
        bench.power.note(weak=True)

    bench.clock.sleep = sleep
    job = bench.jobs.start("Heavy work", lambda progress: progress.before_much_writing("") or "", cancellable=True)
    bench.run()
    assert bench.jobs.all()[0].state is JobState.CANCELLED
