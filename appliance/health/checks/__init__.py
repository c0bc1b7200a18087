# SPDX-License-Identifier: AGPL-3.0-or-later
"""Checks, one file each: what can be wrong, when it is, how it is said, and which fix is offered.

Each is a pure function from an observation to a finding or None.
"""
