# SPDX-License-Identifier: AGPL-3.0-or-later
"""Validity: when a certificate is good, read in a child (inquiry.py), as the file is somebody else's."""

from collections.abc import Mapping
from typing import Any

from cryptography import x509


def answer(asked: Mapping[str, Any]) -> list[str]:
    """From when until when the first certificate in `pem` is, as ISO 8601 in UTC; nothing for what is none."""
    try:
        found = x509.load_pem_x509_certificate(str(asked["pem"]).encode())
    except ValueError:
        return []
    return [found.not_valid_before_utc.isoformat(), found.not_valid_after_utc.isoformat()]
