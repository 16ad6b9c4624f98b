"""A real HTTP server that speaks S3, in this process, and buckets in it."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from ipaddress import ip_address
from pathlib import Path
from uuid import uuid4

import urllib3
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from minio import Minio

from routing.lifecycle import buckets
from routing.lifecycle.places import Place

SECRET = "not-to-be-printed"


@cache
def server() -> str:
    """Its host and port; started once, dies with the process."""
    import logging

    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    made = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    made.start()
    host, port = made.get_host_and_port()
    return f"{host}:{port}"


def place(**changes: object) -> Place:
    """An empty bucket of its own."""
    made = Place(
        host=server(),
        bucket=f"b-{uuid4()}",
        key="key",
        secret=SECRET,
        is_secure=False,
        prefix="tars/",
        region="eu-west-1",
    )
    client(made).make_bucket(made.bucket, location="eu-west-1")
    return replace(made, **changes)  # type: ignore[arg-type]


@contextmanager
def strict(at: Place) -> Iterator[Place]:
    """The server asks for keys that it knows meanwhile; the place with such keys."""
    import boto3

    where = f"http://{at.host}"
    known = {"aws_access_key_id": "key", "aws_secret_access_key": SECRET, "region_name": at.region}
    iam = boto3.client("iam", endpoint_url=where, **known)
    name = f"u-{uuid4()}"
    iam.create_user(UserName=name)
    keys = iam.create_access_key(UserName=name)["AccessKey"]
    every = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}
    iam.put_user_policy(UserName=name, PolicyName="all", PolicyDocument=json.dumps(every))
    pool = urllib3.PoolManager()
    pool.request("POST", f"{where}/moto-api/reset-auth", body="0")
    try:
        yield replace(at, key=keys["AccessKeyId"], secret=keys["SecretAccessKey"])
    finally:
        pool.request("POST", f"{where}/moto-api/reset-auth", body="inf")


@contextmanager
def secure(folder: Path) -> Iterator[Place]:
    """A bucket behind TLS, whose certificate a CA of this test signed: `ca.pem` in the folder."""
    from moto.server import DomainDispatcherApplication, create_backend_app
    from werkzeug.serving import make_server

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificates(folder))
    app = DomainDispatcherApplication(create_backend_app)
    made = make_server("127.0.0.1", 0, app, threaded=True, ssl_context=context)
    thread = threading.Thread(target=made.serve_forever, daemon=True)
    thread.start()
    try:
        host = f"127.0.0.1:{made.server_port}"
        bare = replace(place(), host=host, is_secure=True, ca=str(folder / "ca.pem"))
        yield bare
    finally:
        made.shutdown()
        made.server_close()
        thread.join()


def certificates(folder: Path) -> tuple[str, str]:
    """Files with the server's certificate and key; its CA lies beside them."""
    signing, signed_by = ec.generate_private_key(ec.SECP256R1()), _name("The test's own CA")
    key = ec.generate_private_key(ec.SECP256R1())
    ca = _certificate(signed_by, signing.public_key(), signed_by)
    ca = ca.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    uses = (False, False, False, False, False, True, True, False, False)
    ca = ca.add_extension(x509.KeyUsage(*uses), critical=True)
    known = x509.SubjectKeyIdentifier.from_public_key(signing.public_key())
    ca = ca.add_extension(known, critical=False)
    own = _certificate(_name("127.0.0.1"), key.public_key(), signed_by)
    own = own.add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
    by = x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(known)
    own = own.add_extension(by, critical=False)
    pem = serialization.Encoding.PEM
    (folder / "ca.pem").write_bytes(ca.sign(signing, hashes.SHA256()).public_bytes(pem))
    (folder / "own.pem").write_bytes(own.sign(signing, hashes.SHA256()).public_bytes(pem))
    secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "own.key").write_bytes(secret)
    return str(folder / "own.pem"), str(folder / "own.key")


def _name(said: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, said)])


def _certificate(subject: x509.Name, key: ec.EllipticCurvePublicKey, issuer: x509.Name) -> x509.CertificateBuilder:
    today = datetime.now(UTC)
    made = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key)
    made = made.serial_number(x509.random_serial_number())
    return made.not_valid_before(today - timedelta(days=1)).not_valid_after(today + timedelta(days=1))


def client(at: Place) -> Minio:
    return buckets._client(at)


@contextmanager
def impatient() -> Iterator[None]:
    """Waits and tries less: nobody listens in these tests."""
    before = buckets.CONNECT, buckets.READ, buckets.TRIES
    buckets.CONNECT, buckets.READ, buckets.TRIES = 0.2, 0.2, 0  # type: ignore[misc]
    try:
        yield
    finally:
        buckets.CONNECT, buckets.READ, buckets.TRIES = before  # type: ignore[misc]
