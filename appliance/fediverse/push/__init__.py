# SPDX-License-Identifier: AGPL-3.0-or-later
"""Web Push: what is new goes, encrypted, through the push service of a member's app or browser (RFC 8030)."""
