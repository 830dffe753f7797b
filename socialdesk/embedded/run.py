"""`python -m socialdesk.embedded.run`: the whole desk on this machine, until Ctrl-C."""

from __future__ import annotations

import errno
import signal
import sys
import time
from types import FrameType

from socialdesk.embedded import vault
from socialdesk.embedded.desk import Desk
from socialdesk.embedded.errors import DeskError

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def main() -> int:
    for number in STOP_SIGNALS:
        signal.signal(number, _interrupt)
    desk: Desk | None = None
    try:
        started = time.monotonic()
        desk = Desk(say)
        desk.up()
        welcome(desk, time.monotonic() - started)
        desk.supervisor.watch()
    except KeyboardInterrupt:
        say("stopping …")
        return 0
    except DeskError as error:
        say(str(error))
        return 1
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        say("The disk is full: free some space, or set SOCIALDESK_DATA to a folder on another disk.")
        return 1
    finally:
        # A second Ctrl-C must not leave half of the desk running.
        for number in STOP_SIGNALS:
            signal.signal(number, signal.SIG_IGN)
        if desk is not None:
            desk.down()
    return 0


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def say(line: str) -> None:
    print(f"socialdesk: {line}", file=sys.stderr, flush=True)


def welcome(desk: Desk, seconds: float) -> None:
    lines = [
        "",
        f"  socialdesk is ready after {seconds:.1f} s:  {desk.url}",
        "",
        *(
            f"    {name:<6} {vault.PEOPLE.get(name, ''):<7} password {word}"
            for name, word in vault.passwords(desk.data).items()
        ),
        "",
        f"  Write as a customer:  {desk.sandbox_url}/",
        f"  Data and logs:        {desk.data}",
        "  Stop with Ctrl-C.",
        "",
    ]
    print("\n".join(lines), flush=True)


if __name__ == "__main__":
    sys.exit(main())
