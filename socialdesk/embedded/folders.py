"""Where the embedded desk keeps its things, and as whom its services run."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import pwd
import re
import secrets
import shutil
import stat
import tempfile
from pathlib import Path

from socialdesk.embedded.errors import DeskError
from socialdesk.embedded.processes import Account

# A unix socket's whole path must fit 107 bytes; PostgreSQL adds "/.s.PGSQL.5432".
LONGEST_SOCKET_FOLDER = 80
PLAIN_PATH = re.compile(r"[A-Za-z0-9/._-]+")
SERVICES_OF_ROOT = Path("/var/lib/socialdesk")


def data_folder() -> Path:
    """$SOCIALDESK_DATA, else the user's data folder; never the checkout."""
    if chosen := os.environ.get("SOCIALDESK_DATA"):
        return Path(chosen).expanduser().absolute()
    base = os.environ.get("XDG_DATA_HOME") or "~/.local/share"
    return Path(base).expanduser().absolute() / "socialdesk"


def require_space(folder: Path, megabytes: int) -> None:
    free = shutil.disk_usage(folder).free // 2**20
    if free < megabytes:
        raise DeskError(
            f"The disk is full: {folder} has {free} MB left and socialdesk needs {megabytes} MB; "
            "free some space, or set SOCIALDESK_DATA to a folder on another disk."
        )


def service_account() -> Account | None:
    """Root starts the services as an ordinary user; an ordinary user starts them as itself."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            user = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(user.pw_uid, user.pw_gid)
    raise DeskError("PostgreSQL refuses to run as root and there is no user postgres or nobody: run this as a user.")


def private_folder(path: Path, account: Account | None) -> Path:
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.chmod(0o700)
    if account:
        os.chown(path, account.uid, account.gid)
    return path


def reachable(path: Path, account: Account, *, to_read: bool = True) -> bool:
    """Whether the account can read `path` (or pass through it), which takes the right to pass every folder above."""
    for folder in [path, *path.parents]:
        status = folder.stat()
        wanted = 0o5 if folder == path and to_read else 0o1
        shift = 6 if status.st_uid == account.uid else 3 if status.st_gid == account.gid else 0
        if (status.st_mode >> shift) & wanted != wanted:
            return False
    return True


def services_folder(data: Path, account: Account | None) -> Path:
    """The services' own folder. Root's data folder is closed to their account, so there it is a link to /var/lib."""
    folder = data / "services"
    if folder.is_symlink() or folder.exists():
        return private_folder(folder.resolve(), account)
    if account is None or reachable(data, account, to_read=False):
        return private_folder(folder, account)
    SERVICES_OF_ROOT.mkdir(mode=0o755, parents=True, exist_ok=True)
    home = private_folder(SERVICES_OF_ROOT / secrets.token_hex(6), account)
    folder.symlink_to(home)
    return home


def socket_folder(services: Path, account: Account | None) -> Path:
    """Short and plain, whatever the data folder is called; others may not enter, and may not have made it for us."""
    folder = services / "sockets"
    if len(str(folder)) > LONGEST_SOCKET_FOLDER or not PLAIN_PATH.fullmatch(str(folder)):
        digest = hashlib.sha256(str(services).encode()).hexdigest()[:12]
        folder = Path(tempfile.gettempdir()) / f"socialdesk-{os.geteuid()}-{digest}"
        if len(str(folder)) > LONGEST_SOCKET_FOLDER or not PLAIN_PATH.fullmatch(str(folder)):
            folder = Path("/tmp") / folder.name  # nosec B108: owner and mode are verified below
    owner = account.uid if account else os.geteuid()
    if os.path.lexists(folder):
        status = folder.lstat()
        if not stat.S_ISDIR(status.st_mode) or status.st_uid not in (owner, os.geteuid()):
            raise DeskError(f"{folder} belongs to somebody else: remove it and try again.")
    return private_folder(folder, account)


def wheel_folder(package: str) -> Path:
    """The folder of an installed wheel, found without running any of its code."""
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise DeskError(
            f"There is no {package} wheel for this platform ({os.uname().sysname} {os.uname().machine}): "
            "set DATABASE_URL and REDIS_URL to a PostgreSQL and a Valkey of your own, as docker-compose.yml shows."
        )
    return Path(next(iter(spec.submodule_search_locations)))


def readable_copy(package: Path, services: Path, account: Account | None) -> Path:
    """The wheel's folder itself, or a copy of it that the account can read where the checkout is closed to it."""
    if account is None or reachable(package, account):
        return package
    mark = package.stat()
    digest = hashlib.sha256(f"{package}{mark.st_mtime_ns}".encode()).hexdigest()[:12]
    home = services / "wheels" / digest
    if not home.exists():
        home.parent.mkdir(mode=0o755, exist_ok=True)
        draft = home.with_suffix(".new")
        shutil.rmtree(draft, ignore_errors=True)
        # auditwheel keeps the shared libraries in a sibling folder and finds them by a relative path.
        for source in (package, package.with_name(package.name + ".libs")):
            if source.exists():
                shutil.copytree(source, draft / source.name, symlinks=True)
        draft.chmod(0o755)
        draft.rename(home)
    return home / package.name
