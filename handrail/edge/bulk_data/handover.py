"""From the reader to the writer: side by side, so that checking and PostgreSQL both get a core.

On Linux the reader is a process of its own, forked (so it starts at once), that hands over pickled
batches through a pipe; it ends when the pipe is closed, however the loader ended. Elsewhere, inside
a transaction, or beside other threads, where a fork is not safe, the reader is a thread.
"""

from __future__ import annotations

import fcntl
import gc
import multiprocessing
import os
import pickle
import queue
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection

from django.db import connection, connections

from handrail.edge.bulk_data.reader import Batch, Reader
from handrail.fhir.errors import HandrailError

WAITING = 2  # batches that wait for the writer, at most
PIPE = 1 << 20  # bytes; what a process without privileges may have
Handed = bytes | Batch | BaseException | None


class ReaderEndedError(HandrailError):
    """The process that reads the files ended before they did."""

    status = 500
    code = "exception"


@contextmanager
def handed(reader: Reader) -> Iterator[Iterator[Batch]]:
    """Have the reader work beside us; give its batches, in order, as they come."""
    batches: queue.Queue[Handed] = queue.Queue(maxsize=WAITING)
    stop = threading.Event()
    source = _process(reader) if _may_fork() else None
    thread = threading.Thread(
        target=_fill, args=(source, reader, batches, stop), name="load-reader", daemon=True
    )
    thread.start()
    try:
        yield _taken(batches)
    finally:
        stop.set()
        if source is not None:
            source.close()
        while thread.is_alive():
            with suppress(queue.Empty):
                batches.get_nowait()
            thread.join(0.05)


def _may_fork() -> bool:
    """Tell whether a fork is safe: nobody else runs, and no transaction would be cut in two."""
    alone = sys.platform == "linux" and threading.active_count() == 1
    return alone and not connection.in_atomic_block


class _Source:
    """The reading process, and our end of its pipe."""

    def __init__(self, process: multiprocessing.process.BaseProcess, pipe: Connection) -> None:
        self._process = process
        self._pipe = pipe
        self._stopped = False

    def receive(self) -> Handed:
        """Return the next batch as it was packed; None at the end."""
        try:
            packed = self._pipe.recv_bytes()
        except (EOFError, OSError):
            if self._stopped:
                return None
            return ReaderEndedError(
                "The process that reads the files ended early. What was loaded so far is whole;"
                " start the same load again."
            )
        return packed or None

    def close(self) -> None:
        """End the process if it still reads."""
        self._stopped = True
        self._process.terminate()
        self._process.join()
        self._pipe.close()


def _process(reader: Reader) -> _Source:
    """Start the reading process. It has no open connection of ours, and ends with the pipe."""
    connections.close_all()
    gc.collect()
    gc.freeze()  # what is there already stays shared with the child
    ours, theirs = multiprocessing.Pipe(duplex=False)
    with suppress(OSError):  # fewer turns for each batch; without it, it is only slower
        fcntl.fcntl(theirs.fileno(), fcntl.F_SETPIPE_SZ, PIPE)
    context = multiprocessing.get_context("fork")
    process = context.Process(target=_read, args=(reader, ours, theirs), daemon=True)
    process.start()
    theirs.close()
    gc.unfreeze()
    return _Source(process, ours)


def _read(reader: Reader, ours: Connection, theirs: Connection) -> None:
    """Be the reading process."""
    ours.close()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the loader, which then ends us
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    with suppress(BrokenPipeError):
        try:
            for batch in reader.batches():
                theirs.send_bytes(pickle.dumps(batch, pickle.HIGHEST_PROTOCOL))
            theirs.send_bytes(b"")
        except Exception as error:  # noqa: BLE001 - handed to the other process, which raises it
            theirs.send_bytes(_packed(error))
    os._exit(0)  # nothing here is to be cleaned up twice


def _packed(error: Exception) -> bytes:
    with suppress(Exception):
        packed = pickle.dumps(error)
        pickle.loads(packed)  # noqa: S301 - our own, to see that it can be done
        return packed
    return pickle.dumps(RuntimeError(f"{type(error).__name__}: {error}"))


def _fill(
    source: _Source | None, reader: Reader, batches: queue.Queue[Handed], stop: threading.Event
) -> None:
    """Bring batches to the queue: from the process if there is one, else by reading here."""
    try:
        for batch in _received(source) if source is not None else reader.batches():
            batches.put(batch)
            if stop.is_set():
                return
        batches.put(None)
    except Exception as error:  # noqa: BLE001 - handed to the other thread, which raises it
        batches.put(error)
    finally:
        if source is None:
            connection.close()


def _received(source: _Source) -> Iterator[Handed]:
    while (packed := source.receive()) is not None:
        yield packed


def _taken(batches: queue.Queue[Handed]) -> Iterator[Batch]:
    while (handed := batches.get()) is not None:
        if isinstance(handed, bytes):
            handed = pickle.loads(handed)  # noqa: S301 - from our own process, by our own pipe
        if isinstance(handed, BaseException):
            raise handed
        yield handed
