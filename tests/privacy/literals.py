"""Literals as each database takes them, and the places of grammar where one may stand."""

from __future__ import annotations

from hypothesis import strategies as st

# What the secrets are made of: any four of its characters in a row would be a part of one.
SECRET = "Zq7XwKv9TjPm"
NUMBER = "90210473355118"
# Around the secret: everything that begins or ends something.
HOSTILE = (
    "'", '"', "`", "\\", "\\'", "--", "-- ", "/*", "*/", "#", "$$", "$a$", ";", "\n", "\r", "\x00",
    "?", "%s", "(", ")", ",", "E'", "]", "{", ":x", "é", " ", "''", "\\\\", "/*!", "q'[",
)  # fmt: skip
contents = st.lists(st.sampled_from((*HOSTILE, SECRET)), max_size=8).map(
    lambda parts: "".join([*parts[:4], SECRET, *parts[4:]])
)


def doubled(text: str, quote: str = "'") -> str:
    """The standard's way."""
    return quote + text.replace(quote, quote * 2) + quote


def escaped(text: str, quote: str = "'") -> str:
    """With backslashes, as MySQL and PostgreSQL's E'' have it."""
    return quote + text.replace("\\", "\\\\").replace(quote, "\\" + quote) + quote


def halfway(text: str, quote: str = "'") -> str:
    """Backslashes doubled, quotes too: MySQL takes both."""
    return doubled(text.replace("\\", "\\\\"), quote)


def dollared(text: str) -> str:
    """PostgreSQL's, with a tag that does not occur."""
    tag = "$fence_1$"
    return f"{tag}{text}{tag}"


def hexed(text: str) -> str:
    return f"x'{text.encode().hex()}'"


FORMS = {
    "postgresql": [
        doubled, dollared, hexed, lambda text: f"E{escaped(text)}",
        lambda text: f"N{doubled(text)}", lambda text: f"E'a'\n {escaped(text)}",
        lambda text: f"U&{doubled(text)}",
    ],
    "mysql": [
        escaped, halfway, hexed, lambda text: escaped(text, '"'), lambda text: halfway(text, '"'),
        lambda text: f"_utf8mb4{escaped(text)}", lambda text: f"N{halfway(text)}",
        lambda text: f"0x{text.encode().hex()}",
    ],
    "mysql plain": [doubled, hexed, lambda text: doubled(text, '"')],
    "sqlite": [doubled, hexed],
    "oracle": [doubled, lambda text: f"N{doubled(text)}"],
    "microsoft": [doubled, lambda text: f"N{doubled(text)}"],
}  # fmt: skip
UNSIGNED = [
    NUMBER, f"{NUMBER}.5", f".{NUMBER}", f"{NUMBER}e5", f"1.{NUMBER}E-12", f"0x{NUMBER}",
    "90_210_473_355_118", f"{NUMBER}.",
]  # fmt: skip
SIGNED = [f"-{NUMBER}", f"+{NUMBER}", f"-.{NUMBER}", f"-{NUMBER}e+5"]
EVERYWHERE = [
    "SELECT {} FROM t", "SELECT a FROM t WHERE b = {}", "SELECT a FROM t WHERE b={} AND c<>{}",
    "SELECT a FROM t WHERE b IN ({}, {}) LIMIT 10", "SELECT a FROM t WHERE b LIKE {} ESCAPE '!'",
    "SELECT a FROM t WHERE b BETWEEN {} AND {}", "INSERT INTO t (a, b) VALUES ({}, {}), ({}, {})",
    "UPDATE t SET a = {}, b = f({}, c) WHERE d = %s", "DELETE FROM t WHERE a = {} OR b > {}",
    "SELECT CASE WHEN a = {} THEN {} ELSE {} END FROM t", "SELECT f({}) || g(a, {}) FROM t",
    "SELECT a FROM t JOIN u ON t.b = {} GROUP BY f({}) HAVING max(c) < {} ORDER BY f(a, {})",
    "SELECT a, /* {} */ b FROM t", "SELECT a -- {}\nFROM t", "WITH x AS (SELECT {} AS a) SELECT a",
    "SELECT a FROM t UNION ALL SELECT {}", "SELECT CAST({} AS text)", "CALL p({}, %s)",
    "CREATE TABLE t (a text DEFAULT {})", "SELECT a FROM t WHERE (a, b) = ({}, {})",
]  # fmt: skip
PLACES = {
    "postgresql": [
        "SELECT a #>> {} FROM t", "SELECT {}::text || $1",
        "SELECT a ->> {} @> {}", "SELECT DATE {} + INTERVAL {}",
        "SELECT ARRAY[{}, {}]", "INSERT INTO t VALUES ({}) ON CONFLICT (a) DO UPDATE SET a = {}",
        "SELECT a /* x /* {} */ y */ FROM t", "NOTIFY c, {}", "COPY t FROM stdin;\n{}\t{}\n\\.",
        'SELECT {} AS "x"', "CREATE USER u PASSWORD {}", "SELECT f(a => {})", "DO {}",
    ],
    "mysql": [
        "SELECT a # {}\nFROM t", "SELECT {} AS 'x'", "SELECT JSON_EXTRACT(a, {})",
        "CREATE USER 'u'@'h' IDENTIFIED BY {}", "SELECT a FROM t LIMIT {}, {}",
        "SELECT * FROM t WHERE MATCH (a) AGAINST ({} IN BOOLEAN MODE)", "SET @x = {}",
        "SELECT DATE_ADD(a, INTERVAL {} DAY)", "INSERT INTO t VALUES ({}) AS n",
    ],
    "sqlite": ["SELECT a GLOB {}", "PRAGMA key = {}", "SELECT a -> {}", "ATTACH {} AS x"],
}  # fmt: skip
IN_COMMENT = ("/* ", "-- ", "# ", "COPY")
