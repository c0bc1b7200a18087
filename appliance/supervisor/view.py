# SPDX-License-Identifier: AGPL-3.0-or-later
"""The status document, put together by pure functions from what is known in the loop."""

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import appliance
from appliance.board.light import Light
from appliance.settings import Settings
from appliance.status import Box, Job, JobState, Level, Status
from appliance.supervisor import light
from appliance.supervisor.capability import Instance, Plan
from appliance.supervisor.issues import Finding, to_issues, worst


@dataclass(frozen=True)
class Known:
    """All that the status says, before it is put into words. `names` are all capabilities, also unobserved ones."""

    settings: Settings
    board: str
    names: tuple[str, ...]
    plans: Mapping[str, Plan]
    findings: tuple[Finding, ...]
    since: Mapping[str, str]
    jobs: tuple[Job, ...]
    recovery_open: bool
    stopping: bool
    stage: Light | None
    instance_url: str


def all_findings(plans: Iterable[Plan], own: Iterable[Finding]) -> tuple[Finding, ...]:
    return (*own, *(finding for plan in plans for finding in plan.findings))


def assemble(known: Known, *, serial: int, at: str) -> Status:
    settings, plans = known.settings, [known.plans[name] for name in known.names if name in known.plans]
    box = Box(
        name=settings.box_name,
        board=known.board,
        version=appliance.__version__,
        claimed=settings.claimed_by is not None or settings.owner is not None,
        owner=settings.owner,
        address=settings.address,
        address_final=settings.address_final,
        name_held=settings.name_held,
        provider=settings.name_account.provider if settings.name_account else "",
        setup_done=settings.setup_done,
        recovery_open=known.recovery_open,
        epoch=settings.epoch,
    )
    issues = to_issues(all_findings(plans, known.findings), known.since, settings.acknowledged)
    starting = len(plans) < len(known.names)
    busy = starting or any(job.state is JobState.RUNNING for job in known.jobs)
    level = worst(
        [
            *(issue.level for issue in issues),
            *(plan.report.level for plan in plans),
            Level.WORKING if busy else Level.WELL,
        ]
    )
    instance = next((plan.instance for plan in plans if plan.instance), Instance(known.instance_url, False, False))
    shown = light.choose(
        stage=known.stage, stopping=known.stopping, starting=starting, level=level, box=box, issues=issues
    )
    return Status(
        serial=serial,
        at=at,
        level=level,
        light=shown,
        sentence=_sentence(known, box, [issue.sentence for issue in issues], level, starting=starting),
        box=box,
        addresses=tuple(address for plan in plans for address in plan.addresses),
        instance_url=instance.url,
        instance_answers=instance.answers,
        federating=instance.federating,
        capabilities=tuple(plan.report for plan in plans),
        issues=issues,
        jobs=known.jobs,
        way=next((plan.way for plan in plans if plan.way), None),
    )


def differs(one: Status, other: Status) -> bool:
    """Whether anything but the time of writing has changed."""
    return dataclasses.replace(one, serial=0, at="") != dataclasses.replace(other, serial=0, at="")


def _sentence(known: Known, box: Box, issues: Sequence[str], level: Level, *, starting: bool) -> str:
    if known.stopping:
        return "The box is shutting down."
    if starting:
        return "The box is starting."
    if issues and level in (Level.ATTENTION, Level.FAILING):
        return issues[0]
    if not box.claimed:
        return "This box belongs to nobody yet."
    if not box.setup_done:
        return "This box is being set up."
    return "The box is busy." if level is Level.WORKING else "All is well."
