# SPDX-License-Identifier: AGPL-3.0-or-later
"""The power of a machine, asked of systemd itself: `systemctl poweroff` would ask logind, which a box does not have."""

from appliance.system.runner import Runner

# What systemctl uses itself for both: nothing may turn back what has begun.
_START = ("systemctl", "--no-block", "--job-mode=replace-irreversibly", "start")


def off(runner: Runner) -> None:
    """Answers at once. Raises HearthError as `Runner.run` does."""
    runner.run([*_START, "poweroff.target"], timeout=20.0)


def restart(runner: Runner) -> None:
    """Answers at once. Raises HearthError as `Runner.run` does."""
    runner.run([*_START, "reboot.target"], timeout=20.0)
