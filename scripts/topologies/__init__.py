# SPDX-License-Identifier: MIT
"""What scripts/topology is made of."""
