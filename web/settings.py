"""Where the app keeps its things and how it is reached: one frozen Settings, good without any configuration."""

from __future__ import annotations

import ipaddress
import os
import secrets
import urllib.parse
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from planner.errors import InputMustBeMended, PlannerError

DEFAULT_PORT = 8000
USUAL_PROCESSES, MOST_PROCESSES = 2, 64
THREADS = 4
"""Of each process. More answer later, not sooner: Python runs one at a time, and every turn costs."""
LOOPBACK = "127.0.0.1"
KEY_BYTES = 32
LARGEST_REQUEST_BYTES = 25_000_000
"""A partnership's workbook may have 20 MB; routes for DfE files allow themselves more."""
SESSION_HOURS = 12
YES, NO = frozenset({"1", "yes", "true", "on"}), frozenset({"", "0", "no", "false", "off"})
PROVIDER_VARIABLES = ("PLANNER_OIDC_ISSUER", "PLANNER_OIDC_CLIENT_ID", "PLANNER_OIDC_CLIENT_SECRET", "PLANNER_OIDC_NAME")
LOG_LEVELS = ("debug", "info", "warning", "error")
LOG_FORMATS = ("plain", "json")


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderSettings:
    """An OpenID Connect provider that people may sign in through, such as DfE Sign-in or Microsoft Entra.

    issuer         its address, exactly as it writes it itself (``PLANNER_OIDC_ISSUER``)
    client_id      how it knows this service (``PLANNER_OIDC_CLIENT_ID``)
    client_secret  how this service proves itself to it (``PLANNER_OIDC_CLIENT_SECRET``)
    name           what people call it (``PLANNER_OIDC_NAME``)
    """

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything that may differ between machines.

    home             the data folder, readable by its owner only (``PLANNER_HOME``)
    secret_key       signs cookies; made once and kept in the data folder
    database_url     address of a PostgreSQL database (``PLANNER_DATABASE_URL``); None: a file in the data folder
    host, port       where the server listens (``PLANNER_HOST``, ``PLANNER_PORT``)
    processes        how many processes answer, each with threads of its own (``PLANNER_PROCESSES``)
    is_behind_proxy  whether all requests come through one proxy that speaks TLS, so that what its X-Forwarded headers say
                     of the client's address, the scheme and the host is believed (``PLANNER_BEHIND_PROXY=1``)
    log_level        the least that the log tells (``PLANNER_LOG``); None: as each command has it
    has_json_log     whether the log is a JSON object a line instead of text (``PLANNER_LOG_FORMAT=json``)
    metrics_port     where a program that watches the service finds its numbers (``PLANNER_METRICS_PORT``); None: nowhere
    metrics_host     on which address it does, by default for this computer only (``PLANNER_METRICS_HOST``)
    provider         whom people may sign in through besides (the four ``PLANNER_OIDC_`` variables); None: by password only
    """

    home: Path
    secret_key: str = field(repr=False)
    database_url: str | None = field(default=None, repr=False)
    host: str = LOOPBACK
    port: int = DEFAULT_PORT
    processes: int = USUAL_PROCESSES
    is_behind_proxy: bool = False
    log_level: str | None = None
    has_json_log: bool = False
    metrics_port: int | None = None
    metrics_host: str = LOOPBACK
    provider: ProviderSettings | None = None

    @classmethod
    def from_env(cls, environment: Mapping[str, str] | None = None) -> Settings:
        """Settings from the environment; makes the data folder and its key where there is none."""
        env = os.environ if environment is None else environment
        home = _folder(Path(env["PLANNER_HOME"]) if env.get("PLANNER_HOME") else _usual_home(env))
        return cls(
            home=home,
            secret_key=_kept_key(home / "secret-key"),
            database_url=env.get("PLANNER_DATABASE_URL") or None,
            host=env.get("PLANNER_HOST") or LOOPBACK,
            port=_port("PLANNER_PORT", env.get("PLANNER_PORT") or str(DEFAULT_PORT)),
            processes=_processes(env.get("PLANNER_PROCESSES") or str(USUAL_PROCESSES)),
            is_behind_proxy=_yes_or_no("PLANNER_BEHIND_PROXY", env.get("PLANNER_BEHIND_PROXY") or ""),
            log_level=_log_level(env.get("PLANNER_LOG") or ""),
            has_json_log=_has_json_log(env.get("PLANNER_LOG_FORMAT") or ""),
            metrics_port=_port("PLANNER_METRICS_PORT", env["PLANNER_METRICS_PORT"]) if env.get("PLANNER_METRICS_PORT") else None,
            metrics_host=env.get("PLANNER_METRICS_HOST") or LOOPBACK,
            provider=_provider(env),
        )

    @property
    def is_loopback(self) -> bool:
        """Whether only this computer can reach the app."""
        if self.is_behind_proxy:
            return False
        return _is_this_computer(self.host)

    @property
    def is_secure(self) -> bool:
        """Whether cookies and addresses must go over TLS: always, but on this computer alone."""
        return not self.is_loopback

    @property
    def address(self) -> str:
        """The address to open in a browser."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'https' if self.is_secure else 'http'}://{host}:{self.port}"


def _usual_home(env: Mapping[str, str]) -> Path:
    return Path(env.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "partnership-planner"


def _folder(path: Path) -> Path:
    """The folder, made if need be, open to nobody else."""
    home = path.expanduser().absolute()
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        home.chmod(0o700)
    except OSError as error:
        raise PlannerError(
            f"The data folder {home} cannot be used ({error.strerror}): set PLANNER_HOME to a folder that you may write."
        ) from error
    return home


def _kept_key(path: Path) -> str:
    """The key in the data folder, made at random the first time; two starts at once agree on one."""
    if not path.exists():
        _write_private(path, secrets.token_hex(KEY_BYTES))
    try:
        key = path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise PlannerError(f"The key {path} cannot be read: move it away and start again; everybody then signs in once more.") from error
    if len(key) < 2 * KEY_BYTES:
        raise PlannerError(f"The key {path} is too short to be safe: move it away and start again; everybody then signs in once more.")
    return key


def _write_private(path: Path, text: str) -> None:
    """Write a new file that only its owner may read; a file that is there already stays."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return
    except OSError as error:
        raise PlannerError(f"{path} could not be written ({error.strerror}): check the folder and the space on the disk.") from error
    with os.fdopen(handle, "w", encoding="ascii") as stream:
        stream.write(text + "\n")


def _port(name: str, text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 65_535:
        raise InputMustBeMended(f"{name} is {text}, which is no port: give a number from 1 to 65535.")
    return int(text)


def _processes(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= MOST_PROCESSES:
        raise InputMustBeMended(f"PLANNER_PROCESSES is {text}, which is no number of processes: give one from 1 to {MOST_PROCESSES}.")
    return int(text)


def _yes_or_no(name: str, text: str) -> bool:
    plain = text.strip().casefold()
    if plain not in YES | NO:
        raise InputMustBeMended(f"{name} is {text}, which says neither yes nor no: give 1 or 0.")
    return plain in YES


def _log_level(text: str) -> str | None:
    plain = text.strip().casefold()
    if plain and plain not in LOG_LEVELS:
        raise InputMustBeMended(f"PLANNER_LOG is {text}, which is no level: give one of {', '.join(LOG_LEVELS)}.")
    return plain or None


def _has_json_log(text: str) -> bool:
    plain = text.strip().casefold() or LOG_FORMATS[0]
    if plain not in LOG_FORMATS:
        raise InputMustBeMended(f"PLANNER_LOG_FORMAT is {text}, which is no format: give one of {', '.join(LOG_FORMATS)}.")
    return plain == "json"


def _is_this_computer(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _provider(env: Mapping[str, str]) -> ProviderSettings | None:
    issuer, client_id, client_secret, name = given = [(env.get(variable) or "").strip() for variable in PROVIDER_VARIABLES]
    if not any(given):
        return None
    if not all(given):
        missing = [variable for variable, text in zip(PROVIDER_VARIABLES, given, strict=True) if not text]
        raise InputMustBeMended(
            f"Signing in through a provider needs {' and '.join(missing)} too: set it, or set none of the PLANNER_OIDC_ variables."
        )
    try:
        address = urllib.parse.urlsplit(issuer)
        is_good = bool(address.hostname) and not address.username and not address.query and not address.fragment and address.port != 0
    except ValueError:
        is_good = False
    if not is_good or not (address.scheme == "https" or (address.scheme == "http" and _is_this_computer(address.hostname or ""))):
        raise InputMustBeMended(
            "PLANNER_OIDC_ISSUER is no address of a provider: give the issuer that it names itself by, which begins with https://."
        )
    return ProviderSettings(issuer=issuer, client_id=client_id, client_secret=client_secret, name=name)
