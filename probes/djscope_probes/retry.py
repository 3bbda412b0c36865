"""How long to leave Redis alone after a failure: briefly where it may be back, long where not."""

from __future__ import annotations

from djscope_probes.resp import DENIED, ELSEWHERE, ReplyError

RETRY_S = (0.25, 0.5, 1.0, 2.0, 5.0)
# Nobody changes passwords and rights by the second, and each refusal is a line in somebody's log.
DENIED_S = (5.0, 15.0, 60.0)
MAX_CLIENTS_S = 60.0


def pause_after(error: Exception, tries: int) -> float:
    """Seconds, before the `tries`-th failure in a row is followed by another attempt."""
    if isinstance(error, ReplyError):
        if "max number of clients" in str(error):
            return MAX_CLIENTS_S
        if error.code in DENIED:
            return DENIED_S[min(tries, len(DENIED_S) - 1)]
        if error.code not in (*ELSEWHERE, "UNBLOCKED"):
            return RETRY_S[-1]
    return RETRY_S[min(tries, len(RETRY_S) - 1)]
