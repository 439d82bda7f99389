"""Ways to a workspace on loopback: a certificate authority, TLS in front of a server, a proxy."""

from __future__ import annotations

import contextlib
import datetime as dt
import select
import socket
import socketserver
import ssl
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

HOST = "workspace.example"


@dataclass
class Authority:
    """A certificate authority, and a certificate of `workspace.example` that it signed.

    Attributes:
        bundle: A file with its own certificate.
        certificate: A file with that of the host, and its key.
    """

    bundle: Path
    certificate: Path

    @classmethod
    def make(cls, directory: Path) -> Authority:
        key, name = ec.generate_private_key(ec.SECP256R1()), _name("Agentry's tests")
        signed = _builder(name, name, key.public_key()).add_extension(
            x509.BasicConstraints(ca=True, path_length=None), critical=True
        )
        use = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
        ours = signed.add_extension(use, critical=True).sign(key, hashes.SHA256())
        host_key = ec.generate_private_key(ec.SECP256R1())
        hosts = x509.SubjectAlternativeName([x509.DNSName(HOST)])
        theirs = _builder(_name(HOST), name, host_key.public_key()).add_extension(hosts, critical=False)
        identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key())
        certificate = theirs.add_extension(identifier, critical=False).sign(key, hashes.SHA256())
        made = cls(directory / "authority.pem", directory / "host.pem")
        pem = serialization.Encoding.PEM
        made.bundle.write_bytes(ours.public_bytes(pem))
        private = host_key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        made.certificate.write_bytes(private + certificate.public_bytes(pem))
        return made


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _builder(subject: x509.Name, issuer: x509.Name, key: Any) -> x509.CertificateBuilder:
    now = dt.datetime.now(dt.timezone.utc)
    day = dt.timedelta(days=1)
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key)
    builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    return builder.serial_number(x509.random_serial_number()).not_valid_before(now - day).not_valid_after(now + day)


@dataclass
class Road:
    """A server on loopback that passes on what it gets.

    Attributes:
        port: Where it listens.
        heads: The first lines of what came, each up to the empty line.
    """

    port: int = 0
    heads: list[str] = field(default_factory=list)

    @property
    def agents(self) -> set[str]:
        """The User-Agents that came by."""
        lines = [line for head in self.heads for line in head.splitlines()]
        return {line.partition(":")[2].strip() for line in lines if line.lower().startswith("user-agent:")}


@contextlib.contextmanager
def tls(authority: Authority, target: int) -> Iterator[Road]:
    """TLS before a plain server."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority.certificate)

    def serve(came: socket.socket, road: Road) -> None:
        with context.wrap_socket(came, server_side=True) as opened:
            _through(opened, target, road)

    with _serving(serve) as road:
        yield road


@contextlib.contextmanager
def proxy(target: int | None) -> Iterator[Road]:
    """A proxy that leads to the same port whatever it is asked for; without one it refuses everybody."""

    def serve(came: socket.socket, road: Road) -> None:
        head = b""
        while b"\r\n\r\n" not in head and (data := came.recv(4096)):
            head += data
        road.heads.append(head.decode())
        if target is None:
            came.sendall(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        else:
            came.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            _through(came, target, None)

    with _serving(serve) as road:
        yield road


def _through(came: socket.socket, target: int, road: Road | None) -> None:
    """Pass on both ways until one side has ended."""
    with socket.create_connection(("127.0.0.1", target)) as there:
        while True:
            # What TLS has decoded already is in no socket any more.
            waiting = isinstance(came, ssl.SSLSocket) and came.pending()
            readable = [came] if waiting else select.select([came, there], [], [])[0]
            for source in readable:
                if not (data := source.recv(65536)):
                    return
                if source is came and road is not None and b" HTTP/1.1\r\n" in data:
                    road.heads.append(data.partition(b"\r\n\r\n")[0].decode(errors="replace"))
                (there if source is came else came).sendall(data)


@contextlib.contextmanager
def _serving(serve: Callable[[socket.socket, Road], None]) -> Iterator[Road]:
    """A server in threads, so that it answers whatever the test is doing."""
    road, open_ = Road(), set[socket.socket]()

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            open_.add(self.request)
            with contextlib.suppress(OSError):
                serve(self.request, road)

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = False

        def handle_error(self, request: Any, client_address: Any) -> None:
            pass

    with Server(("127.0.0.1", 0), Handler) as server:
        road.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield road
        finally:
            server.shutdown()
            thread.join()
            for one in open_:
                with contextlib.suppress(OSError):
                    one.shutdown(socket.SHUT_RDWR)
