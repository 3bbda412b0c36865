"""Finds a secret in what was captured, however it was encoded."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Mapping

# A part of that many characters in a row counts as the secret.
PART = 10


def forms(secret: str) -> Iterator[bytes]:
    """The secret in lower case, in hexadecimal, and in base64 at each of its three offsets."""
    plain = secret.encode()
    yield plain.lower()
    yield plain.hex().encode()
    yield plain.lower().hex().encode()
    yield "".join(f"%{byte:02x}" for byte in plain).encode()
    yield "".join(f"\\x{byte:02x}" for byte in plain).encode()
    yield "".join(f"\\u00{byte:02x}" for byte in plain).encode()
    yield plain[::-1].lower()
    for offset in range(3):
        coded = base64.b64encode(b"\0" * offset + plain)
        # The edges depend on what stands beside it.
        yield coded[4 if offset else 0 : -4].lower()


def found(secrets: Mapping[str, str], captured: Mapping[str, bytes]) -> list[tuple[str, str, str]]:
    """(place, artefact, what stands around it) of every secret that is somewhere."""
    hits = []
    for artefact, content in captured.items():
        lowered = content.lower()
        for place, secret in secrets.items():
            parts = [
                secret,
                *(secret[at : at + PART] for at in range(2, len(secret) - PART + 1, 4)),
            ]
            for form in {form for part in parts for form in forms(part) if len(form) >= PART}:
                at = lowered.find(form)
                if at >= 0:
                    around = content[max(at - 60, 0) : at + 80].decode("utf-8", "replace")
                    hits.append((place, artefact, re.sub(r"\s+", " ", around)))
                    break
    return hits
