# SPDX-License-Identifier: AGPL-3.0-or-later
"""Federation with servers that nobody here wrote, each under a name of its own, over TLS, in a network of their own."""
