"""The small authority that ``scripts/certificates.py`` makes, and what it vouches for."""

import os
import stat
from pathlib import Path

import pytest

from protocol.tls import CertificateError, Tls
from scripts import certificates


def test_authority_is_kept_for_further_computers(tmp_path: Path) -> None:
    """What was handed out before stays good when another computer is added."""
    first = certificates.authority(tmp_path)
    certificates.issue(tmp_path, first, "192.168.1.10")
    again = certificates.authority(tmp_path)
    assert again[0] == first[0]
    file = certificates.issue(tmp_path, again, "pc-2.local")
    tls = Tls(file, file.with_suffix(".key"), tmp_path / "ca.pem")
    tls.check()
    assert tls.serves


@pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX systems")
def test_keys_are_for_their_owner_alone(tmp_path: Path) -> None:
    """Nobody else on the computer may read a key, the authority's least of all."""
    certificates.issue(tmp_path, certificates.authority(tmp_path), "::1")
    keys = sorted(tmp_path.glob("*.key"))
    assert len(keys) == 2
    assert {stat.S_IMODE(key.stat().st_mode) for key in keys} == {0o600}


def test_key_of_another_certificate_is_told(tmp_path: Path) -> None:
    """The text names both files and gives the reason."""
    by = certificates.authority(tmp_path)
    one, other = (certificates.issue(tmp_path, by, name) for name in ("a", "b"))
    with pytest.raises(CertificateError, match=r"a\.pem.*b\.key"):
        Tls(one, other.with_suffix(".key")).check()
