"""The schools that one may choose from, read once for as long as their register is in use."""

from __future__ import annotations

from planner.intake.dfe_kinds import DfeKind
from planner.intake.school_register import RegisterSchool, register_schools
from planner.store import Store
from web.bring.dfe_presenters import in_use


class Register:
    """The schools of the newest register of schools. Threads share it."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._kept: tuple[str, tuple[RegisterSchool, ...]] = ("", ())

    def schools(self) -> tuple[RegisterSchool, ...]:
        """The schools; none where the house has no register."""
        with self._store.read() as tx:
            newest = next((one for one in in_use(tx.dfe_files.files()) if one.kind is DfeKind.GIAS), None)
            if newest is None:
                return ()
            sha256, schools = self._kept
            if sha256 == newest.sha256:
                return schools
            content = tx.dfe_files.register(file_id=newest.id)
        schools = register_schools(content) if content else ()
        self._kept = (newest.sha256, schools)
        return schools
