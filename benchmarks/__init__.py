"""What the house costs, measured: one command each. See docs/benchmarks.md."""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as the command `ouidire` does it, and before NumPy is loaded
