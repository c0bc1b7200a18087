# SPDX-License-Identifier: AGPL-3.0-or-later
"""The box's web server, for real: Debian's Caddy with the configuration of the image, and a second one as authority."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from appliance.internet.model import Certificate, Stage
from appliance.system.caddy import Site
from tests.system.web_world import NAME, World, possible, world

needs_network = pytest.mark.skipif(not possible(), reason="this machine gives us no network of our own, or no caddy")
NOW = datetime(2026, 5, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with world(tmp_path_factory.mktemp("web")) as made:
        yield made


@needs_network
def test_from_no_name_to_a_certificate_that_a_visitor_trusts(web: World) -> None:
    front = web.front
    assert front.certificate() == Certificate(Stage.NONE)

    # The authority is not there: Caddy says why, and the home network is served as before.
    authority = web.start_authority()
    web.until(lambda: web.answers("https", 14000, "ca.example.net"))
    authority.terminate()
    authority.wait(20)
    front.arrange(Site(NAME, Stage.STAGING))
    web.until(lambda: front.certificate().error)
    assert "connection refused" in front.certificate().error
    assert web.ask("http", 80, name="hearth.local").body == "console http /"

    web.start_authority()
    web.until(lambda: web.answers("https", 14000, "ca.example.net"))
    front.arrange(None)
    front.arrange(Site(NAME, Stage.STAGING))
    web.until(lambda: front.certificate().stage is Stage.STAGING)
    assert web.ask("https", 8443, roots=web.root("staging")).body == "fediverse https /"

    front.arrange(Site(NAME, Stage.REAL))
    web.until(lambda: front.certificate().stage is Stage.REAL)
    found = front.certificate()
    assert (found.error, found.trying) == ("", False)
    assert found.until is not None
    assert found.until > datetime.now(UTC)
    web.until(lambda: web.ask("https", 8443).status == 200)
    answer = web.ask("https", 8443, "/about", roots=web.root("local"))
    assert answer.body == "fediverse https /about"
    assert answer.certificate is not None
    assert answer.certificate["subjectAltName"] == [["DNS", NAME]]
    assert "Strict-Transport-Security" not in answer.headers
