"""An authority of the tests, and the certificates that it gives out."""

import datetime
import ipaddress
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

DAY = datetime.timedelta(days=1)


class Authority:
    """Gives out certificates for 127.0.0.1; `file` is its own, as PEM."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _named("the authority of the tests")
        basic = x509.BasicConstraints(ca=True, path_length=0)
        made = _built(self._name, self._name, self._key, days=(-2, 2))
        own = made.add_extension(basic, critical=True).sign(self._key, hashes.SHA256())
        self.file = directory / "authority.pem"
        self.file.write_bytes(own.public_bytes(serialization.Encoding.PEM))

    def gives(self, name: str, days: tuple[int, int] = (-1, 1)) -> Path:
        """Key and certificate in one file, valid from and to so many days from now."""
        key = ec.generate_private_key(ec.SECP256R1())
        address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
        made = _built(_named(name), self._name, key, days)
        made = made.add_extension(x509.SubjectAlternativeName([address]), critical=False)
        signed = made.sign(self._key, hashes.SHA256())
        file = self._directory / f"{name}.pem"
        file.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
            + signed.public_bytes(serialization.Encoding.PEM)
        )
        return file


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _built(
    name: x509.Name, authority: x509.Name, key: ec.EllipticCurvePrivateKey, days: tuple[int, int]
) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(authority)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + days[0] * DAY)
        .not_valid_after(now + days[1] * DAY)
    )
