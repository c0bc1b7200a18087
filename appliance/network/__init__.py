# SPDX-License-Identifier: AGPL-3.0-or-later
"""Network: under which addresses the box is found at home."""
