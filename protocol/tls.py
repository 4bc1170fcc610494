"""TLS contexts from the certificates in the settings, and messages for certificate errors."""

import ssl
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from protocol.wrong_address import without_tls

E = TypeVar("E", bound=ssl.SSLError)


class CertificateError(Exception):
    """A file of certificates or keys can't be used; the message says which, and why."""


def _as_variable(name: str, value: object) -> str:
    return f"{name}={value}"


@dataclass(frozen=True, slots=True)
class Tls:
    """A program's certificate and key, and the CA certificates that it trusts; PEM files, optional.

    Without ``authority``, the program trusts the authorities that browsers trust.
    """

    certificate: Path | None = None
    key: Path | None = None
    authority: Path | None = None

    @property
    def serves(self) -> bool:
        """Whether the program has a certificate, and so serves over TLS."""
        return self.certificate is not None

    def server_context(
        self, written: Callable[[str, object], str] = _as_variable
    ) -> ssl.SSLContext | None:
        """Return the server's context; None without a certificate. Raises ``CertificateError``.

        ``written`` formats a setting and its value as the user wrote them.
        """
        if self.certificate is None:
            return None
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        try:
            # Without a password argument, OpenSSL asks for one on the terminal.
            context.load_cert_chain(self.certificate, self.key, password="")
        except (OSError, ValueError) as error:
            raise CertificateError(
                f"{written('TLS_CERT', self.certificate)} and {written('TLS_KEY', self.key)} are "
                "not a certificate and its key, in PEM form and without a password "
                f"({_reason(error)})"
            ) from error
        return context

    def check(self, written: Callable[[str, object], str] = _as_variable) -> None:
        """Raise ``CertificateError`` if one of the files can't be used."""
        self.server_context(written)
        if self.authority is not None:
            try:
                ssl.create_default_context(cafile=self.authority)
            except (OSError, ValueError) as error:
                raise CertificateError(
                    f"{written('TLS_CA', self.authority)} holds no certificate in PEM form "
                    f"({_reason(error)})"
                ) from error


def _reason(error: Exception) -> str:
    return getattr(error, "reason", None) or getattr(error, "strerror", None) or str(error)


_NO_TLS = frozenset({"WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "UNKNOWN_PROTOCOL"})
"""OpenSSL's reasons if the server does not speak TLS; which one depends on OpenSSL's version."""
_UNKNOWN_AUTHORITY = frozenset({18, 19, 20, 21})
"""OpenSSL's codes (x509_vfy.h) for certificates that no trusted authority has issued."""


def certificate_problem(error: BaseException) -> str | None:
    """Return why a certificate was rejected, if that caused the error; else None."""
    found = _find_cause(error, ssl.SSLCertVerificationError)
    return None if found is None else f"its certificate is not trusted: {found.verify_message}"


def master_certificate_problem(url: str, error: BaseException) -> str | None:
    """Return the message for a server whose certificate or protocol is wrong; else None."""
    found = _find_cause(error, ssl.SSLCertVerificationError)
    if found is None:
        broken = _find_cause(error, ssl.SSLError)
        return without_tls(url) if broken and broken.reason in _NO_TLS else None
    if found.verify_code in _UNKNOWN_AUTHORITY:
        remedy = "its authority's certificate belongs in TLS_CA"
    else:
        remedy = "scripts/certificates.py makes the master another one"
    return f"what answers at {url} may not be the master: {certificate_problem(error)} ({remedy})"


def _find_cause(error: BaseException, kind: type[E]) -> E | None:
    seen: BaseException | object = error
    while isinstance(seen, BaseException):
        if isinstance(seen, kind):
            return seen
        seen = getattr(seen, "reason", None) or next(
            (each for each in seen.args if isinstance(each, BaseException)), seen.__context__
        )
    return None
