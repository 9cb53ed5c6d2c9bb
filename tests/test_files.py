"""Places to write in are refused before anything is worked out, in one sentence; see planner/files.py."""

import pytest

from planner.errors import InputMustBeMended
from planner.files import check_places


def test_places_that_cannot_be_written_are_refused_and_those_that_can_are_not(tmp_path):
    given, there = tmp_path / "plan.json", tmp_path / "there"
    given.write_text("mine", encoding="utf-8")
    there.mkdir()
    check_places(tmp_path / "new.json", None, there / "new.xlsx", inputs=[given, None], folder=there)
    check_places(folder=tmp_path / "made later")
    for files, folder, says in (
        ((there,), None, "is a folder: add a name for the file"),
        ((), given, "is a file, not a folder"),
        ((tmp_path / "no" / "where.json",), None, "There is no folder"),
        ((given,), None, "would replace one of the inputs"),
        ((tmp_path / "same", tmp_path / "same"), None, "or another output"),
    ):
        with pytest.raises(InputMustBeMended, match=says) as error:
            check_places(*files, folder=folder, inputs=[given])
        assert error.value.exit_code == 1
        assert "\n" not in str(error.value)
    assert given.read_text(encoding="utf-8") == "mine"
