"""The pages on the benchmark's database, served as bin/up does, by one worker."""

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from django.conf import settings
from django.core.management import call_command

from dashboard.machine.addresses import bound_socket
from dashboard.machine.errors import CannotStart
from dashboard.machine.web_server import answers, web_server

PAUSE = 0.05


@contextmanager
def serving() -> Iterator[str]:
    """Serve meanwhile, and give the address: host and port."""
    call_command("collectstatic", interactive=False, clear=True, verbosity=0)
    log = settings.ROLLBOOK_HOME / "log"
    with ExitStack() as stack:
        listener = stack.enter_context(bound_socket("127.0.0.1", 0))
        output = stack.enter_context(log.open("ab"))
        server = web_server(listener, workers=1, output=output)
        stack.callback(server.stop)
        while not answers(listener):
            if server.ended():
                raise CannotStart(f"The web server did not start; {log} says why.")
            time.sleep(PAUSE)
        host, port = listener.getsockname()
        yield f"{host}:{port}"
