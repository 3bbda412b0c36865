"""Which server to speak to: the one that was named, a sentinel's master, a Cluster's right node.

All our keys share a hash tag, so one node of a Cluster holds them all: a connection there will do.
"""

from __future__ import annotations

from djscope_probes.address import Address, Node
from djscope_probes.resp import Connection, ConnectionLostError, Reply, ReplyError, expect
from djscope_probes.wire import APPS_STALE_S, Keys

REDIRECTS = 5
NODES = 16


class Route:
    """The way to one address. Each `connect` tries one entrance; after a failure, the next one."""

    def __init__(self, address: Address) -> None:
        self.address = address
        # The other nodes of a Cluster: the named one may be the one that fails.
        self._others: list[Node] = []
        self._turn = 0

    def connect(self) -> Connection:
        """A connection to the server that takes our writes, else OSError or ReplyError."""
        try:
            return self._arrive(self._entrance())
        except (OSError, ReplyError):
            self._turn += 1
            raise

    def _entrance(self) -> Address:
        address = self.address
        if address.service:
            sentinel = address.sentinels[self._turn % len(address.sentinels)]
            return address.at(master(address, sentinel))
        node = [(address.host, address.port), *self._others][self._turn % (len(self._others) + 1)]
        return address.at(node)

    def _arrive(self, address: Address) -> Connection:
        """Write where `address` is, and go on to where a Cluster says that our keys are."""
        for _ in range(REDIRECTS):
            connection = Connection(address)
            try:
                expect(int, connection.call("EXPIRE", Keys.apps, APPS_STALE_S))
                if not address.path and not self.address.service:
                    self._others = others(connection)
                return connection
            except ReplyError as error:
                connection.close()
                if error.code != "MOVED":
                    raise
                address = address.at(named_in(str(error), address.host))
            except BaseException:
                connection.close()
                raise
        raise ConnectionLostError("the Cluster sends us round in circles")


def named_in(moved: str, asked: str) -> Node:
    """The node in `MOVED 866 10.0.0.1:7001`; without a host it is the one that was asked."""
    host, _, port = moved.split()[2].rpartition(":")
    return host or asked, int(port)


def master(address: Address, sentinel: Node) -> Node:
    """Who is the master, says this sentinel; it gets our password only if it asks for one."""
    command = ("SENTINEL", "get-master-addr-by-name", address.service)
    bare = address.at(sentinel)._replace(user="", password="", database=0)
    try:
        found = _asked(bare, command)
    except ReplyError as error:
        if error.code != "NOAUTH":
            raise
        found = _asked(address.at(sentinel)._replace(database=0), command)
    if not isinstance(found, list):
        raise ConnectionLostError(f"the sentinel knows no master {address.service!r}")
    return found[0].decode(), int(found[1])


def _asked(address: Address, command: tuple[object, ...]) -> Reply:
    connection = Connection(address)
    try:
        return connection.call(*command)
    finally:
        connection.close()


def others(connection: Connection) -> list[Node]:
    """The nodes of a Cluster; none when this is not one, or we may not ask."""
    try:
        ranges = connection.call("CLUSTER", "SLOTS")
    except ReplyError:
        return []
    asked = connection.address.host
    found = {
        ((node[0] or b"").decode() or asked, int(node[1]))
        for each in (ranges if isinstance(ranges, list) else ())
        for node in each[2:]
    }
    return sorted(node for node in found if node[0] != "?")[:NODES]
