"""Limit the BLAS library to one thread: for products as small as ours, two take up to eight times as long.

The program sets environment variables before it imports NumPy. For library users, `training.py` limits the threads
while it trains.
"""

import os

# Read by the BLAS libraries that NumPy may be built with, when they are loaded
VARIABLES = ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "BLIS_NUM_THREADS", "OMP_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")


def begin_with_one_thread() -> None:
    """Limit the BLAS library that NumPy will load. Only a program may do this, not a library."""
    os.environ.update(dict.fromkeys(VARIABLES, "1"))
