"""The commands of `ouidire`."""

import os

# NumPy's OpenBLAS reads this when it is loaded. Left alone it keeps a thread for each core, and after each of our small
# products they spin in wait for another one: 30 to 40 % of a core at 50 calls, taken from the PBX for nothing.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from ari_bridge.cli.parser import main

__all__ = ["main"]
