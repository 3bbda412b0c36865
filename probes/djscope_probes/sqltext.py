"""SQL as it may leave the process: literals out, sizes of lists out, comments out."""

from __future__ import annotations

import re
from hashlib import blake2b

from djscope_probes.dialects import Dialect, dialect, tokens
from djscope_probes.sqllists import Lists
from djscope_probes.sqlnames import Names
from djscope_probes.wire import TEXT_BYTES

# Read of a longer text; what follows is left out, and that is said.
MAX_CHARS = TEXT_BYTES * 4
WORTH_IT = 400
_HASHED = re.compile(r"sql:[0-9a-f]{16}")
# Long runs of placeholders become shorter ones, never so short that they are no list any more.
_RUN, _MANY, _FEW = "%s, " * 20, "%s, " * 16, "%s, " * 2
_ROWS = re.compile(r"(\((?:%s, )*%s\))(?:, \1)+")
_SAVEPOINT = re.compile(r"(SAVEPOINT) .*", re.IGNORECASE)
# A literal's end, by its quote and whether a backslash escapes.
_TEXT = {
    ("'", False): re.compile(r"'[^']*(?:''[^']*)*'(?!')"),
    ("'", True): re.compile(r"'[^'\\]*(?:(?:''|\\.)[^'\\]*)*'(?!')", re.DOTALL),
    ('"', False): re.compile(r'"[^"]*(?:""[^"]*)*"(?!")'),
    ('"', True): re.compile(r'"[^"\\]*(?:(?:""|\\.)[^"\\]*)*"(?!")', re.DOTALL),
}
# PostgreSQL: a literal goes on behind a line break, read as it began.
_GOES_ON = re.compile(r"[ \t\f\v]*(?:--[^\n\r]*)?[\n\r](?:[ \t\n\r\f\v]|--[^\n\r]*[\n\r])*(?=')")
_BRACKETS = {"[": "]", "(": ")", "{": "}", "<": ">"}
_COMMENT_EDGE = re.compile(r"/\*|\*/")
_PREFIX = re.compile(r"[eEbBxXnN]|_\w+")
# Behind these a sign belongs to the number.
_BEFORE_VALUE = frozenset(
    {
        "ALL", "AND", "BETWEEN", "BY", "CASE", "DEFAULT", "DISTINCT", "DIV", "ELSE", "GLOB",
        "HAVING", "ILIKE", "IN", "INTERVAL", "IS", "LIKE", "LIMIT", "MATCH", "MOD", "NOT", "OFFSET",
        "ON", "OR", "REGEXP", "RETURNING", "RLIKE", "SELECT", "SET", "THEN", "TO", "VALUES", "WHEN",
        "WHERE",
    }
)  # fmt: skip


_KINDS = (
    "space", "keep", "comment", "COMMENT", "TEXT", "name", "PREFIX", "DOLLAR", "doubt", "word",
    "number", "other",
)  # fmt: skip


class _UnreadableError(Exception):
    """A literal or comment whose end is not known: it may hide anything."""


def normalise(
    sql: str, vendor: str = "", columns: frozenset[str] = frozenset(), key: bytes = b""
) -> str:
    """`sql` without literals and comments, lists collapsed, at most `TEXT_BYTES` long.

    `vendor`: a name that `dialects.dialect` knows; `columns`: names in `"…"` that are the
    application's. What cannot be read is sent as a hash: it cannot be cleaned. By `key`, so that
    nobody without it finds a text by trying.
    """
    if _HASHED.fullmatch(sql):
        return sql
    text = shortened(sql)
    cut = len(text) > MAX_CHARS
    if len(text) > WORTH_IT:
        text = _ROWS.sub(r"\1, \1", runs_shortened(text))
    try:
        cleaned = _read(text, dialect(vendor), columns, cut=cut)
    except _UnreadableError:
        digest = blake2b(sql.encode("utf-8", "replace"), digest_size=8, key=key)
        return "sql:" + digest.hexdigest()
    return _SAVEPOINT.sub(r"\1 …", cleaned) if len(cleaned) < 200 else cleaned


def _read(text: str, rules: Dialect, columns: frozenset[str], *, cut: bool) -> str:
    """Once more where a name came to be known behind its use, as aliases do."""
    reader = _Reader(text, rules, columns)
    cleaned = reader.read(cut=cut)
    if later := reader.names.doubted & reader.names.found:
        return _Reader(text, rules, columns | later).read(cut=cut)
    return cleaned


def shortened(sql: str) -> str:
    """Not much more than `MAX_CHARS`; of long lists of placeholders the beginning is enough."""
    if len(sql) <= MAX_CHARS:
        return sql
    return runs_shortened(sql)[: MAX_CHARS + 1]


def runs_shortened(sql: str) -> str:
    """The same lists with fewer placeholders: what is read is read token by token."""
    while _RUN in sql:
        sql = sql.replace(_MANY, _FEW)
    return sql


class _Reader:
    """One pass over a text, token by token, into what may be shown of it."""

    def __init__(self, sql: str, rules: Dialect, known: frozenset[str] = frozenset()) -> None:
        self._sql = sql
        self._rules = rules
        self._out = Lists()
        self.names = Names(known)
        # The last words and signs, in capitals: they tell what comes next.
        self._last = self._before = ""
        self._operand = False
        # SET or PRAGMA, and behind its sign; behind IDENTIFIED.
        self._sets = self._setting = self._identified = False

    def read(self, *, cut: bool) -> str:
        sql, match_at, at, end = self._sql, tokens(self._rules).match, 0, len(self._sql)
        steps = {kind: getattr(self, f"_{kind.lower()}") for kind in _KINDS}
        while at < end:
            match = match_at(sql, at)
            assert match is not None, "a token is any character at least"
            try:
                at = steps[match.lastgroup or ""](match.group(), at)
            except _UnreadableError:
                if not cut:
                    raise
                break  # it may end behind the cut; nothing of it was taken over
            if at < 0:
                cut = True
                break
        return self._out.text(cut=cut)

    # Each takes what was found and where, and returns where to go on.

    def _space(self, text: str, at: int) -> int:
        self._out.space()
        return at + len(text)

    def _comment(self, text: str, at: int) -> int:
        self._out.space()
        if text != "/*":
            return at + len(text)
        end = self._sql.find("*/", at + 2) + 2
        if self._rules.nested is not False:
            inner = self._nested(at)
            if self._rules.nested or inner == end:
                end = inner
            else:
                raise _UnreadableError
        if end < 2:
            raise _UnreadableError
        return self._looked_into(at, end)

    def _nested(self, at: int) -> int:
        """Just behind a comment in which others may stand; 0 if it does not end."""
        depth = 0
        for edge in _COMMENT_EDGE.finditer(self._sql, at):
            depth += 1 if edge.group() == "/*" else -1
            if depth == 0:
                return edge.end()
        return 0

    def _looked_into(self, at: int, end: int) -> int:
        """MySQL runs what stands in `/*! … */`: then quotes in it count, else they do not."""
        inside = self._sql[at + 2 : end - 2]
        runs = self._rules.mysql and inside.startswith(("!", "M!"))
        if runs and any(sign in inside for sign in ("'", '"', "`", "#", "--", "/*")):
            raise _UnreadableError
        return end

    def _text(self, quote: str, at: int) -> int:
        return self._hidden(self._end(at, quote, self._rules.backslash))

    def _prefix(self, text: str, at: int) -> int:
        return self._text("'", at + len(text))

    def _dollar(self, tag: str, at: int) -> int:
        end = self._sql.find(tag, at + len(tag))
        if end < 0:
            raise _UnreadableError
        return self._hidden(end + len(tag))

    def _doubt(self, text: str, at: int) -> int:  # noqa: ARG002
        raise _UnreadableError

    def _keep(self, text: str, at: int) -> int:
        self._value(text)
        return at + len(text)

    def _number(self, text: str, at: int) -> int:
        end = at + len(text)
        if self._sql[end : end + 1] == "'":
            raise _UnreadableError  # where the number ends decides how the literal is read
        return self._hidden(end)

    def _name(self, text: str, at: int) -> int:
        end = at + len(text)
        by = self._before == "IDENTIFIED" and self._last == "BY"
        guess = text[0] == '"' and self._rules.double == "guess"
        if by or (guess and self.names.is_text(text, qualifies=self._sql.startswith(".", end))):
            return self._hidden(end)
        self._out.other(text)
        self._note(text, operand=True)
        return end

    def _word(self, word: str, at: int) -> int:
        end, rules = at + len(word), self._rules
        if self._sql.startswith("'", end):
            if rules.oracle and word.lower() in ("q", "nq"):
                close = self._sql[end + 1 : end + 2]
                last = self._sql.find(_BRACKETS.get(close, close) + "'", end + 2)
                if not close or last < 0:
                    raise _UnreadableError
                return self._hidden(last + 2)
            if _PREFIX.fullmatch(word):
                escaped = rules.postgres and word in "eE"
                return self._hidden(self._end(end, "'", escaped or rules.backslash))
        capital = word.upper()
        if self._is_bare_value(capital):
            return self._hidden(end)
        self._out.word(word, capital)
        stdin = capital == "STDIN" and self._last == "FROM"
        self._note(capital, operand=capital not in _BEFORE_VALUE)
        # Behind it come COPY's data.
        return -1 if stdin else end

    def _is_bare_value(self, capital: str) -> bool:
        """A value without quotes: a password, or what a setting is set to."""
        if self._before == "IDENTIFIED" and self._last == "BY":
            return capital != "PASSWORD"
        if self._identified and self._last == "REPLACE":
            return True
        return self._setting and capital not in ("ON", "OFF", "TRUE", "FALSE", "DEFAULT", "NULL")

    def _other(self, char: str, at: int) -> int:
        number = tokens(self._rules).match(self._sql, at + 1) if char in "+-" else None
        if number and number.lastgroup == "number" and not self._operand:
            return at + 1  # the number's sign
        self._out.sign(char, self._last)
        self._note(char, operand=char in ")]")
        return at + 1

    # What they share

    def _end(self, at: int, quote: str, backslash: bool | None) -> int:
        """Just behind the literal that begins `at`."""
        if backslash is None:
            ends = {self._try(at, quote, escapes) for escapes in (False, True)}
            if len(ends) > 1 or -1 in ends:
                raise _UnreadableError
            return ends.pop()
        end = self._try(at, quote, backslash)
        while end > 0 and self._rules.postgres and (more := _GOES_ON.match(self._sql, end)):
            end = self._try(more.end(), quote, backslash)
        if end < 0:
            raise _UnreadableError
        return end

    def _try(self, at: int, quote: str, backslash: bool) -> int:
        match = _TEXT[quote, backslash].match(self._sql, at)
        return match.end() if match else -1

    def _hidden(self, end: int) -> int:
        self._value("?")
        return end

    def _value(self, text: str) -> None:
        self._out.value(text)
        self._note("?", operand=True)

    def _note(self, text: str, *, operand: bool) -> None:
        if text == "IDENTIFIED":
            self._identified = True
        elif text == ";":
            self._sets = self._setting = self._identified = False
        elif not self._last or self._last == ";":
            self._sets = text in ("SET", "PRAGMA")
        elif self._sets and (text in ("=", "TO") or (text == "(" and self._before == "PRAGMA")):
            self._setting = True
        self._before, self._last, self._operand = self._last, text, operand
        self.names.note(text)
