"""Downloads from a mirror on loopback, with two small files in place of MNIST's."""

from __future__ import annotations

import gzip
import hashlib
import json
import ssl
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest

from conftest import HANG
from mirror import Answer, Mirror, whole
from mnistnet.datasets.dataset import ProgressCallback, ignore
from mnistnet.datasets.download import download
from mnistnet.datasets.mnist import RemoteFile
from mnistnet.errors import MnistnetError

RAW = {"images": np.random.default_rng(1).bytes(200_000), "labels": bytes(range(10)) * 20}
CONTENT = {f"{name}.gz": gzip.compress(raw, mtime=0) for name, raw in RAW.items()}
NOWHERE = "http://127.0.0.1:9/"  # nothing listens there


def _remote(name: str) -> RemoteFile:
    content = CONTENT[f"{name}.gz"]
    return RemoteFile(f"{name}.gz", len(content), hashlib.sha256(content).hexdigest())


IMAGES, LABELS = FAKES = (_remote("images"), _remote("labels"))
HALF = IMAGES.size // 2

# A download in a process of its own. Arguments: the folder, the limit of a file's size or -1, the mirrors.
PROGRAM = """
import json, resource, sys
from pathlib import Path
from mnistnet.datasets.download import download
from mnistnet.datasets.mnist import RemoteFile
from mnistnet.errors import MnistnetError

folder, limit, *mirrors = sys.argv[1:]
resource.setrlimit(resource.RLIMIT_FSIZE, (int(limit), int(limit)))
try:
    download(Path(folder), mirrors=mirrors, timeout=600, files=[RemoteFile(**file) for file in json.load(sys.stdin)])
except MnistnetError as error:
    sys.exit(str(error))
"""


def serve(*script: Answer, tls: ssl.SSLContext | None = None) -> Mirror:
    return Mirror(CONTENT, list(script) or [whole], tls)


def get(
    folder: Path,
    *mirrors: str,
    force: bool = False,
    timeout: float = HANG,
    retries: int = 0,
    progress: ProgressCallback = ignore,
    files: Sequence[RemoteFile] = (IMAGES,),
) -> None:
    download(folder, mirrors=mirrors, force=force, timeout=timeout, retries=retries, progress=progress, files=files)


def refusal(folder: Path, *mirrors: str, timeout: float = HANG, retries: int = 0) -> str:
    """The one line that a failing download ends with."""
    with pytest.raises(MnistnetError) as caught:
        get(folder, *mirrors, timeout=timeout, retries=retries)
    message = str(caught.value)
    assert "\n" not in message
    return message


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def assert_complete(folder: Path, files: Sequence[RemoteFile] = (IMAGES,)) -> None:
    """Assert that every file is right, and that there are no others."""
    assert names(folder) == sorted(file.name for file in files)
    for file in files:
        assert (folder / file.name).read_bytes() == CONTENT[file.name]


def start(folder: Path, *mirrors: str, limit: int = -1, files: Sequence[RemoteFile] = FAKES) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(folder), str(limit), *mirrors],
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdin
    process.stdin.write(json.dumps([asdict(file) for file in files]))
    process.stdin.close()
    process.stdin = None
    return process
