# SPDX-License-Identifier: AGPL-3.0-or-later
"""Hearth: a home server for a group of friends."""

__version__ = "0.1.0"
