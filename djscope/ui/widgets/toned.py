"""Names for how text looks; the theme says what they mean. Colour never stands alone."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip
from textual.widget import Widget

from djscope.ui.draw import width_of

# Text that is clean already, and the name of its tone.
Part = tuple[str, str]


class Toned(Widget):
    """A widget that draws lines of parts."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "tone--title", "tone--active", "tone--head", "tone--strong", "tone--faint",
        "tone--critical", "tone--warning", "tone--good", "tone--code", "tone--cursor",
        "tone--mark",
    }  # fmt: skip
    DEFAULT_CSS = """
    Toned > .tone--title { color: $text-muted; }
    Toned > .tone--active { color: $text-accent; text-style: bold; }
    Toned > .tone--head { color: $text-muted; text-style: italic; }
    Toned > .tone--strong { text-style: bold; }
    Toned > .tone--faint { color: $text-muted; }
    Toned > .tone--critical { color: $text-error; text-style: bold; }
    Toned > .tone--warning { color: $text-warning; }
    Toned > .tone--good { color: $text-success; }
    Toned > .tone--code { color: $text-primary; }
    Toned > .tone--mark { background: $surface-lighten-2; text-style: bold; }
    Toned > .tone--cursor {
        background: $block-cursor-background;
        color: $block-cursor-foreground;
        text-style: $block-cursor-text-style;
    }
    """

    def tone(self, name: str) -> Style:
        """The style that `name` stands for here."""
        if not name:
            return self.rich_style
        return self.rich_style + self.get_component_rich_style(f"tone--{name}", partial=True)

    def strip(self, parts: Iterable[Part], width: int, under: str = "") -> Strip:
        """One line; neighbours of one tone become one segment. `under` lies beneath all of it."""
        base, segments, taken = self.tone(under), list[Segment](), 0
        run, run_tone = "", ""
        for text, tone in parts:
            taken += width_of(text)
            if tone == run_tone:
                run += text
                continue
            if run:
                segments.append(Segment(run, self._over(base, run_tone, under)))
            run, run_tone = text, tone
        segments.append(Segment(run, self._over(base, run_tone, under)))
        return Strip(segments, taken).adjust_cell_length(width, base)

    def _over(self, base: Style, tone: str, under: str) -> Style:
        if not tone or under == "cursor":
            return base
        return base + self.get_component_rich_style(f"tone--{tone}", partial=True)
