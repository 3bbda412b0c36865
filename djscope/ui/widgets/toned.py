"""Names for how text looks; the theme says what they mean. Colour never stands alone."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.strip import Strip
from textual.widget import Widget

from djscope.ui.draw import width_of

# Text that is clean already, and the name of its tone.
Part = tuple[str, str]
# The theme's variables for text and background, and whether it is bold or italic. Not component
# classes: resolving a dozen of those for each widget was half of the time to the first paint.
TONES: dict[str, tuple[str, str, str]] = {
    "title": ("foreground-muted", "", ""),
    "active": ("text-accent", "", "bold"),
    "head": ("foreground-muted", "", "italic"),
    "strong": ("", "", "bold"),
    "faint": ("foreground-muted", "", ""),
    "critical": ("text-error", "", "bold"),
    "warning": ("text-warning", "", ""),
    "good": ("text-success", "", ""),
    "code": ("text-primary", "", ""),
    "mark": ("", "surface-lighten-2", "bold"),
    "cursor": ("", "block-cursor-background", "bold"),
}


class Toned(Widget):
    """A widget that draws lines of parts."""

    def strip(self, parts: Iterable[Part], width: int, under: str = "") -> Strip:
        """One line; neighbours of one tone become one segment. `under` lies beneath all of it."""
        base = self._over(self.rich_style, under)
        segments, taken, run, run_tone = list[Segment](), 0, "", ""
        for text, tone in parts:
            taken += width_of(text)
            if tone == run_tone or under == "cursor":
                run += text
                continue
            if run:
                segments.append(Segment(run, self._over(base, run_tone)))
            run, run_tone = text, tone
        segments.append(Segment(run, self._over(base, run_tone)))
        return Strip(segments, taken).adjust_cell_length(width, base)

    def _over(self, base: Style, tone: str) -> Style:
        if not tone:
            return base
        text, background, extra = TONES[tone]
        variables = self.app.theme_variables
        return _style(base, variables.get(text, ""), variables.get(background, ""), extra)


@lru_cache(256)
def _style(base: Style, text: str, background: str, extra: str) -> Style:
    behind = Color.parse(background) if background else _background(base)
    colour = behind + Color.parse(text) if text else None
    if background:
        colour = behind.get_contrast_text(0.87)
    return base + Style(
        color=colour.rich_color if colour else None,
        bgcolor=behind.rich_color if background else None,
        bold=extra == "bold" or None,
        italic=extra == "italic" or None,
    )


def _background(style: Style) -> Color:
    return Color.from_rich_color(style.bgcolor) if style.bgcolor else Color(0, 0, 0)
