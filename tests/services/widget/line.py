"""The line between a browser and the server, to be cut as a test likes."""

import contextlib
import socket
import threading


class Line:
    """Forwards a port of this machine to an address, until it is cut."""

    def __init__(self, address, port):
        host, target = address.removeprefix("http://").split(":")
        self.target, self.port = (host, int(target)), port
        self.address = f"http://127.0.0.1:{port}"
        self.sockets = []
        self.listener = None

    def connect(self):
        """Take connections from now on."""
        self.listener = socket.create_server(("127.0.0.1", self.port))
        threading.Thread(target=self._accept, args=(self.listener,), daemon=True).start()

    def cut(self):
        """Refuse new connections and end those there are, as a server does that has died."""
        for one in [self.listener, *self.sockets]:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
        self.sockets.clear()

    def _accept(self, listener):
        with contextlib.suppress(OSError):
            while True:
                near, _ = listener.accept()
                far = socket.create_connection(self.target)
                self.sockets += [near, far]
                for one, other in ((near, far), (far, near)):
                    threading.Thread(target=self._pump, args=(one, other), daemon=True).start()

    def _pump(self, source, target):
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)
