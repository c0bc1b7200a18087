# SPDX-License-Identifier: AGPL-3.0-or-later
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from appliance.fediverse.db.tables import reports

HERE = "http://localhost:10100"
Rows = Callable[[sa.Table], list[sa.Row[Any]]]


def test_a_report_from_elsewhere_names_an_account_and_its_posts(rita: Any, anna: Any, bob: Any, rows: Rows) -> None:
    status, others = anna.toot("Buy now"), bob.toot("hello")
    rita.send("Flag", [f"{HERE}/users/anna", status["uri"], others["uri"], "https://x.example/1"], content="Spam!")
    (report,) = rows(reports)
    assert (report.target_account_id, report.comment, report.status_ids) == (anna.id, "Spam!", [int(status["id"])])


def test_a_report_of_a_post_alone_is_of_its_author(rita: Any, anna: Any, rows: Rows) -> None:
    rita.send("Flag", anna.toot("Buy now")["uri"])
    assert [report.target_account_id for report in rows(reports)] == [anna.id]


def test_a_report_of_nobody_here(rita: Any, anna: Any, rows: Rows) -> None:
    for thing in (f"{HERE}/users/nobody", [], "nonsense", {"id": 7}, [["x"]]):
        rita.send("Flag", thing)
    assert rows(reports) == []


def test_the_same_report_twice(rita: Any, anna: Any, rows: Rows) -> None:
    activity = rita.send("Flag", f"{HERE}/users/anna")
    rita.post(activity)
    assert len(rows(reports)) == 1


def test_a_report_shows_nobody_what_its_server_cannot_have_read(rita: Any, anna: Any, rows: Rows) -> None:
    seen = anna.toot("Buy now")
    for_followers = anna.toot("Between friends", visibility="private")
    direct = anna.toot("To myself", visibility="direct")
    things = [f"{HERE}/users/anna", *(each["uri"] for each in (seen, for_followers, direct))]
    rita.send("Flag", things)
    assert [report.status_ids for report in rows(reports)] == [[int(seen["id"])]]
    rita.send("Follow", f"{HERE}/users/anna")
    rita.send("Flag", things)
    assert rows(reports)[-1].status_ids == [int(seen["id"]), int(for_followers["id"])]
