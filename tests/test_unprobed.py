"""Which program a command line is: as servers, workers and commands are started for real."""

from __future__ import annotations

from shlex import split

import pytest

from djscope.attach.unprobed import kind_of, program


@pytest.mark.parametrize(
    ("command", "kind"),
    [
        ("/venv/bin/python3.12 /venv/bin/gunicorn shop.wsgi -w 4", "gunicorn"),
        ("python -m gunicorn --bind 0.0.0.0:80 shop.wsgi", "gunicorn"),
        ("python -X dev -W error -u -m celery -A shop worker -l info", "celery"),
        ("/venv/bin/python /venv/bin/celery -A shop beat", "celery"),
        ("python -m uvicorn.main shop.asgi:application", "uvicorn"),
        ("/usr/bin/python3 /usr/lib/python3/uvicorn/__main__.py shop.asgi", "uvicorn"),
        ("uwsgi --master --module shop.wsgi", "uwsgi"),
        ("python manage.py runserver 8000", "runserver"),
        ("python /srv/shop/manage.py migrate --noinput", "migrate"),
        ("python -m django shell", "shell"),
        ("python manage.py --password=secret", "manage.py"),
        ("python manage.py", "manage.py"),
        ("'gunicorn: master [shop]'", "gunicorn"),
        ("'[celeryd: celery@web-1:MainProcess] -active- (worker)'", "celery"),
        ("python -c 'import gunicorn'", ""),
        ("python -m pip install gunicorn", ""),
        ("python server.py gunicorn", ""),
        ("grep gunicorn", ""),
        ("python", ""),
        ("python -m", ""),
        ("", ""),
    ],
)
def test_a_command_line_tells_its_program(command: str, kind: str) -> None:
    """Not what stands among its arguments."""
    assert kind_of(split(command)) == kind


@pytest.mark.parametrize(
    ("command", "kind"),
    [
        ("python launch.py --token=secret", "launch.py"),
        ("python -c 'fork()'", "python"),
        ("python -m celery -A shop worker", "celery"),
        ("python -m djscope attach", ""),
        ("python -I -S /venv/djscope/keeper.py /run/djscope/x", ""),
    ],
)
def test_a_parent_is_told_by_whatever_it_runs(command: str, kind: str) -> None:
    """Unless it is djscope itself."""
    assert kind_of(split(command), parent=True) == kind


def test_what_follows_are_its_arguments() -> None:
    assert program(split("python -m django migrate shop")) == ["django", "migrate", "shop"]
