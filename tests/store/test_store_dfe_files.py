"""The DfE's files that the house keeps."""

import gzip
import hashlib

import pytest
import sqlalchemy as sa
from stored import a_partnership, a_user

from planner.errors import AlreadyTaken
from planner.intake.dfe_kinds import DfeKind, DfeUpload


def an_upload(kind=DfeKind.SEN, text=b"URN,SEN support\n1,2\n", **changes):
    given = {"kind": kind, "file_name": f"{kind}.csv", "content": gzip.compress(text, mtime=0), "size_bytes": len(text)}
    given |= {"sha256": hashlib.sha256(text).hexdigest(), "register": b"register" if kind is DfeKind.GIAS else None}
    return DfeUpload(**(given | changes))


def add(store, upload, by):
    with store.begin() as tx:
        return tx.dfe_files.add(upload=upload, by=by)


def test_a_file_is_kept_listed_without_its_content_and_removed(store):
    by = a_user(store)
    a_partnership(store)
    upload = an_upload(DfeKind.GIAS, b"URN\n" * 100_000)
    file_id = add(store, upload, by)
    with store.read() as tx:
        (row,) = tx.dfe_files.files()
        assert (row.id, row.kind, row.file_name, row.size_bytes, row.sha256, row.uploaded_by) == (
            file_id, DfeKind.GIAS, "gias.csv", 400_000, upload.sha256, by,
        )  # fmt: skip
        assert row.uploaded_at == pytest.approx(tx.now, abs=60_000)
        assert not hasattr(row, "content")
        file = tx.dfe_files.file(file_id=file_id)
        assert gzip.decompress(file.content) == b"URN\n" * 100_000
        assert tx.dfe_files.register(file_id=file_id) == b"register"
        assert tx.dfe_files.file(file_id=file_id + 1) is None
        assert tx.dfe_files.register(file_id=file_id + 1) is None
    with store.begin() as tx:
        assert tx.dfe_files.remove(file_id=file_id)
        assert not tx.dfe_files.remove(file_id=file_id)
        assert tx.dfe_files.files() == ()
    assert add(store, upload, by) != file_id


def test_several_of_a_kind_are_kept_newest_first_and_the_same_only_once(store):
    by = a_user(store)
    ids = [add(store, an_upload(DfeKind.CENSUS, b"%d" % year, file_name=f"census {year}.csv"), by) for year in (2024, 2025)]
    links = add(store, an_upload(DfeKind.LINKS), by)
    with store.read() as tx:
        assert [row.id for row in tx.dfe_files.files()] == [*ids[::-1], links]
        assert tx.dfe_files.register(file_id=links) is None
    with pytest.raises(AlreadyTaken, match=r"again\.csv is kept already"):
        add(store, an_upload(DfeKind.CENSUS, b"2024", file_name="again.csv"), by)


@pytest.mark.parametrize("changes", [{"kind": DfeKind.GIAS, "register": None}, {"register": b"x"}])
def test_a_register_has_its_schools_and_no_other_file_has(store, changes):
    by = a_user(store)
    with pytest.raises(sa.exc.IntegrityError):
        add(store, an_upload(**changes), by)


def test_nobody_unknown_uploads(store):
    with pytest.raises(sa.exc.IntegrityError):
        add(store, an_upload(), 99)
