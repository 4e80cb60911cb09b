"""Small real servers, as an app's web processes are."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PATIENCE = 30.0


class Upstream(ThreadingHTTPServer):
    """A process of a release: it says which one, or what it is asked for by the path."""

    daemon_threads = True
    # Many clients at once.
    request_queue_size = 256

    def __init__(self, says: str, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.says = says
        self.port: int = self.server_address[1]
        # What /hold and the streams wait for.
        self.may_go_on = threading.Event()

    def handle_error(self, request: object, client_address: object) -> None:
        """Clients that go away are no news."""


class Handler(BaseHTTPRequestHandler):
    server: Upstream
    protocol_version = "HTTP/1.1"
    # A head and a body in two packets would wait for each other.
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        match self.path.partition("?")[0]:
            case "/hold":
                self.server.may_go_on.wait(PATIENCE)
                self._answer(self.server.says)
            case "/headers":
                self._answer(json.dumps(self.headers.items()))
            case "/error":
                self._answer("It broke.", status=500)
            case "/stream":
                self._stream()
            case "/socket":
                self._socket()
            case _:
                self._answer(self.server.says)

    do_HEAD = do_GET  # noqa: N815  # as the library wants it

    def do_POST(self) -> None:
        length = len(self.rfile.read(int(self.headers["Content-Length"] or 0)))
        if self.path == "/hang-up":
            self.close_connection = True
        else:
            self._answer(f"{self.server.says} got {length}")

    def _answer(self, text: str, status: int = 200) -> None:
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _stream(self) -> None:
        """Send events, as far as one is let go on."""
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(f"data: {self.server.says} begins\n".encode())
        self.server.may_go_on.wait(PATIENCE)
        self.wfile.write(f"data: {self.server.says} ends\n".encode())
        self.close_connection = True

    def _socket(self) -> None:
        """Answer each line with it, as something that is no HTTP any more."""
        self.send_response(101)
        self.send_header("Connection", "Upgrade")
        self.send_header("Upgrade", "websocket")
        self.end_headers()
        for line in self.rfile:
            self.wfile.write(self.server.says.encode() + b" heard " + line)
        self.close_connection = True

    def version_string(self) -> str:
        return "upstream"

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # its name
        pass


@contextmanager
def upstream(says: str, port: int = 0) -> Iterator[Upstream]:
    with Upstream(says, port) as server:
        # Asked often whether it is over, as tests wait for that.
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield server
        finally:
            server.may_go_on.set()
            server.shutdown()
            thread.join()
