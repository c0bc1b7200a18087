# SPDX-License-Identifier: AGPL-3.0-or-later
"""The companion: the process beside the web server."""
