"""A wire to a server that can be slow, and can break in the middle of what it carries."""

from __future__ import annotations

import asyncio
import threading
from contextlib import suppress
from typing import Self

# Shorter ones are not cut: it is to happen in the middle of something.
CUT_BYTES = 40


class Proxy:
    """Hands connections on to a port of this machine. Set `delay_s`, `cut`, `garbage` at any time.

    `cut`: `"frame"` breaks what clients send, `"reply"` what the server sends, half through.
    `garbage` goes to clients in the place of each reply.
    """

    def __init__(self, port: int) -> None:
        self.delay_s = 0.0
        self.cut = ""
        self.garbage = b""
        self.cuts = 0
        self._behind = port
        self.port = 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run)
        self._listening = threading.Event()
        self._over = asyncio.Event()

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._listening.wait(10)
        return self

    def __exit__(self, *_error: object) -> None:
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join(10)

    def _run(self) -> None:
        try:
            self._loop.run_until_complete(self._serve())
        finally:
            self._loop.close()

    async def _serve(self) -> None:
        server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        self._listening.set()
        await self._over.wait()
        server.close()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _connected(self, front: asyncio.StreamReader, answer: asyncio.StreamWriter) -> None:
        writers = [answer]
        try:
            behind, order = await asyncio.open_connection("127.0.0.1", self._behind)
            writers.append(order)
            ways = self._pump("frame", front, order), self._pump("reply", behind, answer)
            tasks = [asyncio.create_task(way) for way in ways]
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in tasks:
                task.cancel()
        except (OSError, asyncio.CancelledError):
            pass  # nobody is behind, or we end
        finally:
            for writer in writers:
                writer.close()
            with suppress(OSError):
                await asyncio.gather(*(each.wait_closed() for each in writers))

    async def _pump(
        self, what: str, source: asyncio.StreamReader, target: asyncio.StreamWriter
    ) -> None:
        with suppress(OSError):
            while data := await source.read(65_536):
                if what == "reply" and self.delay_s:
                    await asyncio.sleep(self.delay_s)
                if what == "reply" and self.garbage:
                    data = self.garbage
                broken = self.cut == what and len(data) > CUT_BYTES
                target.write(data[: len(data) // 2] if broken else data)
                await target.drain()
                if broken:
                    self.cuts += 1
                    return
