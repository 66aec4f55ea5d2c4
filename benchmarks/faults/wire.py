"""A wire between a service and what it needs, that can be cut, blocked, slowed or garbled."""

import contextlib
import socket
import threading
import time

#: What a wire does with bytes: pass them, refuse connections, take them and say nothing.
OPEN, DOWN, HUNG = "open", "down", "hung"


class Wire:
    """Listens on ``port`` and passes bytes on to ``target``, as its mode says.

    ``delay`` is in seconds for each piece that comes back; ``garbled`` is sent as an HTTP answer
    in place of what ``target`` says. A change ends the connections there are, except for ``HUNG``
    and delays, which befall those as well.
    """

    def __init__(self, target: int) -> None:
        self._target, self._mode, self.delay = target, OPEN, 0.0
        self._garbled: list = []
        self._asked = 0
        self._open: set = set()
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def set(self, mode: str = OPEN, *, delay: float = 0.0, garbled=()) -> None:
        """Change what happens to the bytes."""
        self.delay, self._garbled, self._mode = delay, list(garbled), mode
        if mode == DOWN or garbled or (mode == OPEN and not delay):
            self._cut()

    def close(self) -> None:
        self._mode = DOWN
        self._cut()
        self._listener.close()

    def _cut(self) -> None:
        with self._lock:
            ends, self._open = self._open, set()
        for end in ends:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            if self._mode == DOWN:
                # A reset, as from a machine on which nothing listens.
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                client.close()
                continue
            with self._lock:
                self._open.add(client)
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        if self._garbled:
            with contextlib.suppress(OSError):
                client.recv(65536)
                body = self._garbled[self._asked % len(self._garbled)]
                self._asked += 1
                head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: "
                client.sendall(f"{head}{len(body)}\r\nConnection: close\r\n\r\n".encode() + body)
                time.sleep(0.2)
            client.close()
            return
        if not self._may_pass(client):
            return
        try:
            server = socket.create_connection(("127.0.0.1", self._target))
        except OSError:
            client.close()
            return
        with self._lock:
            self._open.add(server)
        threading.Thread(target=self._pump, args=(client, server, False), daemon=True).start()
        self._pump(server, client, True)

    def _may_pass(self, end: socket.socket) -> bool:
        """Wait while the wire hangs; False when it was cut meanwhile."""
        while self._mode == HUNG and end.fileno() >= 0:
            time.sleep(0.05)
        return end.fileno() >= 0

    def _pump(self, source: socket.socket, sink: socket.socket, back: bool) -> None:
        try:
            while piece := source.recv(65536):
                if not self._may_pass(sink):
                    break
                if back and self.delay:
                    time.sleep(self.delay)
                sink.sendall(piece)
        except OSError:
            pass
        for end in (source, sink):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
            with self._lock:
                self._open.discard(end)
