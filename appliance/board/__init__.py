# SPDX-License-Identifier: AGPL-3.0-or-later
"""Hardware by its roles: a status light, a button, sensors, disks and power."""
