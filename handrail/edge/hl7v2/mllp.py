"""The MLLP listener: one thread a connection, one message at a time in each, many side by side.

Clean stop: no new connections, the message in hand is finished and answered, then all are closed.
A connection on which storage fails is closed without an answer, so that the sender sends again.
MLLP knows no sign-in and no encryption: listen on a private address, or behind a TLS tunnel.
"""

from __future__ import annotations

import logging
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from django.db import connections

from handrail.edge.hl7v2.errors import StorageDownError
from handrail.edge.hl7v2.framing import MAX_BYTES, Frame, Frames, framed
from handrail.edge.hl7v2.receiving import receive, recover, refuse

TICK_SECONDS = 0.5
IDLE_SECONDS = 3600.0  # between messages: feeds keep their connection open
STALL_SECONDS = 60.0  # in the middle of a message
MAX_CONNECTIONS = 16  # each holds a database connection
STOP_SECONDS = 15.0
LARGE_WAIT_SECONDS = 10.0
_READ_BYTES = 65_536
_LARGE_BYTES = 1024 * 1024
_log = logging.getLogger(__name__)


@dataclass
class Listener:
    """What the connections of one listener share."""

    org: int
    stop: threading.Event
    limit: int = MAX_BYTES
    idle: float = IDLE_SECONDS
    stall: float = STALL_SECONDS
    large: threading.BoundedSemaphore = field(default_factory=lambda: threading.BoundedSemaphore(2))


def listen(  # noqa: PLR0913 - the options of a listener, all with defaults
    host: str,
    port: int,
    org: int,
    stop_event: threading.Event,
    *,
    on_ready: Callable[[int], None] | None = None,
    max_connections: int = MAX_CONNECTIONS,
    listener: Listener | None = None,
) -> None:
    """Serve MLLP until ``stop_event`` is set. Blocks; run it in a thread.

    First applies what an earlier run received but did not apply. ``port`` 0 takes a free one;
    ``on_ready`` is told the port once connections are taken.

    Raises:
        OSError: the address cannot be listened on.
    """
    shared = listener or Listener(org, stop_event)
    slots = threading.BoundedSemaphore(max_connections)
    threads: list[threading.Thread] = []
    with socket.create_server((host, port), backlog=max_connections) as server:
        server.settimeout(TICK_SECONDS)
        _recover(org)
        if on_ready:
            on_ready(server.getsockname()[1])
        while not stop_event.is_set():
            taken = _accept(server, slots, shared)
            threads = [thread for thread in [*threads, *taken] if thread.is_alive()]
    deadline = time.monotonic() + STOP_SECONDS
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))


def _recover(org: int) -> None:
    try:
        count = recover(org)
        if count:
            _log.info("Took up %d hospital messages that were received before.", count)
    except StorageDownError:
        _log.warning("The database does not answer; received messages wait.")
    finally:
        connections.close_all()


def _accept(
    server: socket.socket, slots: threading.BoundedSemaphore, shared: Listener
) -> list[threading.Thread]:
    try:
        peer, _ = server.accept()
    except TimeoutError:
        return []
    if not slots.acquire(blocking=False):
        _log.warning("A hospital connection was refused: too many are open.")
        peer.close()
        return []
    thread = threading.Thread(target=_serve, args=(peer, slots, shared), name="mllp", daemon=True)
    thread.start()
    return [thread]


def _serve(peer: socket.socket, slots: threading.BoundedSemaphore, shared: Listener) -> None:
    """Serve one connection to its end."""
    try:
        with peer:
            peer.settimeout(TICK_SECONDS)
            peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            _converse(peer, shared)
    except (StorageDownError, OSError) as error:
        _log.warning("A hospital connection was closed: %s.", type(error).__name__)
    finally:
        connections.close_all()
        slots.release()


def _converse(peer: socket.socket, shared: Listener) -> None:
    frames, holds = Frames(shared.limit), False
    heard = time.monotonic()
    try:
        while not shared.stop.is_set():
            patience = shared.stall if frames.pending else shared.idle
            data = _read(peer)
            if data == b"" or (data is None and time.monotonic() - heard > patience):
                return
            if data is None:
                continue
            heard = time.monotonic()
            for frame in frames.feed(data):
                _answer(peer, frame, shared)
            holds = _share(frames, shared, holds=holds)
    finally:
        if holds:
            shared.large.release()


def _read(peer: socket.socket) -> bytes | None:
    """Return what came; nothing when the sender has closed; None when nothing came in time."""
    try:
        return peer.recv(_READ_BYTES)
    except TimeoutError:
        return None


def _share(frames: Frames, shared: Listener, *, holds: bool) -> bool:
    """Let only a few connections hold a large message at once, so that memory stays bounded."""
    large = frames.pending > _LARGE_BYTES
    if large and not holds:
        if not shared.large.acquire(timeout=LARGE_WAIT_SECONDS):
            raise ConnectionAbortedError("Too many large messages at once.")
        return True
    if holds and not large:
        shared.large.release()
        return False
    return holds


def _answer(peer: socket.socket, frame: Frame, shared: Listener) -> None:
    if frame.too_large:
        megabytes = shared.limit // (1024 * 1024)
        answers = [refuse(frame.payload, f"The message is larger than {megabytes} MB.")]
    else:
        answers = receive(frame.payload, shared.org)
    for answer in answers:
        peer.sendall(framed(answer))
