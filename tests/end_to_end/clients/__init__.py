# SPDX-License-Identifier: AGPL-3.0-or-later
"""Programs that nobody here wrote, unmodified, over real HTTP against a box that runs as people run it."""
