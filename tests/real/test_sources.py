"""Source from a process: lines of files that its stacks named, where its host allows it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from djscope.feed.embedded import start_embedded
from djscope.model.definitions import Place
from djscope.pathmap import PathMap
from djscope.sourcefiles import DIFFERS, SourceFiles
from djscope.watch import Watch
from djscope_probes.sources import NOT_ALLOWED, NOT_NAMED
from djscope_probes.wire import source_digest
from tests.real.servers import PROJECTS, Quiet, line_of, quiet_environment
from tests.real.tools import get, wait_for, watching

pytestmark = pytest.mark.real
FILE = PROJECTS / "quiet" / "urls.py"


@pytest.fixture(scope="module")
def redis_url() -> Iterator[str]:
    with start_embedded() as server:
        yield server.url


class Open(Quiet):
    """Its host allows sources to be sent."""

    def _python(self, name: str, *arguments: str) -> None:
        env = quiet_environment(
            self.directory,
            DJSCOPE_ALLOW="source",
            DJSCOPE_REDIS_URL=self.redis_url,
            QUIET_APPS="djscope_probes",
        )
        self._children.start(name, [sys.executable, *arguments], env=env)


def seen(watch: Watch, project: Quiet) -> Place:
    """The line of the loop, as a stack told it."""
    wait_for(lambda: watch.session.watching()[0] == project.n, 40, "arming")
    # Frames may come before what the processes say of themselves is read.
    processes = watch.session.processes
    wait_for(lambda: all(each.kind for each in list(processes.values())), what="announcements")
    assert get(project.wsgi_url, "/loop/")[0] == 200

    def place() -> Place | None:
        for stat in list(watch.session.queries.stats.values()):
            for frame in watch.session.definitions.stack(stat.stack_id):
                if frame.file == str(FILE):
                    return frame
        return None

    found = wait_for(place, what="the stack")
    assert found is not None
    return found


def test_lines_come_from_a_process_that_may_send_them(redis_url: str, tmp_path: Path) -> None:
    """Of a file that is not here, or not the same; never of one that no stack named."""
    with Open(redis_url) as project, watching(redis_url, "quiet") as watch:
        project.start()
        place = seen(watch, project)
        elsewhere = SourceFiles(watch, PathMap([(str(PROJECTS), tmp_path)]))

        assert place.digest == source_digest(FILE.read_bytes())

        # Who may be asked is known when processes have announced themselves.
        wait_for(lambda: elsewhere(place).lines, what="the answer")
        text = elsewhere(place)

        assert text.lines[place.line - text.first].endswith("# finding: loop")
        assert place.line == line_of(FILE, "finding: loop")
        assert text.note.startswith("sent by ")
        assert ";" not in text.note

        (tmp_path / "quiet").mkdir()
        (tmp_path / "quiet" / "urls.py").write_text("another = 1\n")
        other = replace(place, line=place.line + 1)

        assert elsewhere(other).note == DIFFERS
        wait_for(lambda: elsewhere(other).note.startswith("sent by "), what="the answer")

        unnamed = replace(place, file=str(PROJECTS / "quiet" / "settings.py"), digest="")
        wait_for(lambda: NOT_NAMED in elsewhere(unnamed).note, what="the refusal")


def test_nothing_comes_where_the_host_does_not_allow_it(redis_url: str) -> None:
    """Also when it is asked by hand."""
    with Quiet(redis_url) as project, watching(redis_url, "quiet") as watch:
        project.start()
        place = seen(watch, project)
        process = next(each for each in watch.session.processes.values() if each.kind == "gunicorn")
        word = watch.ask("source", process.id, f"{place.line} {place.file}")
        sent = wait_for(lambda: watch.session.answers.get(word), what="the answer")

        assert (sent.text, sent.problem) == ("", NOT_ALLOWED)  # type: ignore[union-attr]
        assert "source" not in process.allow
