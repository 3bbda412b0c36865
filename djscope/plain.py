"""Text from processes is data: nothing in it may steer a terminal."""

from __future__ import annotations

import re

# C0, DEL, C1, and the bidirectional and invisible format characters that make text lie.
_UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]"
)


def plain(text: str) -> str:
    """`text` on one line, with what could move a cursor or hide itself shown as `·`."""
    return _UNSAFE.sub("·", text) if _UNSAFE.search(text) else text
