import pytest
from django.test import Client


@pytest.mark.django_db
def test_answers_anyone_while_the_database_answers(client: Client) -> None:
    response = client.get("/healthz")

    assert (response.status_code, response.content) == (200, b"ok\n")
