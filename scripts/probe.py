"""For a container's health check: does this web process answer? (That the whole desk is well, /healthz says.)"""

from __future__ import annotations

import os
import sys
import urllib.error
import urllib.request


def main() -> int:
    host = os.environ.get("ALLOWED_HOSTS", "localhost").split(",")[0].lstrip(".")
    address = f"http://127.0.0.1:{os.environ.get('PORT', '8000')}/healthz"
    try:
        urllib.request.urlopen(urllib.request.Request(address, headers={"Host": host}), timeout=4)  # nosec B310
    except urllib.error.HTTPError as error:
        # 503 is this process speaking of another part; restarting this one would mend nothing.
        return 0 if error.code == 503 else 1
    except OSError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
