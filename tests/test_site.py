"""What every page carries, what is logged, what the operator chooses, and how progress is shown."""

from __future__ import annotations

import io
import logging
import os
import re
import signal
import stat
import sys

import pytest
from django.core.exceptions import BadRequest, PermissionDenied
from django.db import OperationalError, connection
from django.http import HttpResponse
from django.templatetags.static import static
from django.test import RequestFactory

from handrail.fhir.errors import HandrailError, SignInRequiredError, VersionConflictError
from handrail.site import environment, faults, translations
from handrail.site.environment import EnvironmentVariableError
from handrail.site.headers import HeadersMiddleware
from handrail.site.logs import PlainFormatter
from handrail.site.progress import Progress, span


def answer(**headers: str) -> HttpResponse:
    given = HttpResponse("", headers=headers)
    return HeadersMiddleware(lambda _request: given)(RequestFactory().get("/"))


def test_every_page_forbids_foreign_and_inline_code_and_is_kept_in_no_cache():
    response = answer()
    policy = response["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert response["Cache-Control"] == "private, no-store"


def test_a_page_may_say_itself_how_long_it_is_kept():
    assert answer(**{"Cache-Control": "max-age=60"})["Cache-Control"] == "max-age=60"


def test_static_files_have_the_hash_of_their_content_in_their_address_and_stay_for_ever(client):
    address = static("look/htmx.min.js")
    assert re.fullmatch(r"/static/look/htmx\.min\.[0-9a-f]{12}\.js", address)
    response = client.get(address)
    assert response.status_code == 200
    assert "immutable" in response["Cache-Control"]
    assert b"".join(response.streaming_content).startswith(b"var htmx")


def test_static_files_are_there_under_their_plain_name_too(client):
    response = client.get("/static/look/htmx.min.js")
    assert response.status_code == 200
    assert "immutable" not in response["Cache-Control"]
    response.close()


def test_an_unknown_address_gets_a_page_that_says_what_to_do(client, db):
    response = client.get("/there-is-no-such-page")
    assert response.status_code == 404
    assert "Not found" in response.content.decode()


def through(error: Exception) -> HttpResponse | None:
    middleware = faults.FaultMiddleware(lambda _request: HttpResponse())
    return middleware.process_exception(RequestFactory().get("/patients/1?name=Ana"), error)


def test_an_error_of_the_house_becomes_a_page_with_its_status_and_sentence():
    response = through(VersionConflictError("Ben saved at 10:02. Look at both."))
    assert response.status_code == 412
    assert "Ben saved at 10:02. Look at both." in response.content.decode()


def test_what_an_error_says_is_escaped():
    response = through(HandrailError("<script>alert(1)</script>"))
    assert "<script>alert" not in response.content.decode()


def test_whoever_is_not_signed_in_is_sent_to_sign_in_and_back():
    response = through(SignInRequiredError("Sign in."))
    assert response.status_code == 302
    assert response["Location"] == "/sign-in?next=%2Fpatients%2F1"


def test_a_database_that_does_not_answer_is_told_as_such():
    response = through(OperationalError("connection to server failed"))
    assert response.status_code == 503
    assert response["Retry-After"]
    assert "connection to server" not in response.content.decode()


@pytest.mark.parametrize("error", [ValueError("Ana"), PermissionDenied(), BadRequest()])
def test_other_errors_are_left_to_django(error):
    assert through(error) is None


def test_an_unexpected_error_shows_nothing_of_itself():
    request = RequestFactory().get("/")
    try:
        int("Ana Secret")
    except ValueError:
        response = faults.broken(request)
    assert response.status_code == 500
    assert "Ana" not in response.content.decode()


def test_a_page_says_the_language_it_really_speaks(client, db):
    for asked in ("es", "en", "ar"):
        response = client.get("/there-is-no-such-page", headers={"Accept-Language": asked})
        assert '<html lang="en"' in response.content.decode(), "only reviewed languages are offered"


def test_a_logged_error_says_where_but_never_what():
    record = None
    try:
        try:
            {}["Ana Secret"]
        except KeyError as cause:
            raise ValueError("Key (name)=(Ana Secret) exists") from cause
    except ValueError:
        record = logging.LogRecord("x", logging.ERROR, "x", 1, "It failed", (), sys.exc_info())
    text = PlainFormatter().format(record)
    assert "builtins.ValueError from builtins.KeyError" in text
    assert "test_site.py" in text
    assert "Ana" not in text


def test_the_key_that_signs_sessions_is_made_once_and_is_ours_alone(tmp_path, monkeypatch):
    monkeypatch.delenv("HANDRAIL_SECRET_KEY", raising=False)
    monkeypatch.setenv("HANDRAIL_DATA", str(tmp_path / "new"))
    first = environment.secret_key()
    assert len(first) > 60
    assert environment.secret_key() == first
    path = tmp_path / "new" / "secret-key"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [entry.name for entry in path.parent.iterdir()] == ["secret-key"]


def test_a_data_folder_that_cannot_be_made_says_what_to_set(tmp_path, monkeypatch):
    monkeypatch.delenv("HANDRAIL_SECRET_KEY", raising=False)
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("HANDRAIL_DATA", str(tmp_path / "file"))
    with pytest.raises(EnvironmentVariableError, match="HANDRAIL_DATA"):
        environment.secret_key()


@pytest.mark.parametrize(
    ("url", "wanted"),
    [
        (
            "postgresql://ana:s%40crt@db.example.org:6000/care?sslmode=verify-full",
            {"USER": "ana", "PASSWORD": "s@crt", "HOST": "db.example.org", "PORT": "6000"},
        ),
        ("postgresql://handrail@/care?host=/run/pg", {"HOST": "/run/pg", "NAME": "care"}),
    ],
)
def test_a_database_address_is_understood(url, wanted, monkeypatch):
    monkeypatch.setenv("HANDRAIL_DATABASE_URL", url)
    settings = environment.database()
    assert wanted.items() <= settings.items()
    assert ("sslmode", "verify-full") in settings["OPTIONS"].items() or "sslmode" not in url


def test_something_else_than_a_database_address_is_refused(monkeypatch):
    monkeypatch.setenv("HANDRAIL_DATABASE_URL", "the usual one")
    with pytest.raises(EnvironmentVariableError, match="postgresql://"):
        environment.database()


@pytest.mark.parametrize("port", ["eighty", "0", "65536", "-1", "8000.0"])
def test_a_port_that_is_none_is_refused(port, monkeypatch):
    monkeypatch.setenv("PORT", port)
    with pytest.raises(EnvironmentVariableError, match="from 1 to 65535"):
        environment.port()


def test_a_time_zone_that_is_none_is_refused(monkeypatch):
    monkeypatch.setenv("HANDRAIL_TIME_ZONE", "Boston")
    with pytest.raises(EnvironmentVariableError, match="America/Chicago"):
        environment.time_zone()


def test_cookies_demand_https_once_the_server_has_a_name(monkeypatch):
    monkeypatch.delenv("HANDRAIL_HTTPS", raising=False)
    monkeypatch.delenv("HANDRAIL_HOSTS", raising=False)
    assert environment.https() is False
    monkeypatch.setenv("HANDRAIL_HOSTS", "care.example.org, other.example.org")
    assert environment.https() is True
    assert environment.hosts()[:2] == ["care.example.org", "other.example.org"]
    monkeypatch.setenv("HANDRAIL_HTTPS", "0")
    assert environment.https() is False


def test_a_translation_is_compiled_when_it_changed_and_only_then(tmp_path, monkeypatch):
    folder = tmp_path / "handrail" / "desk" / "locale" / "es" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    source = folder / "django.po"
    source.write_text('msgid ""\nmsgstr "Language: es\\n"\n\nmsgid "Today"\nmsgstr "Hoy"\n')
    monkeypatch.setattr(translations, "CODE", tmp_path)
    assert translations.compile_stale() == 1
    assert translations.compile_stale() == 0
    assert b"Hoy" in (folder / "django.mo").read_bytes()
    later = source.stat().st_mtime + 5
    os.utime(source, (later, later))
    assert translations.compile_stale() == 1


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_elsewhere_than_on_a_terminal_progress_is_plain_lines():
    stream = io.StringIO()
    with Progress("Loading", 3, "files", stream) as progress:
        progress.add(3)
        progress.note("one.json: refused")
    lines = stream.getvalue().splitlines()
    assert lines[0] == "one.json: refused"
    assert re.fullmatch(r"Loading: 3 files in \d+\.\d s", lines[1])
    assert "\r" not in stream.getvalue()


def test_on_a_terminal_progress_shows_rate_and_time_left(monkeypatch):
    now = iter([0.0, 0.0, 0.0, 2.0, 2.0, 4.0, 4.0, 4.0])
    monkeypatch.setattr("handrail.site.progress.time.monotonic", lambda: next(now))
    stream = Terminal()
    with Progress("Loading", 400, "files", stream) as progress:
        progress.add(100)
    assert "Loading: 100 of 400 files · 50/s · 6.0 s left" in stream.getvalue()


def test_what_breaks_off_is_told_as_not_finished():
    stream = io.StringIO()
    with pytest.raises(KeyError), Progress("Loading", stream=stream):
        raise KeyError
    assert "not finished" in stream.getvalue()


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.44, "0.4 s"), (12.2, "12 s"), (200, "3 min 20 s"), (3900, "1 h 5 min")],
)
def test_a_length_of_time_is_told_in_words(seconds, text):
    assert span(seconds) == text


def test_a_test_has_the_real_tables_with_row_level_security_in_force(db):
    with connection.cursor() as cursor:
        cursor.execute(
            "select relname from pg_class c join pg_attribute a on a.attrelid = c.oid"
            " where a.attname = 'org' and relkind = 'r' and not relforcerowsecurity"
            " and relnamespace = 'public'::regnamespace"
        )
        assert cursor.fetchall() == []


def test_a_test_may_have_a_database_of_its_own(own_database, org):
    with connection.cursor() as cursor:
        cursor.execute("select current_database()")
        assert cursor.fetchone() == (own_database,)
    assert org.id == 1


def test_a_test_may_kill_its_own_server(own_server_database, org):
    with connection.cursor() as cursor:
        cursor.execute("show fsync")
        assert cursor.fetchone() == ("on",)
    os.kill(own_server_database.pid(), signal.SIGKILL)
    connection.close()
    own_server_database.start()
    with connection.cursor() as cursor:
        cursor.execute("select slug from access_organization")
        assert cursor.fetchall() == [(org.slug,)]


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/patients/a%00b", "/find?q=a%00b", "/sign-in?next=%00"])
def test_a_nul_in_the_address_is_refused_in_words(client, path):
    answer = client.get(path)
    assert answer.status_code == 400
    assert "NUL" in answer.content.decode()


@pytest.mark.django_db
def test_a_nul_in_a_form_is_refused_in_words(client):
    answer = client.post("/sign-in", {"username": "a\x00b", "password": "x"})
    assert answer.status_code == 400
