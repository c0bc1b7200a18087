# SPDX-License-Identifier: AGPL-3.0-or-later
"""Builds the card image: `python -m image build BOARD`. Nothing of this is on the box."""
