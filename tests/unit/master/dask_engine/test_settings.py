"""The settings of the Dask engine: what is refused at the start."""

import importlib.util
from pathlib import Path

import pytest

from master_service.settings import MasterSettings
from protocol.settings import kinds
from protocol.settings.environment import Environment, SettingError


def read(monkeypatch: pytest.MonkeyPatch, is_installed: bool, **values: str) -> MasterSettings:
    """Read settings where Dask is installed, or is not."""
    found = object() if is_installed else None
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: found)
    return MasterSettings.read(Environment(values, Path("/project")))


def test_dask_needs_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    """A master without the extra stops at once, and says what to install."""
    with pytest.raises(SettingError, match=r"ENGINE=dask needs Dask: pip install"):
        read(monkeypatch, False, ENGINE="dask")


def test_built_in_engine_needs_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """The default engine ignores the address of a scheduler."""
    assert read(monkeypatch, False, DASK_SCHEDULER="tcp://10.0.0.1:8786").engine == "builtin"


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:8786", "tls://10.0.0.1:8786", ""])
def test_safe_addresses(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    """This computer, TLS, and no address need nothing else."""
    settings = read(monkeypatch, True, ENGINE="Dask", DASK_SCHEDULER=address)
    assert (settings.engine, settings.dask_scheduler) == ("dask", address or None)


def test_files_do_not_cross_a_network_unencrypted_by_accident(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A scheduler on another host needs TLS, or a network that is trusted."""
    given = {"ENGINE": "dask", "DASK_SCHEDULER": "tcp://10.0.0.1:8786"}
    with pytest.raises(SettingError, match=r"DASK_SCHEDULER=tcp://10.0.0.1:8786 is another host"):
        read(monkeypatch, True, **given)
    assert read(monkeypatch, True, ALLOW_PLAIN_HTTP="1", **given).dask_scheduler


@pytest.mark.parametrize(
    "text",
    ["10.0.0.1:8786", "tcp://10.0.0.1", "http://h:1", "tcp://:1", "tcp://h:1/x", "tcp://h:x"],
)
def test_malformed_address_is_refused(text: str) -> None:
    """An address has a scheme of Dask, a host and a port."""
    with pytest.raises(ValueError, match=r"must look like tcp://192.168.1.10:8786"):
        kinds.DASK_ADDRESS.read(text)
