"""Reading the settings of master and slave, and the errors for invalid ones."""

import os
from pathlib import Path

import pytest

from master_service.settings import MasterSettings
from protocol.settings.declaration import SETTINGS, Option
from protocol.settings.environment import Environment, SettingError, load
from slave_service.settings import SlaveSettings

FOLDER = Path("program")


def master(**values: str) -> MasterSettings:
    """Return the master's settings with these variables."""
    return MasterSettings.read(Environment(values, FOLDER))


def slave(**values: str) -> SlaveSettings:
    """Return a slave's settings with these variables."""
    return SlaveSettings.read(Environment(values, FOLDER))


# The two programs


def test_masters_defaults() -> None:
    """Without variables the master has its documented defaults."""
    settings = master()
    assert (settings.host, settings.port) == ("127.0.0.1", 5000)
    assert settings.results_dir == FOLDER / "processed_results"
    assert settings.results_label == "processed_results"
    assert settings.spool_dir == FOLDER / ".spool"
    assert (settings.slave_timeout_s, settings.heartbeat_interval_s) == (45, 2)
    assert settings.max_attempts == 3
    assert (settings.token, settings.allow_plain_http) == (None, False)


def test_slaves_defaults() -> None:
    """Without variables a slave has its documented defaults."""
    settings = slave()
    assert settings.master_url == "http://localhost:5000"
    assert settings.host == "127.0.0.1"
    assert (settings.ip, settings.port) == (None, None)
    assert settings.workers == os.cpu_count()
    assert settings.file_timeout_s == 300
    assert settings.token is None


def test_masters_settings_are_read() -> None:
    """Each variable sets its field."""
    settings = master(
        MASTER_HOST="localhost",
        MASTER_PORT=" 5050 ",
        RESULTS_DIR="../out",
        SPOOL_DIR="/var/spool/cluster",
        SLAVE_TIMEOUT="2.5",
        HEARTBEAT_INTERVAL="0.5",
        MAX_ATTEMPTS="1",
        MAX_FILE_SIZE="10",
        MAX_JOB_SIZE="20",
        LOG_LEVEL="debug",
    )
    assert (settings.host, settings.port) == ("localhost", 5050)
    assert settings.results_dir == FOLDER / "../out"
    assert settings.results_label == "../out"
    assert settings.spool_dir == Path("/var/spool/cluster")
    assert (settings.slave_timeout_s, settings.heartbeat_interval_s) == (2.5, 0.5)
    assert (settings.max_attempts, settings.max_file_bytes, settings.max_job_bytes) == (1, 10, 20)
    assert settings.log_level == "DEBUG"


def test_slaves_settings_are_read() -> None:
    """Each variable sets its field, and a slash after the master's address is removed."""
    settings = slave(
        MASTER_URL="http://127.0.0.1:5050/",
        SLAVE_IP="127.0.0.2",
        SLAVE_PORT="3100",
        SLAVE_WORKERS="2",
        FILE_TIMEOUT="1.5",
        WORKER_MEMORY=str(2**30),
        OCR_LANGUAGES=" eng , eng",
    )
    assert settings.master_url == "http://127.0.0.1:5050"
    assert (settings.ip, settings.port, settings.workers) == ("127.0.0.2", 3100, 2)
    assert (settings.file_timeout_s, settings.worker_memory_bytes) == (1.5, 2**30)
    assert settings.ocr_languages == "eng"


def test_blank_value_means_the_default() -> None:
    """A variable with a blank value counts as not set."""
    assert master(MASTER_PORT="", CLUSTER_TOKEN="  ", RESULTS_DIR=" ") == master()
    assert slave(SLAVE_PORT=" ", SLAVE_IP="", ALLOW_PLAIN_HTTP="") == slave()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *[("MASTER_PORT", text) for text in ("0", "65536", "-1", "5000.0", "http", "5 000")],
        *[("SLAVE_TIMEOUT", text) for text in ("0", "-1", "nan", "inf", "45s", "1e9")],
        *[("HEARTBEAT_INTERVAL", text) for text in ("0", "nan", "two")],
        *[("MAX_ATTEMPTS", text) for text in ("0", "1.5", "many", "9" * 5000)],
        *[("MAX_FILE_SIZE", text) for text in ("0", "10 blocks", "-5", "2GB!")],
        *[("MAX_JOB_SIZE", text) for text in ("0", "-5")],
        ("ALLOW_PLAIN_HTTP", "perhaps"),
        ("LOG_LEVEL", "LOUD"),
        ("CLUSTER_TOKEN", "two words"),
        ("CLUSTER_TOKEN", "schlüssel"),
        ("CLUSTER_TOKEN", "a\x07b"),
    ],
)
def test_bad_value_stops_the_master_with_a_line_that_names_it(name: str, value: str) -> None:
    """An invalid value is refused with one line that names the variable."""
    with pytest.raises(SettingError, match=name) as caught:
        master(**{name: value})
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize(
    ("host", "in_url"), [("192.168.1.10", "192.168.1.10:5000"), ("fe80::1", "[fe80::1]:5000")]
)
def test_master_without_a_token_listens_on_no_other_address(host: str, in_url: str) -> None:
    """The first line of the refusal names the variable; the others say how, with the address."""
    with pytest.raises(SettingError, match="CLUSTER_TOKEN") as caught:
        master(MASTER_HOST=host)
    first, _, *lines = str(caught.value).splitlines()
    assert first.startswith(f"MASTER_HOST={host} ")
    assert sum(f"://{in_url} " in line for line in lines) == 2


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *[("SLAVE_PORT", text) for text in ("0", "65536", "x")],
        *[("SLAVE_WORKERS", text) for text in ("0", "1025", "all")],
        *[("SLAVE_TASK_TYPES", text) for text in ("image,video", "image text", ",")],
        *[("FILE_TIMEOUT", text) for text in ("0", "nan", "-1")],
        *[("WORKER_MEMORY", text) for text in ("0", "1000", "511MiB")],
        *[("OCR_LANGUAGES", text) for text in ("-l", "eng deu", "eng+", "../eng", "osd", "+")],
        ("OCR_LANGUAGES", "+".join(f"lang{number}" for number in range(11))),
        *[
            ("MASTER_URL", text)
            for text in (
                *["localhost:", "ftp://localhost", "http://", "http://localhost:port", "/"],
                *["http://localhost:99999", "http://localhost:0", "http://[::1", "//localhost"],
                *["http:localhost", "http:/localhost", "local host", "localhost/ui", "localhost#x"],
            )
        ],
        ("LOG_LEVEL", "LOUD"),
        ("CLUSTER_TOKEN", "two words"),
        ("MASTER_URL", "http://192.168.1.10:5000"),
        ("SLAVE_HOST", "0.0.0.0"),
        ("SLAVE_IP", "192.168.1.20"),
    ],
)
def test_bad_value_stops_the_slave_with_a_line_that_names_it(name: str, value: str) -> None:
    """An invalid value, or another host's address without a token, is refused with one line."""
    with pytest.raises(SettingError, match=name) as caught:
        slave(**{name: value})
    assert len(str(caught.value).splitlines()) == 1


def test_master_with_a_token_may_listen_on_all_addresses() -> None:
    """With a token the master accepts ``MASTER_HOST=0.0.0.0``."""
    settings = master(MASTER_HOST="0.0.0.0", CLUSTER_TOKEN="s3cret")
    assert (settings.host, settings.token) == ("0.0.0.0", "s3cret")


def test_slave_with_a_token_listens_on_all_addresses() -> None:
    """With a token a slave listens on all addresses, unless ``SLAVE_HOST`` is set."""
    assert slave(CLUSTER_TOKEN="s3cret").host == "0.0.0.0"
    assert slave(CLUSTER_TOKEN="s3cret", SLAVE_HOST="127.0.0.1").host == "127.0.0.1"


@pytest.mark.parametrize(
    ("name", "value"), [("MASTER_URL", "http://master.lan:5000"), ("SLAVE_IP", "192.168.1.20")]
)
def test_token_over_plain_http_to_other_hosts_needs_permission(name: str, value: str) -> None:
    """Only ``ALLOW_PLAIN_HTTP`` lets the token be sent unencrypted to another host."""
    with pytest.raises(SettingError, match=f"{name}.*ALLOW_PLAIN_HTTP"):
        slave(**{name: value, "CLUSTER_TOKEN": "s3cret"})
    allowed = slave(**{name: value, "CLUSTER_TOKEN": "s3cret", "ALLOW_PLAIN_HTTP": "yes"})
    assert value in (allowed.master_url, allowed.ip)


# Where the variables come from


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A program's folder, in an environment without the variables below."""
    for name in ("RESULTS_DIR", "MASTER_PORT", "CLUSTER_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def test_file_beside_the_program_is_read(folder: Path) -> None:
    """A .env file sets variables; relative paths in it are relative to its folder."""
    (folder / ".env").write_text("# where to\nRESULTS_DIR=out put\nMASTER_PORT='5001'\n", "utf-8")
    env = load(folder)
    assert env.value("RESULTS_DIR") == folder / "out put"
    assert env.value("MASTER_PORT") == 5001


def test_environment_wins_over_the_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable of the environment wins over .env, and a blank one means the default."""
    (folder / ".env").write_text("MASTER_PORT=5001\nRESULTS_DIR=stored\n", "utf-8")
    monkeypatch.setenv("MASTER_PORT", "5002")
    monkeypatch.setenv("RESULTS_DIR", " ")
    env = load(folder)
    assert (env.text("MASTER_PORT"), env.text("RESULTS_DIR")) == ("5002", "processed_results")


def test_file_is_optional(folder: Path) -> None:
    """Without a .env file only the environment is read."""
    assert load(folder).text("MASTER_PORT") == "5000"


def test_undecodable_file_is_refused_by_name(folder: Path) -> None:
    """A .env in UTF-16, as some Windows shells write it, is refused with one line."""
    (folder / ".env").write_text("MASTER_PORT=5001\n", "utf-16")
    with pytest.raises(SettingError, match=r"\.env") as caught:
        load(folder)
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize("text", ["1", "true", "YES", "On"])
def test_flags_are_switched_on_by_the_usual_words(text: str) -> None:
    """The usual words for yes switch a flag on."""
    assert Environment({"ALLOW_PLAIN_HTTP": text}, FOLDER).value("ALLOW_PLAIN_HTTP") is True


@pytest.mark.parametrize("text", ["0", "false", "No", "OFF", ""])
def test_flags_are_off_otherwise(text: str) -> None:
    """The usual words for no, and a blank value, switch a flag off."""
    assert Environment({"ALLOW_PLAIN_HTTP": text}, FOLDER).value("ALLOW_PLAIN_HTTP") is False


def test_line_without_equals_sign_is_refused(folder: Path) -> None:
    """A line of .env without an equals sign is refused and quoted."""
    for line in ("CLUSTER_TOKEN secret", "CLUSTER_TOKEN"):
        (folder / ".env").write_text(f"# fine\n\n{line}\n", "utf-8")
        with pytest.raises(SettingError, match=rf"\.env:3: .*'{line}'"):
            load(folder)


def test_file_may_begin_with_a_byte_order_mark(folder: Path) -> None:
    """A byte order mark at the start of .env is ignored."""
    (folder / ".env").write_text("MASTER_PORT=5001\n", "utf-8-sig")
    env = load(folder)
    assert (env.value("MASTER_PORT"), env.warnings) == (5001, ())


# Names that are misspelt


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("MASTER_PROT", "MASTER_PORT"),
        ("SLAVE_WORKER", "SLAVE_WORKERS"),
        ("CLUSTER-TOKEN", "CLUSTER_TOKEN"),
        ("master_port", "MASTER_PORT"),
        ("TOKEN", "CLUSTER_TOKEN"),
        ("PORT", "MASTER_PORT or SLAVE_PORT"),
    ],
)
def test_misspelt_name_in_the_file_is_warned_of(folder: Path, name: str, meant: str) -> None:
    """The warning has the line's place and the name that was probably meant."""
    (folder / ".env").write_text(f"# first\n\n{name}=1\n", "utf-8")
    (warning,) = load(folder).warnings
    assert f"{folder / '.env'}:3: {name} " in warning
    assert warning.endswith(f"did you mean {meant}?")


def test_other_names_in_the_file_are_fine(folder: Path) -> None:
    """Settings of the other programs, and names unlike any setting, give no warning."""
    lines = [*(f"{name}=" for name in SETTINGS), "MASTER_BRANCH=main", "COMPOSE_PROJECT_NAME=x"]
    (folder / ".env").write_text("\n".join(lines), "utf-8")
    assert load(folder).warnings == ()


@pytest.mark.parametrize("name", ["MASTER_PROT", "SLAVE_WORKER", "cluster_token", "MASTER_PORTT"])
@pytest.mark.skipif(os.name == "nt", reason="names have no case there")
def test_variable_one_edit_away_is_warned_of(
    folder: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """A variable of the environment that is one edit away from a setting gives a warning."""
    monkeypatch.setenv(name, "1")
    (warning,) = load(folder).warnings
    assert f"environment variable {name} " in warning


@pytest.mark.parametrize(
    "name", ["MASTER_BRANCH", "SLAVE_PORT_2", "PORT", "TOKEN", "MASTER_SERVICE_PORT", "HOSTNAME"]
)
def test_variable_of_another_program_is_not(
    folder: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Variables of the environment that are less similar to a setting give no warning."""
    monkeypatch.setenv(name, "1")
    assert load(folder).warnings == ()


# What comes from the command line


def test_option_wins_over_the_environment(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An option wins over the environment, this over .env, and this over the default."""
    (folder / ".env").write_text("MASTER_PORT=5001\nMAX_ATTEMPTS=4\n", "utf-8")
    monkeypatch.setenv("MASTER_PORT", "5002")
    env = load(folder, {"MASTER_PORT": Option("--port", "5003")})
    assert [env.value(n) for n in ("MASTER_PORT", "MAX_ATTEMPTS", "SLAVE_TIMEOUT")] == [5003, 4, 45]


def test_error_names_what_the_user_wrote() -> None:
    """The error for an invalid value of an option has the option's name."""

    def refusal(name: str, option: Option, **values: str) -> str:
        with pytest.raises(SettingError) as caught:
            SlaveSettings.read(Environment(values, FOLDER, {name: option}))
        return str(caught.value)

    assert refusal("SLAVE_PORT", Option("--port", "x")).startswith("--port must be")
    assert refusal("SLAVE_IP", Option("--ip", "10.0.0.1")).startswith("--ip leads beyond")
    missing = Option("--tls-ca", "/missing.pem")
    assert refusal("TLS_CA", missing).startswith("--tls-ca /missing.pem holds no")
    url = Option("MASTER_URL", "http://10.0.0.1")
    assert refusal("MASTER_URL", url, CLUSTER_TOKEN="s").startswith("MASTER_URL=http://10.0.0.1 is")


@pytest.mark.parametrize("text", ["localhost", "127.0.0.1", "[::1]"])
def test_a_host_alone_is_called_at_the_default_port(text: str) -> None:
    """An address without scheme and port gets port 5000; with a scheme it gets no port."""
    assert slave(MASTER_URL=text).master_url == f"http://{text}:5000"
    assert slave(MASTER_URL=f"http://{text}").master_url == f"http://{text}"


@pytest.mark.parametrize("text", ["localhost:5000", "127.0.0.1:5001", "[::1]:5000"])
def test_address_needs_no_scheme(text: str, tls: dict[str, str]) -> None:
    """An address without a scheme gets https:// if ``TLS_CA`` is set, else http://."""
    assert slave(MASTER_URL=text).master_url == f"http://{text}"
    secure = slave(MASTER_URL=text, TLS_CA=tls["TLS_CA"])
    assert secure.master_url == f"https://{text}"
    explicit = slave(MASTER_URL=f"http://{text}/", TLS_CA=tls["TLS_CA"])
    assert explicit.master_url == f"http://{text}"


@pytest.mark.parametrize("name", ["TLS_CERT", "TLS_KEY", "TLS_CA"])
def test_unusable_certificate_is_refused(folder: Path, tls: dict[str, str], name: str) -> None:
    """Each certificate file is read at the start; the error names one that can't be used."""
    values = tls | {name: "missing.pem"}
    with pytest.raises(SettingError, match=f"{name}=.*missing.pem"):
        MasterSettings.read(Environment(values, folder))


@pytest.mark.parametrize("name", ["TLS_CERT", "TLS_KEY"])
def test_certificate_and_key_go_together(folder: Path, tls: dict[str, str], name: str) -> None:
    """A certificate without its key, a key without its certificate, and a wrong key are refused."""
    with pytest.raises(SettingError, match="TLS_CERT and TLS_KEY"):
        SlaveSettings.read(Environment({name: tls[name]}, folder))
    with pytest.raises(SettingError, match=r"TLS_CERT=.*TLS_KEY="):
        SlaveSettings.read(Environment(tls | {"TLS_KEY": tls["TLS_CA"]}, folder))


def test_client_needs_no_certificate_of_its_own(folder: Path, tls: dict[str, str]) -> None:
    """A client ignores the certificate and key in a ``.env`` that it shares with a master."""
    values = tls | {"TLS_KEY": "missing.key"}
    found = Environment(values, folder).tls(serves=False)
    assert (found.serves, found.authority) == (False, Path(tls["TLS_CA"]))


def test_token_travels_over_tls_to_other_hosts(folder: Path, tls: dict[str, str]) -> None:
    """With https:// and its own certificate, a slave does not need ``ALLOW_PLAIN_HTTP``."""
    values = {"CLUSTER_TOKEN": "secret", "MASTER_URL": "https://192.0.2.1:5000"}
    assert SlaveSettings.read(Environment(values | tls, folder)).tls.serves
    with pytest.raises(SettingError, match="TLS_CERT"):
        SlaveSettings.read(Environment(values, folder))
    plain = values | tls | {"MASTER_URL": "http://192.0.2.1:5000"}
    with pytest.raises(SettingError, match="ALLOW_PLAIN_HTTP"):
        SlaveSettings.read(Environment(plain, folder))


@pytest.mark.parametrize("name", ["SLAVE_IP", "SLAVE_HOST"])
def test_malformed_address_is_refused(folder: Path, name: str) -> None:
    """A malformed address is refused as malformed, not as another host."""
    with pytest.raises(SettingError, match="host name"):
        SlaveSettings.read(Environment({name: "not an ip"}, folder))
