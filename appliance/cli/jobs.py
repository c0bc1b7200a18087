# SPDX-License-Identifier: AGPL-3.0-or-later
"""`hearth jobs`: what the box is busy with, and what it did last."""

import argparse

from appliance.cli.arguments import Groups, add_command
from appliance.cli.context import Context, table


def register(groups: Groups) -> None:
    parser = add_command(groups, "jobs", show, help="list what the box is busy with, or stop something")
    parser.add_argument("--cancel", metavar="ID", help="stop this one")


def show(context: Context, arguments: argparse.Namespace) -> None:
    if arguments.cancel:
        context.supervisor.job_cancel(arguments.cancel)
        context.answer({}, "It is being stopped.")
        return
    jobs = context.supervisor.status().jobs
    rows = [
        [job.id, job.state.value, "" if job.progress is None else f"{job.progress:.0%}", job.name, job.sentence]
        for job in jobs
    ]
    context.answer(jobs, table(rows, ["ID", "STATE", "", "JOB", ""]) if rows else "There are no jobs.")
