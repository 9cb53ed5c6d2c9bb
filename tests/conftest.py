"""What all tests share: golden files, and worlds planned once in this process."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))


def pytest_addoption(parser):
    parser.addoption("--update-golden", action="store_true", help="write tests/golden again from the rules as they are")


@pytest.fixture
def update_golden(request):
    return request.config.getoption("--update-golden")
