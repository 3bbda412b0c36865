"""MariaDB and PgBouncer, where they are installed: on sockets and directories of our own."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from demo import unprivileged
from demo.shop_site.database import postgresql
from djscope.children import Children

# Where Debian keeps servers; a user's PATH may lack it.
SYSTEM = "/usr/sbin:/usr/local/sbin:/sbin"
ENVIRONMENT = {"LC_ALL": "C", "PATH": f"/usr/bin:/bin:{SYSTEM}"}
MARIADB = (
    "--no-defaults --skip-networking --skip-log-bin --innodb-buffer-pool-size=32M "
    "--innodb-log-file-size=8M --innodb-flush-log-at-trx-commit=0"
)
PGBOUNCER = """\
[databases]
* = {target}
[pgbouncer]
listen_addr =
unix_socket_dir = {directory}
listen_port = 6432
auth_type = any
pool_mode = transaction
default_pool_size = 2
ignore_startup_parameters = extra_float_digits,options
"""


def binary(name: str) -> str | None:
    """Where a server is."""
    return shutil.which(name, path=f"{os.environ.get('PATH', '')}:{SYSTEM}")


def lacking(*names: str, package: str) -> str:
    """Why tests cannot use a server here, with the remedy; empty when they can."""
    missing = [name for name in names if binary(name) is None]
    return f"no {missing[0]} on this machine: apt install {package}" if missing else ""


@contextmanager
def mariadb() -> Iterator[Path]:
    """The socket of a MariaDB of our own, whose user root has no password."""
    server, install = binary("mariadbd"), binary("mariadb-install-db")
    assert server is not None
    assert install is not None
    with Children(unprivileged.run_directory()) as children:
        directory = unprivileged.private(children.directory / "mariadb")
        files = [f"--datadir={directory / 'data'}", f"--tmpdir={directory}"]
        create = [install, "--no-defaults", *files, "--auth-root-authentication-method=normal"]
        done = subprocess.run(
            unprivileged.command([*create, "--skip-test-db"]),
            capture_output=True, text=True, timeout=90, cwd="/", env=ENVIRONMENT, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        socket = directory / "socket"
        argv = [server, *MARIADB.split(), *files, f"--socket={socket}"]
        argv.append(f"--pid-file={directory / 'pid'}")
        children.start("mariadb", unprivileged.command(argv), env=ENVIRONMENT)
        await_socket(children, "mariadb", socket)
        yield socket


@contextmanager
def pgbouncer(url: str) -> Iterator[Path]:
    """The directory of the socket of a PgBouncer in transaction mode, before that server."""
    server = binary("pgbouncer")
    assert server is not None
    with Children(unprivileged.run_directory()) as children:
        directory = unprivileged.private(children.directory / "pgbouncer")
        config = children.directory / "pgbouncer.ini"
        known = postgresql(url)
        names = {"host": "HOST", "port": "PORT", "user": "USER", "password": "PASSWORD"}
        target = " ".join(f"{key}={known[name]}" for key, name in names.items() if known[name])
        config.write_text(PGBOUNCER.format(target=target, directory=directory))
        config.chmod(0o600)
        os.chown(config, *unprivileged.ids())
        argv = unprivileged.command([server, str(config)])
        children.start("pgbouncer", argv, env=ENVIRONMENT)
        await_socket(children, "pgbouncer", directory / ".s.PGSQL.6432")
        yield directory


def await_socket(children: Children, name: str, socket: Path) -> None:
    """Until the server listens; it has said why, if it does not."""
    deadline = time.monotonic() + 60
    while not socket.exists():
        assert children.alive(name), children.tail(name)
        assert time.monotonic() < deadline, children.tail(name)
        time.sleep(0.02)
