# SPDX-License-Identifier: AGPL-3.0-or-later
"""The only part that runs as root: it observes, plans and applies, and takes typed commands."""
