# SPDX-License-Identifier: AGPL-3.0-or-later
"""Internet: under which name, and by which way, people outside reach the box; and what stands in the way."""
