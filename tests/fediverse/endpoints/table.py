# SPDX-License-Identifier: AGPL-3.0-or-later
"""docs/mastodon-api.md: every documented endpoint of Mastodon's, with *works* or the reason why not.

`python -m tests.fediverse.endpoints.table` writes it anew; test_table.py keeps it true.
"""

import re
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import flask

from appliance.config import Config
from appliance.fediverse.app import create_app
from appliance.fediverse.context import Context
from appliance.fediverse.db.database import Database
from appliance.fediverse.streaming import channels
from appliance.system.clock import VirtualClock
from appliance.system.net import VirtualNet
from tests import repository

TABLE = repository.ROOT / "docs" / "mastodon-api.md"
_DOCUMENTED = Path(__file__).parent / "documented.tsv"
_VARIABLE = re.compile(r":[a-z_]+|<[^>]+>")
_UNSAID = "Not here yet."
_OURS = ("/api/", "/oauth/")  # where a route must be documented, or be one of `beyond`

# Why not, by the beginning of "METHOD path".
_REASONS = {
    "GET /api/v1/annual_reports": "A year's review is a toy of Mastodon's own pages.",
    "POST /api/v1/annual_reports": "A year's review is a toy of Mastodon's own pages.",
    "GET /api/v1_alpha/async_refreshes": "An experiment; what was fetched is seen when one looks again.",
    "GET /api/v2_alpha/": "An alpha that /api/v2/notifications replaced.",
    "POST /api/v2_alpha/": "An alpha that /api/v2/notifications replaced.",
    "GET /api/oembed": "No page of this server may be shown inside another site's.",
    "GET /api/proofs": "Removed from Mastodon in 3.5.",
    "GET /api/v1/search": "Removed from Mastodon in 3.0.",
}


@dataclass(frozen=True)
class Endpoint:
    page: str
    method: str
    path: str
    since: str
    mark: str  # "deprecated", "removed" or ""

    @property
    def key(self) -> tuple[str, str]:
        """What makes it the same as a route, whatever its variables are called."""
        return self.method, _VARIABLE.sub("*", self.path)

    @property
    def reason(self) -> str | None:
        words = f"{self.method} {self.path}"
        return next((reason for start, reason in _REASONS.items() if words.startswith(start)), None)


def documented() -> list[Endpoint]:
    lines = [line.split("\t") for line in _DOCUMENTED.read_text().splitlines() if not line.startswith("#")]
    return [Endpoint(page, method, path, since, mark.strip("-")) for page, method, path, since, mark in lines]


def routed(app: flask.Flask) -> set[tuple[str, str]]:
    """Method and path of all that programs are answered, streams by the companion included."""
    found = {
        (method, _VARIABLE.sub("*", rule.rule))
        for rule in app.url_map.iter_rules()
        for method in rule.methods or ()
        if method not in ("HEAD", "OPTIONS")
    }
    return found | {each.key for each in documented() if _is_stream(each.path)}


def beyond(app: flask.Flask) -> list[tuple[str, str]]:
    """What is answered and not documented: Mastodon's apps ask for it all the same."""
    known = {endpoint.key for endpoint in documented()}
    return sorted(each for each in routed(app) if each not in known and each[1].startswith(_OURS))


def why_not(endpoint: Endpoint, routes: set[tuple[str, str]]) -> str | None:
    """None if it works."""
    return None if endpoint.key in routes else endpoint.reason or _UNSAID


def text(app: flask.Flask) -> str:
    routes = routed(app)
    endpoints = documented()
    working = sum(why_not(each, routes) is None for each in endpoints)
    return "\n".join(
        (
            "<!-- SPDX-License-Identifier: AGPL-3.0-or-later -->",
            "<!-- Made by `python -m tests.fediverse.endpoints.table`; a test keeps it true. -->",
            "# Mastodon's client API, endpoint by endpoint",
            "",
            f"Of the {len(endpoints)} endpoints that <https://docs.joinmastodon.org/methods/> lists, {working} work.",
            "*Since* is the version of Mastodon that added them.",
            *_pages(endpoints, routes),
            "",
            "## Beyond the documentation",
            "",
            "Answered too, since apps ask for it:",
            "",
            *(f"- `{method} {path.replace('*', '…')}`" for method, path in beyond(app)),
            "",
        )
    )


def _pages(endpoints: list[Endpoint], routes: set[tuple[str, str]]) -> Iterator[str]:
    for page, several in groupby(endpoints, key=lambda each: each.page):
        yield from ("", f"## {page}", "", "| endpoint | since | |", "|---|---|---|")
        for each in several:
            note = f" ({each.mark})" if each.mark else ""
            reason = why_not(each, routes)
            answer = reason if reason else "*works*"
            yield f"| `{each.method} {each.path}`{note} | {each.since} | {answer} |"


def _is_stream(path: str) -> bool:
    if not path.startswith(channels.PREFIX):
        return False
    try:
        return path == channels.HEALTH or bool(channels.at(path, {"tag": "x", "list": "1"}))
    except channels.UnknownStream:
        return False


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        config = Config(state=Path(folder), runtime=Path(folder) / "run", development_origin="http://127.0.0.1:1")
        clock = VirtualClock()
        database = Database("sqlite://", clock)
        TABLE.write_text(text(create_app(Context(database, clock, VirtualNet(), config, config.development_origin))))
        database.close()
    sys.stdout.write(f"{TABLE}\n")


if __name__ == "__main__":
    main()
