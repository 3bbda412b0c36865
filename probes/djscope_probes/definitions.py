"""Texts that are sent once: each gets a content-hash id, and travels before its first use."""

from __future__ import annotations

from djscope_probes import settings
from djscope_probes.classlines import with_line
from djscope_probes.columns import column_names
from djscope_probes.groups import Origin, Shape
from djscope_probes.sources import digest_of
from djscope_probes.sqltext import normalise
from djscope_probes.told import told_file
from djscope_probes.wire import DEFS_CAP, Layer, Relation, StackFrame, definition_id, dumps

# Values kept to be sent again on request; beyond this they are sent when next used.
KEPT_BYTES = 2_000_000
MAX_CACHED = 5_000
# Of raw SQL, in characters.
CACHED_CHARS = 2_000_000
MAX_FILES = 5_000
MAX_CHAINS = 200


def tellable(frame: StackFrame) -> StackFrame:
    """A frame whose file may be told."""
    file = told_file(frame.file)
    return frame if file == frame.file else frame._replace(file=file)


class Definitions:
    """One per arm: a probe forgets what it sent when it is armed again.

    `files` are the project's that frames named so far: only of these may a viewer see the source.
    """

    def __init__(self) -> None:
        self.unsent: dict[str, str] = {}
        self.files: set[str] = set()
        self._sent: dict[str, str] = {}
        self._kept = 0
        self._sql: dict[tuple[str, str], str] = {}
        self._sql_chars = 0
        self._key = settings.secret()
        # With the layers themselves, whose id must not be another's meanwhile.
        self._chains: dict[int, tuple[tuple[Layer, ...], str]] = {}

    def name(self, text: str) -> str:
        """The id of a route, a task, a view."""
        return self._define("n", dumps(text)) if text else ""

    def sql(self, shape: Shape, dialect: str) -> str:
        """The id of a query's text, cleaned of literals here, in the probe's thread."""
        known = (dialect, shape.sql)
        key = self._sql.get(known)
        if key is None or (key not in self._sent and key not in self.unsent):
            self._sql_chars += len(shape.sql)
            if len(self._sql) >= MAX_CACHED or self._sql_chars > CACHED_CHARS:
                self._sql.clear()
                self._sql_chars = len(shape.sql)
            columns = column_names() if dialect == "sqlite" else frozenset()
            text = normalise(shape.sql, dialect, columns, self._key)
            key = self._sql[known] = self._define("q", dumps(text))
        return key

    def site(self, frame: StackFrame | None) -> str:
        """The id of one line; without a digest: it stays the same whatever became of the file."""
        if frame is None:
            return ""
        self._note_file(frame)
        return self._define("l", dumps(with_line(tellable(frame))))

    def stack(self, frames: list[StackFrame]) -> str:
        """The id of a stack, innermost first; the project's frames with their files' digests."""
        if not frames:
            return ""
        return self._define("s", dumps([self._digested(frame) for frame in frames]))

    def _digested(self, frame: StackFrame) -> StackFrame:
        if not frame.app:
            return tellable(frame)
        self._note_file(frame)
        file, line, function, app, _ = with_line(frame)
        return StackFrame(file, line, function, app, digest_of(file))

    def _note_file(self, frame: StackFrame) -> None:
        if frame.app and frame.file and len(self.files) < MAX_FILES:
            self.files.add(frame.file)

    def chain(self, layers: tuple[Layer, ...]) -> str:
        """The id of what a handler's requests pass through."""
        key = self._chains.get(id(layers), (layers, ""))[1]
        if not key or (key not in self._sent and key not in self.unsent):
            if len(self._chains) >= MAX_CHAINS:
                self._chains.clear()
            for layer in layers:
                if layer.line is not None:
                    self._note_file(layer.line)
            lined = [each._replace(line=each.line and with_line(each.line)) for each in layers]
            key = self._define("c", dumps(lined))
            self._chains[id(layers)] = (layers, key)
        return key

    def relation(self, path: Origin | None) -> str:
        """The id of what lazy loads went through."""
        step = path.step if path is not None else None
        if path is None or step is None:
            return ""
        root = path.root.model if path.root.site is not None else ""
        relation = Relation(
            step.owner, step.name, path.path, path.kinds, root, step.model, step.back
        )
        return self._define("r", dumps(relation))

    def confirmed(self, keys: list[str]) -> None:
        """These are in Redis now."""
        for key in keys:
            text = self.unsent.pop(key, None)
            if text is None:
                continue
            self._kept += len(text)
            self._sent[key] = text if self._kept < KEPT_BYTES else ""
        while len(self._sent) > DEFS_CAP:  # the oldest are sent once more when next used
            self._kept -= len(self._sent.pop(next(iter(self._sent))))

    def lost(self) -> None:
        """Redis lost the hash: everything has to be sent again."""
        self.needed(list(self._sent))

    def needed(self, keys: list[str]) -> None:
        """A viewer lacks these; those whose text is not kept go when they are next used."""
        for key in keys:
            text = self._sent.pop(key, None)
            if text:
                self._kept -= len(text)
                self.unsent[key] = text

    def _define(self, prefix: str, text: str) -> str:
        key = definition_id(prefix, text)
        # Above the cap it is not sent now, and a viewer shows "…" until it is used again.
        if key not in self._sent and len(self.unsent) < DEFS_CAP:
            self.unsent.setdefault(key, text)
        return key
