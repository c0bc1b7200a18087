# SPDX-License-Identifier: AGPL-3.0-or-later
"""Health: heat, power supply, memory and clock, and the checks that turn observations into issues."""
