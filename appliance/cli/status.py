# SPDX-License-Identifier: AGPL-3.0-or-later
"""`hearth status`: how the box is."""

import argparse

from appliance.board.light import PATTERNS
from appliance.cli.arguments import Groups, add_command
from appliance.cli.context import Context, colour
from appliance.status import JobState, Level, LinkState, Picture, Status

_COLOURS = {Level.WELL: "32", Level.WORKING: "36", Level.ATTENTION: "33", Level.FAILING: "31"}

_STATES = {LinkState.GREEN: ("32", "well"), LinkState.RED: ("31", "broken"), LinkState.UNKNOWN: ("0", "not known")}


def register(groups: Groups) -> None:
    add_command(groups, "status", show, help="say how the box is")


def show(context: Context, arguments: argparse.Namespace) -> None:
    status = context.supervisor.status()
    context.answer(status, describe(status))


def describe(status: Status) -> str:
    box = status.box
    who = f"owner: {box.owner}" if box.owner else "no owner yet"
    lines = [
        colour(status.sentence, _COLOURS[status.level]),
        "",
        f"{box.name} ({box.board}, Hearth {box.version}), {who}",
        f"light: {PATTERNS[status.light].name}",
        *(f"console: {address}" for address in status.addresses),
    ]
    if status.instance_url:
        lines.append(f"instance: {status.instance_url}")
    lines.append("")
    for capability in status.capabilities:
        lines.append(
            f"{capability.name:<10} {colour(capability.level.value, _COLOURS[capability.level])}: {capability.sentence}"
        )
    if status.way is not None:
        lines += ["", *way_in_words(status.way)]
    for issue in status.issues:
        lines += ["", f"{colour(issue.sentence, _COLOURS[issue.level])}\n  {issue.remedy}"]
    for job in status.jobs:
        if job.state is JobState.RUNNING:
            percent = "" if job.progress is None else f" {job.progress:.0%}"
            lines += ["", f"{job.name}:{percent} {job.sentence}"]
    return "\n".join(lines)


def way_in_words(way: Picture) -> list[str]:
    """The picture in words, from outside to the box."""
    lines = ["the way from the internet to the box:"]
    for stretch in way.stretches:
        code, word = _STATES[stretch.state]
        lines.append(f"  {stretch.outer} – {stretch.inner}: {colour(word, code)}. {stretch.sentence}")
    return [*lines, f"  What to do: {way.remedy}"] if way.remedy else lines
