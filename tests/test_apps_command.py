"""Apps from outside: ``handrail app``, and what the web application tells them."""

from __future__ import annotations

import io
import json
from contextlib import nullcontext

import pytest

from handrail.access.database import acting
from handrail.access.models import App
from handrail.access.principal import system
from handrail.edge.smart.tests.app import pair
from handrail.fhir.errors import BusinessRuleError
from handrail.site.cli import app as command


@pytest.fixture(autouse=True)
def _open(monkeypatch, org) -> None:
    monkeypatch.setattr("handrail.site.opening.opened", nullcontext)


def test_an_app_is_registered_listed_and_ended(capsys, tmp_path):
    keys = tmp_path / "keys.json"
    keys.write_text(json.dumps(pair("ES384")[1]))
    add = ["add", "Night job", "--kind", "key", "--scope", "system/*.rs", "--jwks", str(keys)]
    assert command.main(add) == 0
    by = system(1, "tests", "Tests")
    with acting(by):
        app = App.objects.get(name="Night job")
    assert app.id in capsys.readouterr().out
    assert command.main(["list"]) == 0
    assert "Night job" in capsys.readouterr().out
    assert command.main(["revoke", "Night job"]) == 0
    assert command.main(["list"]) == 0
    assert "(ended)" in capsys.readouterr().out


def test_a_secret_is_shown_once(capsys):
    back = ["--redirect", "https://app.example.org/back"]
    add = ["add", "Chart", "--kind", "secret", "--scope", "patient/*.rs", *back]
    assert command.main(add) == 0
    secret = capsys.readouterr().out.split()[-1]
    assert len(secret) > 40
    command.main(["list"])
    assert secret not in capsys.readouterr().out


def test_keys_that_cannot_be_read_are_refused(tmp_path):
    wrong = tmp_path / "keys.json"
    wrong.write_text("{not json")
    for path in (str(wrong), str(tmp_path / "none.json")):
        with pytest.raises(BusinessRuleError):
            command.main(["add", "X", "--kind", "key", "--scope", "system/*.rs", "--jwks", path])


def test_discovery_below_fhir_is_answered_and_the_api_beside_it_too():
    from handrail.site.wsgi import application

    said: dict[str, str] = {}

    def start(status: str, headers: list[tuple[str, str]]) -> None:
        said["status"] = status

    def get(path: str) -> bytes:
        environ = {
            "REQUEST_METHOD": "GET",
            "PATH_INFO": path,
            "QUERY_STRING": "",
            "HTTP_HOST": "localhost",
            "SERVER_NAME": "localhost",
            "SERVER_PORT": "80",
            "REMOTE_ADDR": "127.0.0.1",
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(),
        }
        return b"".join(application(environ, start))

    known = json.loads(get("/fhir/.well-known/smart-configuration"))
    assert said["status"].startswith("200")
    assert known["token_endpoint"] == "http://localhost/oauth/token"
    security = json.loads(get("/fhir/metadata"))["rest"][0]["security"]
    listed = security["extension"][0]["extension"]
    places = {one["url"]: one["valueUri"] for one in listed}
    assert places["authorize"] == known["authorization_endpoint"]
    assert places["token"] == known["token_endpoint"]
