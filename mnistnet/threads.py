"""Limit the BLAS library to one thread: two that share products as small as ours take up to eight times as long.

The program does it with environment variables, before NumPy loads; `training.py`, for library users, while it trains.
"""

import os

# Read by the BLAS libraries that NumPy may be built with, when they are loaded
VARIABLES = ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "BLIS_NUM_THREADS", "OMP_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")


def begin_with_one_thread() -> None:
    """Limit the BLAS library that NumPy will load. Programs may call it; a library must not."""
    os.environ.update(dict.fromkeys(VARIABLES, "1"))
