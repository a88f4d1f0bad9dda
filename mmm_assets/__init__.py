"""The platform: from raw tables to a published refresh, on Dagster and DuckDB."""

import os

# Read when NumPy is first imported. Its matrices here are many and small: a second thread waits
# more than it works (the bundled sample takes 183 seconds of CPU with two, 73 with one).
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
