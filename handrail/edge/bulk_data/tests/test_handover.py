"""The reader beside the writer: as a process, as a thread, and when either ends too early."""

from __future__ import annotations

import json
import os
import pickle
import signal
import threading
from pathlib import Path

import pytest

from handrail.access.principal import system
from handrail.edge.bulk_data import handover
from handrail.edge.bulk_data.handover import ReaderEndedError, handed
from handrail.edge.bulk_data.load import load
from handrail.edge.bulk_data.reader import Reader
from handrail.record import store
from handrail.record.prepare import submit
from handrail.record.stored import Draft

pytestmark = pytest.mark.usefixtures("own_database")


def lines(folder: Path, number: int) -> Path:
    path = folder / "Patient.ndjson"
    every = ({"resourceType": "Patient", "id": f"p{n}", "gender": "other"} for n in range(number))
    path.write_text("".join(f"{json.dumps(one)}\n" for one in every))
    return path


@pytest.fixture(params=["process", "thread"])
def way(request, monkeypatch):
    if request.param == "thread":
        monkeypatch.setattr(handover, "_may_fork", lambda: False)
    return request.param


def test_loads_the_same_either_way(way, org, tmp_path):
    path = lines(tmp_path, 2500)
    (tmp_path / "bad.json").write_text('{"resourceType": "Patient", "gender": "x"}')
    done = load([path, tmp_path / "bad.json"], org=org.id)
    assert (done.read, done.written["Patient"], len(done.refused)) == (2501, 2500, 1)
    assert store.read("Patient/p2499", by=system(org.id, "test", "A test")).version == 1


def test_the_reader_stops_when_the_writer_does(way, org, tmp_path):
    running = threading.active_count()
    reader = Reader(system(org.id, "test", "A test"), [lines(tmp_path, 9000)])
    with pytest.raises(KeyError), handed(reader) as batches:  # noqa: PT012 - the block is the case
        next(batches)
        raise KeyError
    assert threading.active_count() == running


def test_says_when_the_reading_process_was_killed(org, tmp_path):
    if not handover._may_fork():
        pytest.skip("Here other threads run (pytest -n), so the reader is a thread.")

    class Ends(Reader):
        def batches(self):
            yield next(super().batches())
            os.kill(os.getpid(), signal.SIGKILL)

    reader = Ends(system(org.id, "test", "A test"), [lines(tmp_path, 3000)])
    with handed(reader) as batches, pytest.raises(ReaderEndedError):
        assert len(list(batches)) == 1


def test_what_the_reader_cannot_do_is_raised_here(way, org, tmp_path):
    class Fails(Reader):
        def batches(self):
            raise ZeroDivisionError
            yield

    reader = Fails(system(org.id, "test", "A test"), [])
    with handed(reader) as batches, pytest.raises(ZeroDivisionError):
        list(batches)


def test_a_submitted_resource_is_pickled_with_its_search_values():
    raw = b'{"resourceType":"Observation","id":"o1","status":"final","code":{"text":"x"}}'
    before = submit(Draft(raw=raw))
    after = pickle.loads(pickle.dumps(before))  # noqa: S301 - our own
    assert after == before
    assert after.indexed == before.indexed
    assert after.quick == before.quick
