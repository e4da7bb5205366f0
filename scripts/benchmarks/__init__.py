# SPDX-License-Identifier: MIT
"""What scripts/bench is made of: suites measure, results keep and compare, figures draw."""
