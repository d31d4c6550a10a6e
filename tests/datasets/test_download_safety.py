"""Downloads under attack: TLS, proxies, passwords, and memory."""

from __future__ import annotations

import gzip
import shutil
import ssl
import subprocess
from pathlib import Path

import pytest

import mirror as answers
from conftest import peak_memory
from fetching import IMAGES, NOWHERE, assert_complete, get, names, refusal, serve
from mirror import Answer

MEMORY = 100_000_000  # bytes: three times what a download takes
ZEROS = gzip.compress(bytes(1 << 24)) * 64  # 1 MB that unpacks to 1 GB
FETCH = """
import sys
from pathlib import Path
from mnistnet.datasets.download import download
from mnistnet.datasets.mnist import RemoteFile
from mnistnet.errors import DownloadError

folder, mirror, name, size, sha256 = sys.argv[1:]
try:
    download(Path(folder), mirrors=[mirror], retries=0, files=[RemoteFile(name, int(size), sha256)])
    print("fetched")
except DownloadError as error:
    print(error)
"""
pytestmark = pytest.mark.usefixtures("plain_environment")


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for 127.0.0.1 that is self-signed, with its key in the same file."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("needs the openssl program to make a certificate")
    path = tmp_path_factory.mktemp("tls") / "certificate.pem"
    key = path.with_name("key.pem")
    command = [openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=mnistnet-test"]
    command += ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(path)]
    subprocess.run(command, check=True, capture_output=True)
    path.write_text(path.read_text() + key.read_text())
    return path


@pytest.fixture
def tls(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


@pytest.fixture
def trusted_tls(tls: ssl.SSLContext, certificate: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """The same, trusted through the environment."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    return tls


# TLS


def test_an_untrusted_certificate_is_refused_at_once(tmp_path: Path, tls: ssl.SSLContext) -> None:
    with serve(tls=tls) as mirror:
        message = refusal(tmp_path, mirror.url, retries=4)
        assert mirror.seen == []
    assert "certificate verify failed: self-signed certificate" in message
    assert names(tmp_path) == []


def test_the_ca_bundle_of_the_environment_is_trusted(tmp_path: Path, trusted_tls: ssl.SSLContext) -> None:
    with serve(tls=trusted_tls) as mirror:
        get(tmp_path, mirror.url)
    assert_complete(tmp_path)


def test_http_may_become_https(tmp_path: Path, trusted_tls: ssl.SSLContext) -> None:
    with serve(tls=trusted_tls) as secure, serve(answers.redirect(secure.url)) as plain:
        get(tmp_path, plain.url)
    assert_complete(tmp_path)


# Proxies


def test_the_proxy_of_the_environment_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with serve() as proxy:
        monkeypatch.setenv("http_proxy", proxy.url.replace("//", "//bob:secret@"))
        get(tmp_path, "http://mnist.invalid/folder")
        assert [seen.path for seen in proxy.seen] == ["http://mnist.invalid/folder/images.gz"]
        assert proxy.seen[0].headers["Proxy-Authorization"].startswith("Basic ")
    assert_complete(tmp_path)


def test_a_dead_proxy_is_named_as_such(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", NOWHERE)
    assert ": proxy: Connection refused; " in refusal(tmp_path, "https://mnist.invalid/")


@pytest.mark.parametrize(
    "proxy", ["@", "@[::1", "@host:99999/", "#x@127.0.0.1:9/", "€@127.0.0.1:9/", "@127.0.0.1:9/", "\\@127.0.0.1:9/"]
)
def test_an_unusable_proxy_is_an_error_without_its_password(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, proxy: str
) -> None:
    for scheme in ("http", "https"):
        monkeypatch.setenv(f"{scheme}_proxy", f"http://bob:secret{proxy}")
        message = refusal(tmp_path, f"{scheme}://mnist.invalid/")
        assert ("secret" in message, "bob" in message) == (False, False)
        said = ("an unusable URL (the mirror's, a redirect's or the proxy's)", "proxy: Connection refused")
        assert any(f"downloaded: {words}; give " in message for words in said)


# Mirrors' addresses


@pytest.mark.parametrize("user", ["bob:secret", "bob:sec@ret"])
def test_a_password_in_a_mirror_is_used_and_never_shown(tmp_path: Path, user: str) -> None:
    notes: list[str] = []
    with serve(answers.status(403), answers.whole) as mirror:
        address = mirror.url.replace("//", f"//{user}@")
        message = refusal(tmp_path, address)
        assert mirror.seen[0].headers["Authorization"].startswith("Basic ")
        get(
            tmp_path,
            NOWHERE.replace("//", f"//{user}@"),
            address,
            progress=lambda progress: notes.append(progress.note),
        )
    assert not any(word in line for word in ("bob", "sec", "ret") for line in (message, *notes))
    assert f"images.gz: {NOWHERE}: Connection refused" in notes


@pytest.mark.parametrize(
    "mirror",
    [
        "",
        "bob:secret@example.org",
        "http:/bob:secret@example.org/",
        "http://bob:secret@example.org\\mnist/",
        "http://bob:secret?@example.org/",
        "http://bob:secret@x/\n\x1b[31m",
        "http://bob:secret@x /",
        "http://x/?key=secret",
        "ftp://bob:secret@example.org/",
        "file:///tmp/secret",
        "https:///secret",
    ],
)
def test_a_mirror_that_is_not_a_url_is_refused_and_not_shown(tmp_path: Path, mirror: str) -> None:
    folder = tmp_path / "never made"
    message = refusal(folder, "http://x/", mirror)
    assert message.startswith("each mirror must be a URL like https://example.org/mnist/ (")
    assert "secret" not in message
    assert "bob" not in message
    assert not folder.exists()


def test_no_mirror_at_all_is_refused(tmp_path: Path) -> None:
    assert refusal(tmp_path).startswith("each mirror must be a URL like ")


@pytest.mark.parametrize("timeout", [0.0, -1.0, float("nan"), float("inf"), 1e9])
def test_a_timeout_that_makes_no_sense_is_refused(tmp_path: Path, timeout: float) -> None:
    assert f"timeout is {timeout}, expected more than 0" in refusal(tmp_path, NOWHERE, timeout=timeout)


def test_negative_retries_are_refused(tmp_path: Path) -> None:
    assert refusal(tmp_path, NOWHERE, retries=-1) == "retries is -1, expected 0 or more"


# What servers send


@pytest.mark.parametrize(
    ("answer", "fails"),
    [
        (answers.redirect("/good/", ZEROS, Content_Encoding="gzip"), False),
        (answers.endless, True),
        (answers.status(404, Content_Encoding="gzip"), True),
        (lambda request, _: request.send(200, ZEROS, Content_Encoding="gzip"), True),
    ],
    ids=["redirect", "endless", "refusal", "bomb"],
)
def test_no_body_takes_much_memory(tmp_path: Path, answer: Answer, fails: bool) -> None:
    with serve(answer, answers.whole) as mirror:
        said, memory = peak_memory(FETCH, tmp_path, mirror.url, IMAGES.name, str(IMAGES.size), IMAGES.sha256)
    assert said.startswith("images.gz could not be downloaded: ") if fails else said == "fetched\n"
    assert memory < MEMORY
