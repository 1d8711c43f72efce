"""Binary in its own format."""

from __future__ import annotations

from base64 import b64encode

import pytest

pytestmark = pytest.mark.django_db
PICTURE = b"\x89PNG\r\n\x1a\n\x00\xff"


@pytest.fixture
def picture(client):
    made = client.post("/Binary", PICTURE, content_type="image/png", x_security_context="Group/g")
    assert made.status == 201, made.body
    return made


def test_content_becomes_a_resource(client, picture):
    assert picture.json["contentType"] == "image/png"
    assert picture.json["data"] == b64encode(PICTURE).decode()
    assert picture.json["securityContext"] == {"reference": "Group/g"}
    path = f"/Binary/{picture.json['id']}"
    assert client.put(path, b"two", content_type="text/plain").status == 200
    assert client.get(path).json["contentType"] == "text/plain"


def test_a_resource_becomes_content(client, picture):
    path = f"/Binary/{picture.json['id']}"
    for accept in ("image/png", "image/*", "text/plain, image/png"):
        raw = client.get(path, accept=accept)
        assert (raw.status, raw.body) == (200, PICTURE), accept
        assert raw.headers["Content-Type"] == "image/png"
        assert raw.headers["Content-Disposition"] == "attachment"
    for accept in ("application/fhir+json", "*/*", "text/html, */*"):
        assert client.get(path, accept=accept).json["resourceType"] == "Binary"
    assert client.get(path, accept="text/plain").status == 406
    assert client.get("/Patient", accept="image/png").status == 406


def test_what_is_no_content(client):
    assert client.post("/Binary", b"{", content_type="application/fhir+json").status == 400
    assert client.post("/Binary", b"x", content_type="nonsense").status == 415
    assert client.post("/Patient", b"x", content_type="image/png").status == 415
