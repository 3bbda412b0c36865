"""One line that redraws itself only when what it says has changed."""

from __future__ import annotations

from collections.abc import Sequence

from textual.strip import Strip

from djscope.ui.draw import width_of
from djscope.ui.widgets.toned import Part, Toned

# Ways to say one thing, the longest first, each with its rank.
Forms = Sequence[tuple[int, Part]]


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


def squeeze(pieces: Sequence[Forms], width: int) -> list[Part]:
    """The pieces in `width`, two blanks between: the form of the highest rank gives way first, to
    the piece's next shorter one, or to nothing.
    """
    kept = [[form for form in forms if form[1][0]] for forms in pieces]
    kept = [forms for forms in kept if forms]
    while kept and sum(width_of(forms[0][1][0]) + 2 for forms in kept) > width:
        longest = max(reversed(kept), key=lambda forms: forms[0][0])
        del longest[0]
        kept = [forms for forms in kept if forms]
    return [(f"{forms[0][1][0]}  ", forms[0][1][1]) for forms in kept]
