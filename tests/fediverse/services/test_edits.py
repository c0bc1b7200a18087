# SPDX-License-Identifier: AGPL-3.0-or-later
import pytest

from appliance.fediverse.services import edits
from appliance.system.clock import VirtualClock
from tests.fediverse.conftest import Person


def test_of_edits_without_end_the_first_form_and_the_latest_are_kept(
    anna: Person, clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(edits, "MAX_FORMS", 4)
    status = anna.toot("0")
    for number in range(1, 8):
        clock.advance(60)
        anna.ask("PUT", f"/api/v1/statuses/{status['id']}", json={"status": str(number)})
    history = anna.get(f"/api/v1/statuses/{status['id']}/history")
    assert [each["content"] for each in history] == [f"<p>{number}</p>" for number in (0, 4, 5, 6, 7)]
