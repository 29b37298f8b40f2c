"""What every test shares: a database of its own, and fixtures for people and responses."""

import pytest


@pytest.fixture(autouse=True)
def _files_below_a_temporary_folder(tmp_path, settings):
    settings.VAR_DIR = tmp_path
