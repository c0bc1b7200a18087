# SPDX-License-Identifier: AGPL-3.0-or-later
"""Names on the internet: what may become the name of an instance for ever. In small letters and in ASCII."""

import re

MAX_LENGTH = 253  # RFC 1035, section 2.3.4
# RFC 1123, section 2.1.
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
# Names that only mean something inside a home or a test: RFC 2606, RFC 6761, RFC 6762, RFC 7686, RFC 8375.
_NEVER = frozenset({"local", "localhost", "test", "invalid", "example", "internal", "lan", "home", "arpa", "onion"})


def is_well_formed(name: str) -> bool:
    """Two labels or more, each of letters, digits and inner hyphens."""
    labels = name.split(".")
    return len(labels) >= 2 and len(name) <= MAX_LENGTH and all(_LABEL.fullmatch(label) for label in labels)


def is_public(name: str) -> bool:
    """Whether a well-formed name can ever be reached from the internet; numeric addresses are no names."""
    last = name.rpartition(".")[2]
    return last not in _NEVER and not last.isdigit()
