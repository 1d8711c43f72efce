"""Those who look after directories: send a file, look, load it, read the report."""

import io

import pytest
from django.test import Client

from handrail import jobs
from handrail.edge.hsds import keeping
from handrail.edge.hsds.models import Load

LIST = (
    "Agency Name,Program Name,Address,City,Hours,Phone,Category\n"
    "Elm Street Help,Warm meals,1 Elm St,Anytown,M-F 9-5,650-555-0100,Food Pantry\n"
    "Elm Street Help,,2 Elm St,Anytown,now and then,none,=cmd()\n"
)


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    settings.HANDRAIL_DATA = tmp_path


def page(client, address, **given):
    return client.post(address, given) if given else client.get(address)


def sent(client, text=LIST, **given):
    file = io.BytesIO(text.encode())
    file.name = "list.csv"
    wanted = {"file": file, "directory": "town", "mapping": "211-list", **given}
    return client.post("/settings/directories", wanted)


@pytest.fixture
def supervisor(sign_in):
    return sign_in("supervisor")


def test_a_file_is_looked_at_then_loaded_and_what_was_wrong_is_told(supervisor, org):
    answer = sent(supervisor)
    assert answer.status_code == 303
    before = supervisor.get(answer.url).content.decode()
    assert "Warm meals" in before
    assert "The hours cannot be read by a clock." in before
    assert page(supervisor, answer.url, do="load").status_code == 303
    jobs.run_due()
    after = supervisor.get(answer.url).content.decode()
    assert "Loaded" in after
    table = supervisor.get(f"{answer.url}/report").content.decode()
    assert "nobody could use the row" in table
    assert "\r\n=" not in table
    exported = supervisor.get("/settings/directories/export?format=json")
    assert b"Warm meals" in exported.content
    packed = supervisor.get("/settings/directories/export")
    assert packed.content.startswith(b"PK")


def test_a_file_can_be_set_aside(supervisor, org, tmp_path):
    answer = sent(supervisor)
    assert page(supervisor, answer.url, do="drop").status_code == 303
    assert not Load.objects.filter(org=org.id).exists()
    assert not list(tmp_path.rglob("*list.csv"))


@pytest.mark.parametrize(
    "given", [{"directory": "Not A Name"}, {"mapping": "unknown"}, {"file": ""}, {"directory": ""}]
)
def test_what_cannot_be_used_is_said_and_nothing_is_kept(supervisor, org, given):
    answer = sent(supervisor, **given)
    assert answer.status_code in {404, 422}
    assert not Load.objects.filter(org=org.id).exists()


def test_a_file_that_is_no_directory_can_only_be_set_aside(supervisor):
    answer = sent(supervisor, text="", mapping="")
    shown = supervisor.get(answer.url).content.decode()
    assert "Nothing of it was taken." in shown
    assert 'id="load"' not in shown


def test_a_mapping_is_saved_and_used(supervisor, org):
    here = "/settings/directories/mapping"
    assert "Agency Name" in supervisor.get(f"{here}?name=211-list").content.decode()
    bad = page(supervisor, here, name="mine", text="[services]\nnme = 'x'")
    assert bad.status_code == 422
    assert "nme" in bad.content.decode()
    good = "[services]\nname = 'Program Name'"
    assert page(supervisor, here, name="mine", text=good).status_code == 303
    assert sent(supervisor, mapping="mine").status_code == 303


def test_only_an_administrator_opens_the_directory(supervisor, sign_in, org):
    assert page(supervisor, "/settings/directories", open="yes").status_code == 403
    assert not keeping.is_open(org.id)
    administrator = sign_in("administrator", practitioner="ada")
    assert page(administrator, "/settings/directories", open="yes").status_code == 303
    assert Client().get("/hsds/services").status_code == 200


def test_others_do_not_come_here(sign_in):
    client = sign_in("coordinator")
    assert client.get("/settings/directories").status_code == 403
