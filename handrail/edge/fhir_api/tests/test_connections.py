"""The database goes away and comes back; two clients do the same at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from django.db import connection, connections

from conftest import maintenance
from handrail.access import keys
from handrail.edge.fhir_api import connecting
from handrail.edge.fhir_api.tests.test_transactions import bundle, entry, statuses
from tests.fhir_client import Client


@pytest.fixture
def client(own_database, org, principal_for):
    keys.forget()
    made = keys.add(principal_for("administrator"), "test", ["system/*.cruds"])
    return Client(made.secret)


def end_our_connection():
    pid = connection.connection.info.backend_pid
    with maintenance() as admin:
        assert admin.execute("select pg_terminate_backend(%s, 5000)", [pid]).fetchone()[0]


def test_a_connection_that_was_lost_is_made_anew(client, patient):
    made = client.put("/Patient/p-1", {**patient, "id": "p-1"})
    assert made.status == 201
    end_our_connection()
    assert client.get("/Patient/p-1").status == 200
    end_our_connection()
    assert client.put("/Patient/p-1", {**made.json, "gender": "other"}).status == 200
    end_our_connection()
    assert client.form("/Patient/_search", "name=moreno").ids == ["p-1"]


def test_without_a_database_the_answer_is_try_again(client, patient, monkeypatch):
    assert client.put("/Patient/p-1", {**patient, "id": "p-1"}).status == 201
    connection.close()
    host = connection.settings_dict["HOST"]
    connection.settings_dict["HOST"] = "/nowhere"
    for answer in (
        client.get("/Patient/p-1"),
        client.post("/Patient", patient),
        client.get("/Patient?name=x"),
    ):
        assert answer.status == 503
        assert int(answer.headers["Retry-After"]) > 0
        assert answer.json["issue"][0]["code"] == "transient"
    assert client.get("/metadata").status == 200
    connection.settings_dict["HOST"] = host
    assert client.get("/Patient/p-1").status == 200


def test_a_statement_that_takes_too_long_is_ended(client, patient, monkeypatch):
    monkeypatch.setattr(connecting, "STATEMENT_SECONDS", 0.2)
    connection.close()
    client.put("/Patient/p-1", {**patient, "id": "p-1"})
    with maintenance_of(connection.settings_dict["NAME"]) as other:
        other.execute("begin")
        other.execute("lock table record_version in access exclusive mode")
        answer = client.get("/Patient/p-1")
        assert answer.status == 503
    assert client.get("/Patient/p-1").status == 200


def maintenance_of(name):
    import psycopg

    parts = connection.get_connection_params()
    keep = {key: parts[key] for key in ("user", "host", "port", "password") if key in parts}
    return psycopg.connect(dbname=name, autocommit=True, **keep)


def test_the_same_condition_at_once_creates_once(client, patient):
    def create(_):
        try:
            answer = client.post("/Patient", patient, if_none_exist="identifier=A-1")
            return answer.status, answer.json["id"]
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(create, range(8)))
    assert sorted(status for status, _ in done) == [200] * 7 + [201]
    assert len({identity for _, identity in done}) == 1


def test_the_same_id_at_once_never_fails_badly(client, patient):
    def put(number):
        try:
            sent = {**patient, "id": "p-1", "birthDate": f"1950-01-0{number + 1}"}
            return client.put("/Patient/p-1", sent).status
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(put, range(8)))
    assert set(done) <= {200, 201, 409}
    assert done.count(201) == 1


@pytest.mark.parametrize("last", range(2, 10))
def test_killed_in_the_middle_nothing_is_stored(client, patient, monkeypatch, last):
    """The connection of the database dies after so many statements of a transaction."""
    sent = bundle(*(entry("PUT", f"Patient/{n}", {**patient, "id": str(n)}) for n in range(3)))
    execute, seen = psycopg.Cursor.execute, []

    def dies(self, query, *arguments, **more):
        done = execute(self, query, *arguments, **more)
        if self.connection is connection.connection:
            seen.append(query)
            if len(seen) == last:
                end_our_connection()
        return done

    monkeypatch.setattr(psycopg.Cursor, "execute", dies)
    status = client.post("", sent).status
    monkeypatch.undo()
    killed = len(seen) >= last
    assert status == (503 if killed else 200)
    assert killed or last > 3  # a commit takes more statements than that
    assert client.get("/Patient?_summary=count").json["total"] == (0 if killed else 3)
    assert statuses(client.post("", sent)) == ["201" if killed else "200"] * 3
