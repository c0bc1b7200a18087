# SPDX-License-Identifier: AGPL-3.0-or-later
"""A way in for boxes that nobody outside can reach: the gateway, and the box's end of the tunnel to it."""
