"""Where secrets are planted: each place has one of its own, by which it is told from the others."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

PLACES = {
    "sql literal": "a literal in SQL",
    "sql literal of a loop": "the same, repeated, so that there is a finding about it",
    "sql parameter": "a parameter of a query",
    "sql many": "a parameter of executemany",
    "sql comment": "a comment in SQL",
    "sql double quotes": "a text that SQLite is given in double quotes",
    "sql double quotes anywhere": "the same where only SQLite knows that it is none of its names",
    "sql rows": "one of many values in one statement, among some that look like its grammar",
    "sql setting": "what a setting is set to, without quotes",
    "sql number": "a number in SQL",
    "sql error": "a literal in SQL that fails, and the database's message",
    "sql unfinished": "a literal that does not end",
    "orm value": "a value in filter()",
    "url path": "a part of the path that a route captures",
    "url unrouted": "a path that no route matches",
    "url query": "the query string",
    "request method": "a method that nobody knows",
    "form value": "a field of a form",
    "form key": "the name of a field",
    "json key": "a key in a JSON body",
    "file name": "the name of an uploaded file",
    "file content": "its content",
    "header": "a header's value",
    "header name": "a header's name",
    "basic auth": "the Authorization header",
    "cookie": "a cookie",
    "session": "what is kept in the session",
    "user": "the name of who is logged in",
    "response": "the body of the response",
    "response header": "a header of the response",
    "local variable": "a variable of a request that lasts",
    "exception": "the message of an exception in a view",
    "exception cause": "the message of its cause",
    "exception attribute": "what the exception carries besides",
    "compiled name": "what code calls its file that is compiled from data",
    "log line": "what the application logs",
    "thread name": "the name of a thread that makes queries",
    "asyncio task name": "the name of an asyncio task that blocks its event loop",
    "task argument": "an argument of a task",
    "task keyword": "a keyword argument of a task",
    "task id": "a task's id that the application chose",
    "task header": "a header of a task's message",
    "routing key": "what a topic exchange routes a task's message by",
    "task result": "what a task returns",
    "task exception": "the message of an exception in a task",
    "task retry": "the message of an exception for which a task is tried again",
    "command line": "an argument of a management command, --password …",
    "command option": "an option of Django's own, --pythonpath=…",
    "environment": "an environment variable",
    "secret key": "Django's SECRET_KEY",
    "database password": "the password in DATABASES",
    "redis password": "the password in DJSCOPE_REDIS_URL",
    "broker password": "the password in Celery's broker's URL",
}


def secret_of(place: str) -> str:
    """Letters and digits, so that no encoding of text changes it."""
    assert place in PLACES
    return "Zx" + hashlib.sha256(place.encode()).hexdigest()[:18]


def number_of(place: str) -> str:
    """A secret that is a number."""
    return str(int(hashlib.sha256(place.encode()).hexdigest()[:16], 16))


def planted(place: str, value: object) -> None:
    """The process had it: noted in a file, so that no place is checked in vain."""
    secret = number_of(place) if place == "sql number" else secret_of(place)
    assert secret in str(value), (place, value)
    with (Path(os.environ["SECRETIVE_DIR"]) / "planted").open("a") as file:
        file.write(f"{place}\n")
