"""Small apps, as files of a slug: they serve with nothing but Python's own library."""

SERVE = """
import json, os, sys, threading, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

VERSION = open("version.txt").read().strip()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Head and body at once: in two pieces the second waits for the first to be noticed.
    wbufsize = -1

    def do_GET(self):
        if self.path == "/env":
            return self.answer(200, json.dumps(dict(os.environ)))
        if self.path.startswith("/slow"):
            time.sleep(1)
        if self.path == "/exit":
            os._exit(3)
        status = int(os.environ.get("STATUS", "200"))
        self.answer(status, f"{VERSION} {os.environ.get('COLOR', '')}".strip())

    do_POST = do_GET

    def answer(self, status, text):
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *words):
        print("asked", self.path, flush=True)


class Server(ThreadingHTTPServer):
    request_queue_size = 512
    daemon_threads = True


time.sleep(float(os.environ.get("STARTS_AFTER", "0")))
print("serving", VERSION, flush=True)
Server(("0.0.0.0", int(os.environ["PORT"])), Handler).serve_forever()
"""
WEB = "web: exec python3 serve.py\n"


def serving(version: str, *, procfile: str = WEB, **more: str) -> dict[str, str]:
    """Return an app that answers with `version` and its config var COLOR."""
    return {
        "Procfile": procfile,
        "serve.py": SERVE,
        "version.txt": version,
        **{name.replace("__", "."): text for name, text in more.items()},
    }
