# SPDX-License-Identifier: AGPL-3.0-or-later
"""Does the certificate run out soon? It is renewed a month before, so something has kept going wrong by then."""

from datetime import timedelta

from appliance.internet.model import Stage, Way
from appliance.status import Level
from appliance.supervisor.issues import Finding

SOON = timedelta(days=14)
# Of those that are good for some days alone, which are renewed later: when a third of their life is left.
SOON_PART = 6


def check(way: Way) -> Finding | None:
    certificate = way.certificate
    if certificate.stage is not Stage.REAL or certificate.until is None:
        return None
    soon = SOON if certificate.life is None else min(SOON, certificate.life / SOON_PART)
    if certificate.until - way.now >= soon:
        return None
    day = f"{certificate.until:%-d %B %Y}"
    sentence = (
        f"The certificate runs out on {day} and could not be renewed so far."
        if certificate.until > way.now
        else f"The certificate ran out on {day}, so browsers warn everybody who comes."
    )
    reason = f" The reason given: {certificate.error}" if certificate.error else ""
    return Finding("certificate-expires", Level.ATTENTION, sentence, f"The box keeps trying by itself.{reason}")
