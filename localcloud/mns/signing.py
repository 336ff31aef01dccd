"""The key that signs topic pushes, and the certificate by which a subscriber checks them.

Source: "Endpoint signature authentication" in the developer reference of Simple Message Queue (formerly MNS). The cloud serves its
certificate from an OSS address of its own; here it stands at `CERTIFICATE_PATH` of the one door, for anybody. Its dot makes the path a
name that no bucket can have.
"""

from __future__ import annotations

import base64
import os
import threading
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta, timezone
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID

CERTIFICATE_PATH = "/mns-signing-cert.pem"
_LIFETIME = timedelta(days=36525)


class PushSigner:
    """Holds the key pair under `folder`, made when it is first needed: by a push, or somebody who asks for the certificate.

    `endpoint` is the address of the door, as subscribers reach it.
    """

    def __init__(self, folder: Path, endpoint: Callable[[], str]) -> None:
        self._endpoint = endpoint
        self._key_file = folder / "push-key.pem"
        self._certificate_file = folder / "push-cert.pem"
        self._lock = threading.Lock()
        self._key: rsa.RSAPrivateKey | None = None

    def certificate_url(self) -> str:
        return self._endpoint() + CERTIFICATE_PATH

    def certificate(self) -> bytes:
        """PEM of the X.509 certificate."""
        with self._lock:
            self._open()
            return self._certificate_file.read_bytes()

    def sign(self, text: str) -> str:
        """base64 of RSA-SHA1, PKCS#1 v1.5."""
        with self._lock:
            key = self._open()
        return base64.b64encode(key.sign(text.encode(), padding.PKCS1v15(), hashes.SHA1())).decode()

    def _open(self) -> rsa.RSAPrivateKey:
        if self._key is None:
            if not self._key_file.exists():
                self._certificate_file.unlink(missing_ok=True)
                _write(self._key_file, _pem(rsa.generate_private_key(public_exponent=65537, key_size=2048)), 0o600)
            key = serialization.load_pem_private_key(self._key_file.read_bytes(), password=None)
            assert isinstance(key, rsa.RSAPrivateKey)
            if not self._certificate_file.exists():
                _write(self._certificate_file, _self_signed(key), 0o644)
            self._key = key
        return self._key


def string_to_sign(method: str, headers: Mapping[str, str], target: str) -> str:
    """What a push's signature covers: the first three headers, the sorted x-mns-* ones, and the request target as it is sent."""
    first = [method, headers["content-md5"], headers["content-type"], headers["date"]]
    own = [f"{name}:{headers[name]}" for name in sorted(headers) if name.startswith("x-mns-")]
    return "\n".join([*first, *own, target])


def _self_signed(key: rsa.RSAPrivateKey) -> bytes:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "laptop cloud, MNS push")])
    now = datetime.now(timezone.utc)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + _LIFETIME)
        .sign(key, hashes.SHA256())
    )
    return certificate.public_bytes(serialization.Encoding.PEM)


def _pem(key: rsa.RSAPrivateKey) -> bytes:
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())


def _write(path: Path, content: bytes, mode: int) -> None:
    """Whole or not at all, and never readable by more than `mode` says."""
    partial = path.with_suffix(".partial")
    partial.unlink(missing_ok=True)
    with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(content)
    partial.replace(path)
