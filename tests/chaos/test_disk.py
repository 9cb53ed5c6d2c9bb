"""A disk that refuses writes, is full, or turns read-only in the middle of a run: nothing is spoiled, and the run ends by itself afterwards."""

import contextlib
import json
import resource
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from websites import PASSWORD, a_site

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="limits and mounts as Linux has them")
PROGRAM = Path(__file__).with_name("failing_disk.py")
SAYS = {
    "write-refused": {"disk I/O error"},
    "disk-full": {"database or disk is full", "disk I/O error"},
    "disk-read-only": {"unable to open database file", "attempt to write a readonly database"},
}
SMALL = "mount -t tmpfs -o size=8m tmpfs {folder} && exec "
"""A file system of our own, seen by nobody else."""


def may_mount(folder):
    unshare = shutil.which("unshare")
    if unshare is None:
        return False
    tried = subprocess.run(
        [unshare, "--mount", "--map-root-user", "sh", "-c", SMALL.format(folder=folder) + "true"], check=False, capture_output=True
    )
    return tried.returncode == 0


@pytest.mark.parametrize("how", [pytest.param(how, marks=pytest.mark.chaos(how)) for how in SAYS])
def test_a_run_outlives_its_disk_failing_at_any_write(how, home, times, say):
    command = [sys.executable, str(PROGRAM), how, str(times), str(home)]
    if how != "write-refused":
        if not may_mount(home):
            pytest.skip("no file system of our own: unshare (util-linux) is not here, or may not be used")
        command = ["unshare", "--mount", "--map-root-user", "sh", "-c", SMALL.format(folder=home) + '"$@"', "sh", *command]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert [one["number"] for one in told] == list(range(1, times + 1))
    for one in told:
        assert (one["state"], one["plans"], one["faults"], one["is_whole"]) == ("finished", 1, [], True), one
        assert one["events"] == 1, one
        assert all(any(words.endswith(f": {why}") for why in SAYS[how]) for words in one["said"]), one
    failed = [one for one in told if one["said"]]
    assert len(failed) == times, "the disk did not fail each time"
    say(f"failed {len(failed)} times; the run ended at most {max(one['seconds'] for one in failed):.1f} s after the disk was mended")


@pytest.mark.chaos("page-refused")
def test_a_page_that_cannot_be_kept_says_so_and_can_once_the_disk_is_mended(home, times, say):
    with a_site(home) as site:
        form = {"sign_in": "head", "password": PASSWORD}
        assert site.post(site.browser(None), "/sign-in", **form).status_code == 303
        for _ in range(times):
            log = (home / "planner.db-wal").stat().st_size
            with no_file_longer_than(log):
                refused = site.post(site.browser(None), "/sign-in", **form)
            assert refused.status_code == 503
            assert "Nothing you sent was changed" in refused.text
            assert site.post(site.browser(None), "/sign-in", **form).status_code == 303
        assert site.store.faults() == ()
    say("each answered 503 with a sentence, and done when sent again")


@contextlib.contextmanager
def no_file_longer_than(size):
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
