# SPDX-License-Identifier: AGPL-3.0-or-later
"""Delivery: what lies in the outbox, brought to other servers in order, again and again until they have it."""
