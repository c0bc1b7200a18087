# SPDX-License-Identifier: AGPL-3.0-or-later
"""For whom a press opens the recovery login, whatever happens before it."""

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from appliance.secret import Secret
from appliance.settings import Settings, SettingsFile
from appliance.supervisor import claim
from appliance.supervisor.claiming import Claiming
from appliance.supervisor.core import RECOVERY_SECONDS, Core, Effects
from appliance.supervisor.jobs import Jobs
from appliance.supervisor.protocol import Browser, ClaimState
from appliance.supervisor.secrets_store import SecretStore
from appliance.system.clock import VirtualClock
from appliance.system.files import VirtualFiles

NOWHERE = Path("/nowhere")  # nothing of this is written


def owned_core():
    clock, files = VirtualClock(), VirtualFiles()
    effects = Effects(lambda light: None, lambda: None, lambda: None, lambda: None)
    jobs = Jobs(NOWHERE / "jobs.json", files, clock, lambda work: work())
    settings = Settings(claimed_by="somebody", owner="anna", setup_done=True)
    core = Core(
        settings, SettingsFile(NOWHERE, files, clock), clock, jobs, (), effects, board="test board", instance_url=""
    )
    return clock, core, Claiming(core, SecretStore(NOWHERE, files), clock)


@given(st.lists(st.tuples(st.sampled_from(["wait", "press", "close"]), st.sampled_from("ab"), st.floats(0, 200))))
def test_whatever_happens_recovery_is_open_only_for_the_one_that_waited_alone_at_the_last_press(steps):
    clock, core, claiming = owned_core()
    asked, open_for, until = {}, None, -1.0
    for verb, browser, pause in steps:
        clock.advance(pause)
        now = clock.monotonic()
        token = Secret(browser)
        if verb == "wait":
            if not (open_for == browser and now < until) and asked.get(browser, -1000.0) + claim.WAIT_SECONDS < now:
                asked[browser] = now
            claiming.wait_for_recovery(Browser(token))
        elif verb == "press":
            waiting = [each for each, at in asked.items() if now <= at + claim.WAIT_SECONDS]
            if len(waiting) == 1:
                open_for, until, asked = waiting[0], now + RECOVERY_SECONDS, {}
            core.press()
        else:
            open_for, asked = None, {}
            core.close_recovery()
        for each in "ab":
            mine = claiming.look_at_recovery(Browser(Secret(each))).state is ClaimState.MINE
            assert mine == (open_for == each and now < until)
