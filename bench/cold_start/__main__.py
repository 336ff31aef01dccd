"""Cold start: CPU time, wall time, memory and disk from the start of a process to its first answer.

python -m bench.cold_start --function search --rounds 9
"""

from __future__ import annotations

import sys

from bench.cold_start.report import main

if __name__ == "__main__":
    main(sys.argv[1:])
