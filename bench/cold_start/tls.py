"""The laptop cloud over TLS: a front that ends it and passes the bytes on. Each contender is told to trust the authority behind it.

The system's store is a folder whose files are named by hashes, as Debian has it. Who brings a list of authorities of his own (requests,
httpx) is given a file as long as that.
"""

from __future__ import annotations

import datetime
import hashlib
import ipaddress
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Thread
from urllib.parse import urlsplit

import certifi
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

PIECE = 65536
LOOPBACK = "127.0.0.1"


@contextmanager
def over_tls(endpoint: str, folder: Path) -> Iterator[tuple[str, dict[str, str]]]:
    """An https address of `endpoint`, and the variables that tell whom to trust."""
    target = urlsplit(endpoint)
    assert target.hostname is not None
    authority, chain = _certificates(folder)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain)
    trusted = _trusted(folder, authority)
    with socket.create_server((LOOPBACK, 0)) as listener:
        address = (target.hostname, target.port or 80)
        Thread(target=_accept, args=(listener, context, address), daemon=True).start()
        yield f"https://{LOOPBACK}:{listener.getsockname()[1]}", trusted


def _trusted(folder: Path, authority: x509.Certificate) -> dict[str, str]:
    store, bundle = folder / "authorities", folder / "authorities.pem"
    store.mkdir()
    pem = authority.public_bytes(serialization.Encoding.PEM)
    (store / f"{_subject_hash(authority)}.0").write_bytes(pem)
    bundle.write_bytes(Path(certifi.where()).read_bytes() + pem)
    return {"SSL_CERT_DIR": str(store), "REQUESTS_CA_BUNDLE": str(bundle)}


def _subject_hash(certificate: x509.Certificate) -> str:
    """As OpenSSL's X509_NAME_hash makes it, for a name in lower case and UTF-8 of less than 128 bytes: without the head of the outermost
    sequence, the beginning of its SHA-1, the lowest byte first.
    """
    digest = hashlib.sha1(certificate.subject.public_bytes()[2:]).digest()
    return f"{int.from_bytes(digest[:4], 'little'):08x}"


def _accept(listener: socket.socket, context: ssl.SSLContext, target: tuple[str, int]) -> None:
    with suppress(OSError):  # of the listener, once it is closed
        while True:
            Thread(target=_serve, args=(listener.accept()[0], context, target), daemon=True).start()


def _serve(accepted: socket.socket, context: ssl.SSLContext, target: tuple[str, int]) -> None:
    with accepted, suppress(OSError), context.wrap_socket(accepted, server_side=True) as near, socket.create_connection(target) as far:
        far.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        near.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        back = Thread(target=_pass_on, args=(far, near), daemon=True)
        back.start()
        _pass_on(near, far)
        far.shutdown(socket.SHUT_WR)
        back.join()


def _pass_on(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while piece := source.recv(PIECE):
            target.sendall(piece)


def _certificates(folder: Path) -> tuple[x509.Certificate, Path]:
    """An authority, and a file with a key and the certificate of this machine that the authority signed."""
    authority_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "bench authority")])
    authority = _certificate(issuer, issuer, authority_key, authority_key, x509.BasicConstraints(ca=True, path_length=0))
    names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(LOOPBACK))])
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, LOOPBACK)])
    certificate = _certificate(subject, issuer, key, authority_key, names)
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    chain = folder / "server.pem"
    chain.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
    return authority, chain


def _certificate(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    signer: ec.EllipticCurvePrivateKey,
    extension: x509.ExtensionType,
) -> x509.Certificate:
    now = datetime.datetime.now(datetime.timezone.utc)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(minutes=5))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(extension, critical=isinstance(extension, x509.BasicConstraints))
        .sign(signer, hashes.SHA256())
    )
