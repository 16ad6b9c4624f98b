from __future__ import annotations

from tests import factories as make
from tests.web import client_of


def test_list__cast__shows() -> None:
    cast = make.cast()
    for url in [
        "/systems/",
        "/systems/clay-consigliere/",
        "/systems/clay-consigliere/versions/",
        "/systems/clay-consigliere/compare/",
        "/systems/clay-consigliere/time-machine/",
        "/systems/clay-consigliere/dependencies/",
        "/systems/clay-consigliere/health/",
        "/systems/register/",
        "/",
        "/applied/",
        "/progress/",
        "/inbox/",
        "/inbox/?tab=team",
        "/inbox/?tab=mine",
        "/inbox/?tab=decided",
    ]:
        response = client_of(cast.bo).get(url)
        print(url, response.status_code)
        assert response.status_code == 200, response.content.decode()[-3000:]
