"""Start-up: `lepta --help` (median of 10) against the limit of 0.3 s, beside an empty Python."""

import statistics
import subprocess
import sys
import time
from pathlib import Path

LIMIT_S = 0.3


def median_s(command):
    took = []
    for _ in range(11):
        begin = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        took.append(time.perf_counter() - begin)
    return statistics.median(took[1:])  # the first one may write byte code


def main():
    python = sys.executable
    empty = median_s([python, "-c", "pass"])
    lepta = median_s([str(Path(python).with_name("lepta")), "--help"])
    print(f"python -c pass   {empty:.3f} s")
    print(f"lepta --help     {lepta:.3f} s   {lepta / LIMIT_S:.2f} of the limit of {LIMIT_S} s")
    sys.exit(0 if lepta < LIMIT_S else f"lepta --help takes more than {LIMIT_S} s")


if __name__ == "__main__":
    main()
