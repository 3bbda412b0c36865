"""One line that redraws itself only when what it says has changed."""

from __future__ import annotations

from collections.abc import Sequence

from textual.strip import Strip

from djscope.ui.draw import width_of
from djscope.ui.widgets.toned import Part, Toned


class Line(Toned):
    """A line of pieces."""

    DEFAULT_CSS = "Line { height: 1; width: 1fr; }"
    _said: Sequence[Part] = ()

    def pieces(self, width: int) -> Sequence[Part]:
        """What to say in `width` cells."""
        raise NotImplementedError

    def tick(self) -> None:
        """Redraw if there is something new to say."""
        says = self.pieces(self.size.width)
        if says != self._said:
            self.refresh()

    def render_line(self, y: int) -> Strip:  # noqa: ARG002
        self._said = self.pieces(self.size.width)
        return self.strip(self._said, self.size.width)


def squeeze(pieces: Sequence[tuple[int, Part]], width: int) -> list[Part]:
    """The pieces that fit into `width`, two blanks between; those of the highest rank go first."""
    kept = [piece for piece in pieces if piece[1][0]]
    while kept and sum(width_of(part[0]) + 2 for _, part in kept) > width:
        kept.remove(max(reversed(kept), key=lambda piece: piece[0]))
    return [(f"{text}  ", tone) for _, (text, tone) in kept]
