# SPDX-License-Identifier: AGPL-3.0-or-later
"""Federation: what we tell other servers, what we take in from them, and how each proves who it is."""
