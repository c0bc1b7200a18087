# SPDX-License-Identifier: AGPL-3.0-or-later
"""A board played by a laptop: the same rules as silicon, and a front panel to play with."""
