"""The keys that work right now."""

from __future__ import annotations

from collections.abc import Sequence

from djscope.ui.draw import width_of
from djscope.ui.widgets.line import Line
from djscope.ui.widgets.toned import Part

# In this order, as far as they fit; the rest is in the help.
ORDER = (
    "help", "quit", "back", "open", "filter", "freeze", "resume", "frames", "again", "copy", "edit",
    "where", "save",
    "pane.overview", "turn", "lately", "sort", "maximise", "export",
)  # fmt: skip


class Footer(Line):
    """Read from the bindings that are active, so that it never lies."""

    DEFAULT_CSS = "Footer { background: $panel; }"

    def pieces(self, width: int) -> Sequence[Part]:
        room, parts = width, list[Part]()
        for keys, label in self._labels():
            room -= width_of(keys) + width_of(label) + 3
            if room < 0:
                break
            parts += [(f" {keys} ", "active"), (f"{label} ", "")]
        return parts

    def _labels(self) -> list[tuple[str, str]]:
        shown: dict[str, tuple[str, str]] = {}
        for active in self.screen.active_bindings.values():
            binding = active.binding
            if binding.show and active.enabled and binding.id:
                keys = "1-7" if binding.id == "pane.overview" else self.app.get_key_display(binding)
                shown.setdefault(binding.id, (keys, binding.description.lower()))
        return [shown[key] for key in ORDER if key in shown]
