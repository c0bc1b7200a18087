# SPDX-License-Identifier: AGPL-3.0-or-later
"""The console: wizard, dashboard and settings as web pages. Knows nothing itself; asks supervisor and instance."""
