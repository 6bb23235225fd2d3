"""What is heard in a consented voice: speech, conversation, tone, each with its uncertainty or why there is none."""

import os

# ONNX Runtime (1.29 and newer, Linux wheels) reports to its maker unless this stands in the environment before it is
# loaded (microsoft/onnxruntime#27379); its own call to switch that off comes after the first report. Nothing leaves
# the site: set here, where every way to it begins, whatever the environment said.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"

# numpy's OpenBLAS would take every core for the products of the voice network, and spin between them. One thread hears
# all calls; the other cores are the PBX's. Read once, when numpy is loaded; who trains may want more.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
