import pytest


@pytest.fixture(autouse=True)
def _database(database: None) -> None:
    """Every story here uses the database."""
