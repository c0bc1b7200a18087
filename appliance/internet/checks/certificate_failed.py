# SPDX-License-Identifier: AGPL-3.0-or-later
"""Was a certificate refused? While an older one is good, there is time, and the box tries again by itself."""

from appliance.internet.model import Way
from appliance.internet.reading import certified
from appliance.status import Level
from appliance.supervisor.issues import Finding


def check(way: Way) -> Finding | None:
    if not way.certificate.error or certified(way):
        return None
    return Finding(
        "certificate-failed",
        Level.ATTENTION,
        "The box was given no certificate, so browsers would warn everybody who comes.",
        f"The box tries again by itself, ever more seldom. The reason given: {way.certificate.error}",
    )
