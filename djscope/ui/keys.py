"""Every key, as data: the widgets bind them, the footer, the help and the README show them."""

from __future__ import annotations

from dataclasses import dataclass

from textual.binding import Binding


def _key(
    key_id: str,
    keys: str,
    action: str,
    label: str,
    tooltip: str,
    *,
    show: bool = False,
    display: str | None = None,
    priority: bool = False,
) -> Binding:
    return Binding(
        keys, action, label, id=key_id, tooltip=tooltip, show=show, key_display=display,
        priority=priority,
    )  # fmt: skip


_PANES = ["Overview", "Queries", "Requests", "Tasks", "Async", "Findings", "Processes"]

APP = (
    *(
        _key(
            f"pane.{name.lower()}", str(number), f"pane({number})",
            "Panes" if number == 1 else name, f"show {name}", show=number == 1, display=str(number),
        )
        for number, name in enumerate(_PANES, 1)
    ),
    _key("freeze", "space", "freeze", "Freeze", "hold the view; collecting goes on", show=True),
    _key("resume", "space", "resume", "Resume", "show what is now again", show=True),
    _key("reset", "R", "reset", "Reset", "forget what was counted, start from now"),
    _key("export", "e", "export", "Export", "write everything collected to a JSON file", show=True),
    _key("palette", "colon,ctrl+p", "command_palette", "Palette", "find a pane, finding or action"),
    _key("theme", "t", "theme", "Theme", "next theme"),
    _key("help", "question_mark", "help", "Help", "all keys; type to find one", show=True),
    _key("suspend", "ctrl+z", "suspend_process", "Suspend", "to the shell; `fg` watches again"),
    _key("quit", "q", "quit", "Quit", "leave; probes stop when nobody else watches", show=True),
    _key("interrupt", "ctrl+c", "quit", "Quit", "leave, also while typing", priority=True),
)  # fmt: skip
LIST = (
    _key("open", "enter", "open", "Open", "everything about this row", show=True, display="enter"),
    _key("down", "j,down", "move(1)", "Down", "next row"),
    _key("up", "k,up", "move(-1)", "Up", "previous row"),
    _key("first", "g,home", "first", "First", "first row; it stays the first as rows re-sort"),
    _key("last", "G,end", "last", "Last", "last row"),
    _key("half-down", "ctrl+d,pagedown", "half_page(1)", "Half down", "half a page down"),
    _key("half-up", "ctrl+u,pageup", "half_page(-1)", "Half up", "half a page up"),
    _key("sort", "s", "sort", "Sort", "sort by the next column", show=True),
    _key("turn", "b", "turn", "By", "queries by site, SQL, route, or rows' origin", show=True),
    _key("lately", "n", "lately", "Now", "the last minute first, or all since attach", show=True),
    _key("reverse", "S", "reverse", "Reverse", "turn the order round"),
)
PAGE = (
    _key(
        "back", "escape,backspace", "back", "Back", "one level back, or clear the filter", show=True
    ),
    _key("filter", "slash", "filter", "Filter", "show matching rows only", show=True),
    _key("next", "tab", "app.focus_next", "Next list", "to the next list"),
    _key("previous", "shift+tab", "app.focus_previous", "Previous list", "to the list before"),
    _key(
        "maximise", "z", "maximise", "Maximise", "one list on the whole screen, and back", show=True
    ),
    _key("copy", "y", "copy", "Copy", "copy the fix, or else the SQL", show=True),
    _key("edit", "o", "edit", "Editor", "open the line in $EDITOR", show=True),
    _key("where", "w", "stacks", "Where", "stacks now: where all its threads stand", show=True),
    _key("deep", "d", "deepen", "Deep", "look at it deeply for five minutes, or no more"),
)
SCROLL = (
    _key("scroll-down", "j,down", "scroll_down", "Down", "scroll a line down"),
    _key("scroll-up", "k,up", "scroll_up", "Up", "scroll a line up"),
    _key("page-down", "ctrl+d,pagedown", "page_down", "Page down", "scroll a page down"),
    _key("page-up", "ctrl+u,pageup", "page_up", "Page up", "scroll a page up"),
    _key("top", "g,home", "scroll_home", "Top", "scroll to the top"),
    _key("bottom", "G,end", "scroll_end", "Bottom", "scroll to the end"),
)
STACKS = (
    _key("again", "r", "again", "Again", "take the stacks once more", show=True),
    _key("save", "e", "save", "Write", "write these stacks to a JSON file", show=True),
)
STACK = (_key("frames", "a", "frames", "Frames", "libraries' frames too, or ours only", show=True),)


@dataclass(frozen=True, slots=True)
class Group:
    """Keys that work in the same place."""

    title: str
    keys: tuple[Binding, ...]


GROUPS = (
    Group("everywhere", APP),
    Group("in a list", LIST),
    Group("on a screen", PAGE),
    Group("in a text", SCROLL),
    Group("in a stack", STACK),
    Group("in stacks now", STACKS),
)
