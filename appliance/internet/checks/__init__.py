# SPDX-License-Identifier: AGPL-3.0-or-later
"""Checks, one file each: what can stand in the way, when it does, how it is said, and what to do.

Each is a pure function from a Way to a finding or None. Which one counts is decided in diagnosis.py: the first, seen
from the box. So a check may take for granted that all before it found nothing.
"""
