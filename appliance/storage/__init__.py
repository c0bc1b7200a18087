# SPDX-License-Identifier: AGPL-3.0-or-later
"""Storage: where the box keeps its data, and how much room is left."""
