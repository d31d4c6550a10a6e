"""`mnistnet download`: fetch MNIST."""

from __future__ import annotations

from pathlib import Path

from mnistnet.cli.command import command
from mnistnet.cli.data import loading_bar
from mnistnet.cli.messages import print_notes
from mnistnet.cli.options import option, quiet_option
from mnistnet.datasets.download import MIRRORS
from mnistnet.datasets.download import download as download_mnist
from mnistnet.datasets.mnist import cache_directory


@command("mnistnet download --directory ./mnist && mnistnet train --data ./mnist")
@option("--directory", metavar="DIR", show_default="the cache", help="Download folder.")
@option("--mirror", metavar="URL", multiple=True, help="Mirror to use instead of the built-in ones; repeatable.")
@option("--force", is_flag=True, help="Download all four files again, even valid ones.")
@option("--timeout", metavar="SECONDS", default=30.0, help="Time-out for connecting and for each 64 KiB.")
@option("--retries", metavar="COUNT", default=4, help="Number of retries of each mirror.")
@quiet_option
def download(
    directory: str | None, mirror: tuple[str, ...], force: bool, timeout: float, retries: int, quiet: bool
) -> None:
    """Download MNIST's four files.

    Each file is verified by its SHA-256. Valid files that are already there are kept.
    """
    folder = Path(directory) if directory else cache_directory()
    mirrors = mirror or MIRRORS
    with loading_bar(quiet) as progress:
        download_mnist(folder, mirrors=mirrors, force=force, timeout=timeout, retries=retries, progress=progress)
    print_notes(quiet, f"MNIST is in {folder}")
