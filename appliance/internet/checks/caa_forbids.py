# SPDX-License-Identifier: AGPL-3.0-or-later
"""May the authority make certificates for this name (RFC 8659)?"""

from appliance.internet.model import Way
from appliance.status import Level
from appliance.supervisor.issues import Finding


def check(way: Way) -> Finding | None:
    found, authority = way.records, way.certificate.authority
    if not authority or found is None or found.caa is None or authority in found.caa:
        return None
    return Finding(
        "caa-forbids",
        Level.ATTENTION,
        f"A CAA record of {found.name} forbids {authority} to make a certificate for it.",
        f"Where you got the name, add a record: type CAA, tag issue, value {authority}. Or delete the CAA records.",
    )
