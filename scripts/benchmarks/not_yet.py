# SPDX-License-Identifier: MIT
"""Suites of what is not built yet: they say so, and it is recorded."""


def _unavailable(found, suite, reason):
    print(f"{suite}: {reason}", flush=True)
    found.add_failed(suite, suite, {}, reason, status="unavailable")


def sockets(options, found):
    """Sockets against sessions used directly."""
    del options
    _unavailable(found, "sockets", "scenarios can't yet do without sockets, so there is nothing to"
                 " compare them with")
