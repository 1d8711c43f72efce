"""Serves people, systems and hospital messages: one web worker, and threads for what is not HTTP.

The parent process holds the database, hears HL7 messages, runs the clock and does jobs; the web
worker is forked from it after everything is imported, so that both share most of their memory.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import logging
import multiprocessing
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from importlib import import_module

from handrail.fhir.errors import HandrailError
from handrail.site.postgres import Cluster

log = logging.getLogger(__name__)
WATCH = 0.5  # seconds between two looks at the database server
BLOCKING_THREADS = 4
COLLECTED = (50_000, 20, 20)  # a large Bundle makes that many objects, and hardly any cycle
_MLLP = "handrail.edge.hl7v2.mllp"
_ALWAYS = (
    "handrail.site.wsgi",
    "handrail.record.clock",
    "handrail.jobs",
    "handrail.receiving",
)
_NOTIFIER = "handrail.edge.subscriptions.notifier"
_DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG of prctl(2)
IDLE_THREAD = 600  # seconds a web thread lives without work: it keeps its database connection


class PortTakenError(HandrailError):
    """Somebody else listens where Handrail should."""

    status = 503
    code = "transient"


@dataclass(frozen=True, slots=True)
class Ports:
    """Where Handrail listens: pages and FHIR on ``http``, HL7 v2 messages on ``mllp`` if any.

    ``org`` is the organization whose hospitals send the messages.
    """

    host: str = "127.0.0.1"
    http: int = 8000
    mllp: int | None = None
    mllp_host: str = "127.0.0.1"
    org: int = 0

    @property
    def address(self) -> str:
        """Return the address people open."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.http}"

    def check(self) -> None:
        """See that both ports are free.

        Raises:
            PortTakenError: one is not, or may not be listened on; the message says what to do.
        """
        _free(self.host, self.http, "PORT=8001 or --port 8001")
        if self.mllp is not None:
            _free(self.mllp_host, self.mllp, "another --mllp-port")


def _free(host: str, port: int, instead: str) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise PortTakenError(
                f"Port {port} on {host} cannot be used ({error.strerror})."
                f" Stop what listens there, or use {instead}."
            ) from error


@dataclass
class _Companions:
    """What runs beside the web worker, in threads of the parent, until told to stop."""

    ports: Ports
    cluster: Cluster | None
    ready: Callable[[], None]
    stop: threading.Event = field(default_factory=threading.Event)
    threads: list[threading.Thread] = field(default_factory=list)

    def begin(self) -> None:
        """Start them."""
        self._thread("clock", _clock, self.stop)
        self._thread("jobs", _jobs, self.stop)
        self._thread("incoming", _incoming, self.stop)
        self._thread("notifier", _notifier, self.stop)
        self._thread("ready", _tell_when_ready, self.ports, self.ready, self.stop)
        if self.cluster is not None:
            self._thread("database", _watch_database, self.cluster, self.stop)
        if self.ports.mllp is not None:
            self._thread("mllp", _mllp, self.ports, self.stop)

    def end(self) -> None:
        """Stop them, and wait until they have finished what they do."""
        self.stop.set()
        for thread in self.threads:
            thread.join(timeout=10)

    def _thread(self, name: str, target: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=target, args=arguments, name=name, daemon=True)
        self.threads.append(thread)
        thread.start()


def serve(ports: Ports, cluster: Cluster | None, ready: Callable[[], None]) -> None:
    """Serve until SIGINT or SIGTERM.

    Args:
        ports: where to listen.
        cluster: Handrail's own database server, started again if it dies; None if it is another's.
        ready: called once, when the first page can be asked for.

    Raises:
        PortTakenError: a port is taken.
    """
    from granian.constants import Interfaces
    from granian.server import Server

    ports.check()
    _prepare_fork(mllp=ports.mllp is not None)
    companions = _Companions(ports, cluster, ready)
    server = Server(
        "handrail.site.wsgi:application",
        address=ports.host,
        port=ports.http,
        interface=Interfaces.WSGI,
        workers=1,
        blocking_threads=BLOCKING_THREADS,
        blocking_threads_idle_timeout=IDLE_THREAD,
        websockets=False,
        log_enabled=False,
        respawn_failed_workers=True,
        workers_kill_timeout=10,
    )
    with _begun_after_fork(server, companions):
        server.serve()


def _prepare_fork(*, mllp: bool) -> None:
    """Import everything before the web worker is forked, so that memory is shared."""
    from django.db import connections

    always = (*_ALWAYS, _NOTIFIER)
    for name in (*always, *([_MLLP] if mllp else [])):
        import_module(name)
    connections.close_all()
    if sys.platform == "linux":  # elsewhere forking a process with native libraries is unsafe
        multiprocessing.set_start_method("fork", force=True)
        os.register_at_fork(after_in_child=partial(_leave_the_terminal, os.getpid()))
        gc.collect()
        gc.freeze()
    gc.set_threshold(*COLLECTED)


def _leave_the_terminal(parent: int) -> None:
    """Let the worker be stopped by its parent alone, and never outlive it.

    Ctrl-C in a terminal reaches a whole process group; a worker that stops by itself and is told
    to stop as well does neither in time.
    """
    os.setpgrp()
    ctypes.CDLL(None).prctl(_DEATH_SIGNAL, signal.SIGTERM)
    if os.getppid() != parent:  # it died before the line above
        os.kill(os.getpid(), signal.SIGTERM)


@contextlib.contextmanager
def _begun_after_fork(server: object, companions: _Companions) -> Iterator[None]:
    """Start the threads once the worker is there; stop them and the worker at the end."""
    spawn = getattr(server, "_spawn_workers")  # noqa: B009 - granian has a hook before, none after

    def spawn_then_begin(*arguments: object) -> None:
        spawn(*arguments)
        companions.begin()

    setattr(server, "_spawn_workers", spawn_then_begin)  # noqa: B010 - as above
    try:
        yield
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)  # stopping is under way: once is enough
        companions.end()


def _clock(stop: threading.Event) -> None:
    from handrail.record.clock import run_forever

    run_forever(stop)


def _jobs(stop: threading.Event) -> None:
    from handrail.jobs import work_forever

    work_forever(stop)


def _incoming(stop: threading.Event) -> None:
    from django.conf import settings

    from handrail.receiving import run_forever

    run_forever(settings.HANDRAIL_DATA / "incoming", stop)


def _notifier(stop: threading.Event) -> None:
    from handrail.edge.subscriptions.notifier import run_forever

    run_forever(stop)


def _mllp(ports: Ports, stop: threading.Event) -> None:
    from handrail.edge.hl7v2 import mllp

    mllp.listen(ports.mllp_host, ports.mllp or 0, ports.org, stop)


def _watch_database(cluster: Cluster, stop: threading.Event) -> None:
    """Start the database server again if it dies."""
    while not stop.wait(WATCH):
        if cluster.pid() is None:
            log.error("The database server is gone; it is started again.")
            try:
                cluster.start()
            except HandrailError:
                log.exception("The database server did not start; it is tried again.")


def _tell_when_ready(ports: Ports, ready: Callable[[], None], stop: threading.Event) -> None:
    """Call ``ready`` once the worker answers."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(ports.host, ports.host)  # noqa: S104 - compared
    request = b"GET /static/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    while not stop.is_set():
        try:
            with socket.create_connection((host, ports.http), timeout=5) as probe:
                probe.sendall(request)
                answered = bool(probe.recv(12))
        except OSError:
            answered = False
        if answered:
            ready()
            return
        time.sleep(0.02)
