"""Creates a private certificate authority, and a certificate for each computer of a cluster.

``python scripts/certificates.py 192.168.1.10 192.168.1.11`` writes to ``certificates/``:
``ca.pem`` for all computers (TLS_CA), and for each computer a ``.pem`` (TLS_CERT) with its ``.key``
(TLS_KEY). A later run keeps the authority, so that computers can be added. ``ca.key`` can sign
certificates for any name: do not copy it to other computers. (trustme makes an authority for tests,
which is valid from 2000 to 3000.)
"""

import argparse
import ipaddress
import os
from datetime import datetime, timedelta, timezone
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

_VALID_FOR = timedelta(days=825)
"""Some systems reject certificates with a longer validity."""
_AUTHORITY_VALID_FOR = timedelta(days=3650)
_MAX_CLOCK_SKEW = timedelta(days=1)
_USAGES = (ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH)
"""Master and slaves serve; Dask's programs check the certificates of both ends of a connection."""
_LOCAL_NAMES = ("localhost", "127.0.0.1", "::1")
"""Names of the computer itself, in each certificate."""

Authority = tuple[x509.Certificate, ec.EllipticCurvePrivateKey]


def authority(folder: Path) -> Authority:
    """Return the authority in the folder, created if there is none."""
    certificate_file, key_file = folder / "ca.pem", folder / "ca.key"
    if certificate_file.exists() and not key_file.exists():
        raise SystemExit(f"{key_file} is missing: run this where {certificate_file} was created")
    if not certificate_file.exists():
        key, name = _new_key(), _name("File-processing cluster")
        certificate = (
            _builder(name, name, key, _AUTHORITY_VALID_FOR)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_key_usage(signs=True), critical=True)
            .sign(key, hashes.SHA256())
        )
        _write(certificate_file, certificate, key_file, key)
    key_loaded = serialization.load_pem_private_key(key_file.read_bytes(), None)
    if not isinstance(key_loaded, ec.EllipticCurvePrivateKey):
        raise SystemExit(f"{key_file} is not a key that this program made")
    return x509.load_pem_x509_certificate(certificate_file.read_bytes()), key_loaded


def issue(folder: Path, signer: Authority, host: str) -> Path:
    """Write a certificate for one computer, by its address or name; returns its file."""
    certificate_file = folder / f"{host.replace(':', '_')}.pem"
    key, (issuer, issuer_key) = _new_key(), signer
    identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key())
    certificate = (
        _builder(_name(host), issuer.subject, key, _VALID_FOR)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(signs=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage(_USAGES), critical=False)
        .add_extension(identifier, critical=False)
        .add_extension(
            x509.SubjectAlternativeName([_general_name(each) for each in (host, *_LOCAL_NAMES)]),
            critical=False,
        )
        .sign(issuer_key, hashes.SHA256())
    )
    _write(certificate_file, certificate, certificate_file.with_suffix(".key"), key)
    return certificate_file


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, valid_for: timedelta
) -> x509.CertificateBuilder:
    now = datetime.now(timezone.utc)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _MAX_CLOCK_SKEW)
        .not_valid_after(now + valid_for)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _key_usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs,
        key_cert_sign=signs,
        crl_sign=signs,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _new_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text[:64])])


def _general_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _write(
    certificate_file: Path,
    certificate: x509.Certificate,
    key_file: Path,
    key: ec.EllipticCurvePrivateKey,
) -> None:
    pem = serialization.Encoding.PEM
    text = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    key_file.unlink(missing_ok=True)
    # Created with its final permissions, so that no other user can ever read it.
    with os.fdopen(os.open(key_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(text)
    certificate_file.write_bytes(certificate.public_bytes(pem))


def main() -> None:
    """Create the certificates that the command line names, and print their settings."""
    parser = argparse.ArgumentParser(description="Make certificates for a cluster's computers.")
    parser.add_argument("hosts", metavar="HOST", nargs="+", help="an address or name of each")
    parser.add_argument("--folder", type=Path, default=Path("certificates"))
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    signer = authority(given.folder)
    for host in given.hosts:
        if host == "ca" or not host.isascii():
            raise SystemExit(f"{host}: give an address, or a name in ASCII other than ca")
        file = issue(given.folder, signer, host)
        print(f"{host}: TLS_CERT={file} TLS_KEY={file.with_suffix('.key')}")
    print(f"all computers: TLS_CA={given.folder / 'ca.pem'}")


if __name__ == "__main__":
    main()
