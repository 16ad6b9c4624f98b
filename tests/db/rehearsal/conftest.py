import pytest


@pytest.fixture(autouse=True)
def _database(database: None) -> None:
    """Every test here uses the database."""
