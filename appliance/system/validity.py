# SPDX-License-Identifier: AGPL-3.0-or-later
"""Validity: until when a certificate is good, read in a child (inquiry.py), as the file is somebody else's."""

from collections.abc import Mapping
from typing import Any

from cryptography import x509


def answer(asked: Mapping[str, Any]) -> str:
    """Of the first certificate in `pem`, as ISO 8601 in UTC; "" for what is none."""
    try:
        return x509.load_pem_x509_certificate(str(asked["pem"]).encode()).not_valid_after_utc.isoformat()
    except ValueError:
        return ""
