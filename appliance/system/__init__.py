# SPDX-License-Identifier: AGPL-3.0-or-later
"""The doors: every effect on the world outside a process goes through one of these."""
