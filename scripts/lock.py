"""`make lock`: writes the pinned requirements from the .in files, for every platform at once."""

from __future__ import annotations

import subprocess
import sys

UV = "uv==0.13.9"


def main() -> int:
    subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", UV], check=True)
    for name in ("requirements", "requirements-dev"):
        subprocess.run(
            [
                *(sys.executable, "-m", "uv", "pip", "compile", "--quiet", "--universal", "--python-version", "3.11"),
                *("--no-header", f"{name}.in", "-o", f"{name}.txt", *sys.argv[1:]),
            ],
            check=True,
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
