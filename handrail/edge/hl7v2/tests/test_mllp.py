"""The listener: sockets, sloppy senders, a clean stop."""

from __future__ import annotations

import socket
import threading
from contextlib import contextmanager

import pytest
from hl7.client import MLLPClient

from handrail.access.database import acting
from handrail.edge.hl7v2 import mllp
from handrail.edge.hl7v2.framing import Frames, framed
from handrail.edge.hl7v2.inbox import feed
from handrail.edge.hl7v2.models import Inbox, Said
from handrail.edge.hl7v2.receiving import StorageDownError
from handrail.edge.hl7v2.tests.messages import adt
from handrail.record import store

ADDRESS = "127.0.0.1"


@contextmanager
def listening(org, **more):
    stop, ready, ports = threading.Event(), threading.Event(), []

    def on_ready(port):
        ports.append(port)
        ready.set()

    options = {"on_ready": on_ready, "max_connections": 4}
    if more:
        options["listener"] = mllp.Listener(org.id, stop, **more)
    thread = threading.Thread(
        target=mllp.listen, args=(ADDRESS, 0, org.id, stop), kwargs=options, daemon=True
    )
    thread.start()
    assert ready.wait(10)
    try:
        yield ports[0]
    finally:
        stop.set()
        thread.join(20)
        assert not thread.is_alive()


def connect(port):
    peer = socket.create_connection((ADDRESS, port), timeout=10)
    peer.settimeout(10)
    return peer


def answers(peer, count):
    frames, found = Frames(), []
    while len(found) < count:
        data = peer.recv(65536)
        if not data:
            break
        found += [frame.payload.decode().split("\rMSA|")[1][:2] for frame in frames.feed(data)]
    return found


def test_a_usual_client_is_answered(own_database, org):
    with listening(org) as port, MLLPClient(ADDRESS, port) as client:
        first = client.send_message(adt("A01").decode())
        second = client.send_message(adt("A03", 9).decode())
    assert b"MSA|AA|A01-0" in first
    assert b"MSA|AA|A03-9" in second


def test_messages_glued_and_cut_are_all_answered_in_order(own_database, org):
    raws = [framed(adt("A01")), framed(adt("A02", 3)), framed(adt("A03", 9))]
    with listening(org) as port, connect(port) as peer:
        data = b"".join(raws).replace(b"\x1c\r", b"\x1c", 1)
        peer.sendall(data[:700])
        peer.sendall(data[700:])
        assert answers(peer, 3) == ["AA"] * 3
    with acting(feed(org.id)) as by:
        reference = Said.objects.get(reference__startswith="Encounter/").reference
        assert store.read(reference, by=by).resource["status"] == "finished"


def test_a_frame_that_is_cut_off_is_neither_answered_nor_kept(own_database, org):
    with listening(org) as port:
        with connect(port) as peer:
            peer.sendall(framed(adt("A01"))[:200])
            peer.shutdown(socket.SHUT_WR)
            assert peer.recv(10) == b""
        with connect(port) as peer:
            peer.sendall(framed(adt("A01")))
            assert answers(peer, 1) == ["AA"]
    with acting(feed(org.id)):
        assert Inbox.objects.count() == 1


def test_a_message_that_is_too_large_is_rejected_with_the_reason(own_database, org):
    with listening(org, limit=2048) as port, connect(port) as peer:
        peer.sendall(framed(adt("A01", extra="OBX|1|TX|||" + "x" * 5000)))
        assert answers(peer, 1) == ["AR"]
        peer.sendall(framed(adt("A01")))
        assert answers(peer, 1) == ["AA"]


def test_a_connection_that_stalls_in_a_message_is_closed(own_database, org):
    with listening(org, stall=0.2) as port, connect(port) as peer:
        peer.sendall(b"\x0bMSH|")
        assert peer.recv(10) == b""


def test_too_many_connections_are_refused_and_the_others_go_on(own_database, org):
    with listening(org) as port:
        peers = [connect(port) for _ in range(4)]
        for number, peer in enumerate(peers):
            peer.sendall(framed(adt("A28", number)))
            assert answers(peer, 1) == ["AA"]
        with connect(port) as fifth:
            assert fifth.recv(10) == b""
        for peer in peers:
            peer.close()


def test_nothing_is_acknowledged_while_storage_is_down(own_database, org, monkeypatch):
    def down(*_: object, **__: object):
        raise StorageDownError("The database does not answer.")

    with listening(org) as port:
        monkeypatch.setattr(mllp, "receive", down)
        with connect(port) as peer:
            peer.sendall(framed(adt("A01")))
            assert peer.recv(10) == b""


@pytest.mark.parametrize("senders", [4])
def test_senders_side_by_side_lose_and_double_nothing(own_database, org, senders):
    raws = [adt("A31", hour, phone=f"(413)555-01{hour:02}^PRN^PH") for hour in range(12)]
    results: list[str] = []

    def send(port):
        with connect(port) as peer:
            for raw in raws:
                peer.sendall(framed(raw))
                results.extend(answers(peer, 1))

    with listening(org) as port:
        threads = [threading.Thread(target=send, args=(port,)) for _ in range(senders)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
    assert results == ["AA"] * (senders * len(raws))
    with acting(feed(org.id)) as by:
        reference = Said.objects.get(reference__startswith="Patient/").reference
        found = store.read(reference, by=by)
        assert found.resource["telecom"][0]["value"] == "(413)555-0111"
        assert Inbox.objects.count() == len(raws)
