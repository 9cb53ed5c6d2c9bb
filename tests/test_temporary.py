"""Temporary files of a server: where they are, and that nothing of them outlasts the servers that made them."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from web.temporary import FOLDER, LONGEST, temporary_files_in

ROOT = Path(__file__).parent.parent
SERVES = """
import sys, tempfile
from pathlib import Path
from web.temporary import temporary_files_in
with temporary_files_in(Path(sys.argv[1])):
    folder = Path(tempfile.mkdtemp(prefix="planner-"))
    (folder / "upload").write_bytes(b"figures")
    print(folder, flush=True)
    sys.stdin.read()
"""

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the system's temporary folder is used there")


@pytest.fixture
def home():
    """A data folder with a short path."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


def serving(home):
    """Another server, and a folder that it made for an upload."""
    process = subprocess.Popen([sys.executable, "-c", SERVES, home], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    return process, Path(process.stdout.readline().strip())


def ended(process, *, is_killed):
    if is_killed:
        process.kill()
    process.communicate()


def test_what_a_link_leads_to_is_not_emptied(home, tmp_path):
    (tmp_path / "mine").write_text("mine")
    (home / FOLDER).symlink_to(tmp_path)
    before = tempfile.gettempdir()
    with temporary_files_in(home):
        assert tempfile.gettempdir() == before
    assert (tmp_path / "mine").read_text() == "mine"


def test_temporary_files_are_in_the_data_folder_for_this_process_and_those_it_starts(home):
    before = (tempfile.gettempdir(), os.environ.get("TMPDIR"))
    with temporary_files_in(home):
        with tempfile.TemporaryDirectory() as folder:
            assert Path(folder).parent == home / FOLDER
        told = subprocess.run(
            [sys.executable, "-c", "import tempfile; print(tempfile.gettempdir())"], capture_output=True, text=True, check=True
        )
        assert told.stdout.strip() == str(home / FOLDER)
        assert stat.S_IMODE((home / FOLDER).stat().st_mode) == 0o700
    assert (tempfile.gettempdir(), os.environ.get("TMPDIR")) == before


def test_what_a_killed_server_left_is_gone_when_the_next_one_starts(home):
    process, left = serving(home)
    (home / FOLDER / "openpyxl.left").write_bytes(b"figures")
    ended(process, is_killed=True)
    assert (left / "upload").exists()
    with temporary_files_in(home):
        assert list((home / FOLDER).iterdir()) == []


def test_a_server_that_ends_leaves_nothing(home):
    process, left = serving(home)
    ended(process, is_killed=False)
    assert not left.exists()


def test_servers_on_one_data_folder_leave_each_others_files(home):
    first, of_first = serving(home)
    second, of_second = serving(home)
    assert (of_first / "upload").exists()
    ended(first, is_killed=False)
    assert (of_second / "upload").exists()
    third, of_third = serving(home)
    assert (of_second / "upload").exists(), "the second is still there"
    ended(second, is_killed=True)
    ended(third, is_killed=False)
    assert not of_second.exists()
    assert not of_third.exists()


def test_where_the_folder_cannot_be_had_the_systems_is_used(home):
    before = tempfile.gettempdir()
    long = home / ("x" * LONGEST)
    long.mkdir()
    (home / FOLDER).write_bytes(b"")  # a file is in the way
    for one in (long, home):
        with temporary_files_in(one):
            assert tempfile.gettempdir() == before
    assert list(long.iterdir()) == []
