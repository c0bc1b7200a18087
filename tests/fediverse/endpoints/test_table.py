# SPDX-License-Identifier: AGPL-3.0-or-later
import flask

from tests.fediverse.endpoints import table


def test_the_table_is_true(app: flask.Flask) -> None:
    made = table.text(app)
    assert made == table.TABLE.read_text(), "make it anew: python -m tests.fediverse.endpoints.table"


def test_what_does_not_work_has_a_reason_that_is_told(app: flask.Flask) -> None:
    routes = table.routed(app)
    silent = [each.path for each in table.documented() if table.why_not(each, routes) == table._UNSAID]
    assert silent == []


def test_no_reason_is_given_for_what_works(app: flask.Flask) -> None:
    routes = table.routed(app)
    missing = [each for each in table.documented() if each.key not in routes]
    for start in table._REASONS:
        assert any(f"{each.method} {each.path}".startswith(start) for each in missing), f"{start} works meanwhile"


def test_every_route_of_the_api_is_in_the_table(app: flask.Flask) -> None:
    told = table.TABLE.read_text()
    listed = {each.key for each in table.documented()} | set(table.beyond(app))
    assert {each for each in table.routed(app) if each[1].startswith("/api/")} <= listed
    assert all(f"`{method} {path.replace('*', '…')}`" in told for method, path in table.beyond(app))


def test_a_route_that_is_gone_makes_the_table_untrue(app: flask.Flask) -> None:
    endpoint = table.documented()[0]
    assert table.why_not(endpoint, table.routed(app)) is None
    assert table.why_not(endpoint, table.routed(app) - {endpoint.key}) == table._UNSAID
