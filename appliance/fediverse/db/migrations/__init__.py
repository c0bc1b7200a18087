# SPDX-License-Identifier: AGPL-3.0-or-later
"""Every step the database has gone through, one file each in versions/, in order of their names."""
