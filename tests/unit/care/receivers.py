"""Real receivers on the loopback address: a small mail server and a small web server."""

import contextlib
import http.server
import json
import socketserver
import threading


class MailServer(socketserver.ThreadingTCPServer):
    """Speaks enough SMTP to accept mail; refuses every mail while ``refuse`` is true."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _MailHandler)
        self.mails, self.refuse = [], False

    @property
    def url(self):
        host, port = self.server_address
        return f"mailto://{host}:{port}?from=desk@example.org&to=nurse@example.org"


class _MailHandler(socketserver.StreamRequestHandler):
    def handle(self):
        self._say("220 test ESMTP")
        while line := self.rfile.readline():
            word = line.split()[0].upper() if line.split() else b""
            if word in (b"EHLO", b"HELO"):
                self._say("250 test")
            elif word == b"DATA":
                self._say("354 go on")
                lines = []
                while (part := self.rfile.readline()) not in (b".\r\n", b""):
                    lines.append(part)
                self.server.mails.append(b"".join(lines).decode())
                self._say("250 taken")
            elif word == b"QUIT":
                self._say("221 bye")
                return
            elif word == b"RCPT" and self.server.refuse:
                self._say("451 try again later")
            else:
                self._say("250 fine")

    def _say(self, text):
        self.wfile.write(text.encode() + b"\r\n")


class WebServer(http.server.ThreadingHTTPServer):
    """Keeps what is posted to it, and answers with ``status``."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _WebHandler)
        self.posts, self.status, self.beats = [], 200, 0
        #: Of each post: path, headers and body as they came.
        self.raw = []
        #: What is answered, besides the status.
        self.answer = b""

    @property
    def web(self):
        host, port = self.server_address
        return f"http://{host}:{port}"

    @property
    def url(self):
        host, port = self.server_address
        return f"json://{host}:{port}/alerts"


class _WebHandler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.server.status == 200:
            self.server.posts.append(json.loads(body))
            self.server.raw.append((self.path, dict(self.headers), body))
        self.send_response(self.server.status)
        self.end_headers()
        self.wfile.write(self.server.answer)

    def do_GET(self):
        self.server.beats += 1
        self.send_response(200)
        self.end_headers()

    def log_message(self, *arguments):
        pass


@contextlib.contextmanager
def serving(server):
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
