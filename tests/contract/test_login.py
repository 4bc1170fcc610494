"""The login of the page: what a browser gets for the token, and what that is good for."""

import socket
from collections.abc import Iterator
from http.cookies import SimpleCookie

import pytest
import requests
from flask import Flask
from flask.sessions import SecureCookieSessionInterface

from master_service.ui import login
from scripts.local_cluster import LocalCluster
from tests.conftest import TOKEN
from tests.contract.programs import wait_until

PAGE = {"Accept": "text/html,application/xhtml+xml"}
COOKIE = "cluster_session"


@pytest.fixture(scope="module", params=["http", "https"])
def master(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, tls: dict[str, str]
) -> Iterator[LocalCluster]:
    """A master with a token; plain, and over TLS."""
    settings = (tls if request.param == "https" else {}) | {"CLUSTER_TOKEN": TOKEN}
    cluster = LocalCluster(tmp_path_factory.mktemp("login"), settings)
    try:
        cluster.start_master()
        yield cluster
    finally:
        cluster.stop()


class Browser(requests.Session):
    """Asks for pages, keeps cookies, and stays where it is when it is led elsewhere."""

    def __init__(self, master: LocalCluster) -> None:
        super().__init__()
        self.home = master.url
        self.authority = master.settings.get("TLS_CA", True)
        self.headers.update(PAGE)

    def ask(self, method: str, path: str, **more: object) -> requests.Response:
        url = self.home + path
        more |= {"allow_redirects": False, "timeout": 30, "verify": self.authority}
        return self.request(method, url, **more)  # type: ignore[arg-type] # as it comes


@pytest.fixture
def browser(master: LocalCluster) -> Browser:
    """A browser that nobody is logged in with."""
    return Browser(master)


@pytest.fixture
def known(browser: Browser) -> Browser:
    """A browser that has shown the token."""
    answer = browser.ask("POST", "/login", data={"token": TOKEN})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/ui")
    return browser


def test_browser_is_led_to_the_login(browser: Browser) -> None:
    """Who opens the master's address finds the page, and the login before it; curl does not."""
    assert browser.ask("GET", "/").headers["Location"] == "/ui"
    assert browser.ask("GET", "/ui").headers["Location"] == "/login"
    login = browser.ask("GET", "/login")
    assert login.status_code == 200
    assert 'name="token"' in login.text
    plain = browser.ask("GET", "/", headers={"Accept": "*/*"})
    assert plain.text == "Master is working"


def test_wrong_token_is_told_on_the_page(browser: Browser) -> None:
    """The form comes back with a sentence, and no cookie; what was typed is nowhere in it."""
    answer = browser.ask("POST", "/login", data={"token": "a-wrong-token"})
    assert answer.status_code == 401
    assert "not the token" in answer.text
    assert "a-wrong-token" not in answer.text
    assert not browser.cookies


def test_dear_form_is_not_read(browser: Browser) -> None:
    """A boundary of kilobytes costs nothing: a form of that kind is no login."""
    kind = {"Content-Type": f"multipart/form-data; boundary={'a' * 60_000}"}
    assert browser.ask("POST", "/login", data=b"x" * 100, headers=kind).status_code == 401


def test_long_form_is_not_read(browser: Browser) -> None:
    """A stranger can't make the master hold more than a form of a few kilobytes."""
    assert browser.ask("POST", "/login", data={"token": "x" * 100_000}).status_code == 413


def test_cookie_is_kept_from_scripts_and_other_sites(master: LocalCluster, known: Browser) -> None:
    """HttpOnly, SameSite=Strict, Secure over TLS; and the token is not in it."""
    origin = {"Origin": known.home}
    answer = known.ask("POST", "/login", data={"token": TOKEN}, headers=origin)
    cookie = SimpleCookie(answer.headers["Set-Cookie"])[COOKIE]
    assert (cookie["httponly"], cookie["samesite"]) == (True, "Strict")
    assert bool(cookie["secure"]) == master.url.startswith("https")
    assert TOKEN not in cookie.value
    assert known.ask("GET", "/ui").status_code == 200
    assert known.ask("GET", "/jobs").status_code == 200


def test_cookie_is_renewed_by_the_page_alone(known: Browser) -> None:
    """Whatever else is answered while somebody logs out can't bring the cookie back."""
    answers = {path: known.ask("GET", path) for path in ("/ui", "/jobs", "/check_status")}
    assert [path for path, answer in answers.items() if answer.cookies] == ["/ui"]


def test_cookie_that_was_changed_is_nothing(known: Browser) -> None:
    """A cookie is signed: another one of the same form lets nobody in."""
    said, when, _ = known.cookies[COOKIE].split(".")
    app = Flask("another", static_folder=None)
    login.set_up(app, "another-token", secure=False, plain=False)
    signer = SecureCookieSessionInterface().get_signing_serializer(app)
    assert signer is not None
    forged = signer.dumps({"in": True, "_permanent": True})
    known.cookies.clear()
    for cookie in (forged, f"{said}.{when}.{forged.split('.')[2]}"):
        assert (
            known.ask("GET", "/jobs", headers={"Cookie": f"{COOKIE}={cookie}"}).status_code == 401
        )
    known.ask("POST", "/login", data={"token": TOKEN})
    assert known.ask("GET", "/jobs").status_code == 200


@pytest.mark.parametrize(
    "origin", [None, "null", "http://evil.example", "http://127.0.0.1:1", "https://127.0.0.1"]
)
def test_foreign_page_changes_nothing_with_the_cookie(known: Browser, origin: str | None) -> None:
    """What changes something must come from the master's own page, not from a neighbour's port."""
    headers = {} if origin is None else {"Origin": origin}
    answer = known.ask("POST", "/jobs", json={"task_type": "text"}, headers=headers)
    assert answer.status_code == 403
    assert "Origin" not in answer.text
    own = known.ask("POST", "/jobs", json={"task_type": "text"}, headers={"Origin": known.home})
    assert own.status_code == 201


def test_foreign_page_hears_no_events_with_the_cookie(known: Browser) -> None:
    """A WebSocket may be opened across origins: the master itself has to look at where from."""
    own = {"Origin": known.home}
    job = known.ask("POST", "/jobs", json={"task_type": "text"}, headers=own).json()["job_id"]
    handshake = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
    }
    path = f"/jobs/{job}/events"
    foreign = handshake | {"Origin": "http://127.0.0.1:1"}
    assert known.ask("GET", path, headers=foreign).status_code == 403
    with known.ask("GET", path, headers=handshake | own, stream=True) as answer:
        assert answer.status_code == 101


def test_token_works_with_any_origin(known: Browser) -> None:
    """Who sends the token itself is no browser that was tricked into it."""
    headers = {"Authorization": f"Bearer {TOKEN}", "Origin": "http://another.example"}
    known.cookies.clear()
    assert known.ask("POST", "/jobs", json={"task_type": "text"}, headers=headers).ok


def test_log_out_ends_it(known: Browser) -> None:
    """After logging out the browser is asked for the token again."""
    answer = known.ask("POST", "/logout", headers={"Origin": known.home})
    assert answer.headers["Location"] == "/login"
    assert not known.cookies
    assert known.ask("GET", "/jobs").status_code == 401


def test_pages_keep_foreign_scripts_out(known: Browser) -> None:
    """Nothing on the pages comes from elsewhere, runs inline, or may be framed."""
    for path in ("/login", "/ui", "/ui/static/page.js"):
        answer = known.ask("GET", path)
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'self'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_without_a_token_there_is_no_login(cluster: LocalCluster) -> None:
    """On a computer that keeps to itself the page opens at once."""
    answer = requests.get(cluster.url, headers=PAGE, timeout=10)
    assert (answer.url, answer.status_code) == (f"{cluster.url}/ui", 200)
    assert requests.get(f"{cluster.url}/login", timeout=10).url == f"{cluster.url}/ui"
    assert requests.post(f"{cluster.url}/login", timeout=10).url == f"{cluster.url}/ui"


def test_without_a_token_there_is_nothing_to_log_out_of(cluster: LocalCluster) -> None:
    """A call of it is redirected to the login like any other, and is no error."""
    headers = {"Origin": cluster.url}
    answer = requests.post(
        f"{cluster.url}/logout", headers=headers, timeout=10, allow_redirects=False
    )
    assert (answer.status_code, answer.headers["Location"]) == (303, "/login")


def test_token_that_can_be_guessed_is_warned_of(own_cluster: LocalCluster) -> None:
    """A few letters are a token like any other, but the log says what they are worth."""
    log = own_cluster.start_master(CLUSTER_TOKEN="hunter2").log
    assert wait_until(lambda: "CLUSTER_TOKEN is short" in log.read_text())
    assert "hunter2" not in log.read_text()


@pytest.mark.parametrize(("allowed", "status"), [("0", 403), ("1", 200)])
def test_login_from_elsewhere_needs_a_way_that_nobody_reads(
    own_cluster: LocalCluster, allowed: str, status: int
) -> None:
    """Over plain HTTP the token is not asked for by way of a network that nobody vouched for."""
    address = own_address()
    own_cluster.settings = {"CLUSTER_TOKEN": TOKEN, "ALLOW_PLAIN_HTTP": allowed}
    master = own_cluster.start_master(MASTER_HOST="0.0.0.0")
    elsewhere = own_cluster.url.replace("127.0.0.1", address)
    assert requests.get(f"{elsewhere}/login", headers=PAGE, timeout=10).status_code == status
    posted = requests.post(f"{elsewhere}/login", data={"token": TOKEN}, headers=PAGE, timeout=10)
    assert posted.status_code == status
    assert requests.get(f"{own_cluster.url}/login", headers=PAGE, timeout=10).status_code == 200
    warned = "others on the network can read" in master.log.read_text()
    assert warned == (allowed == "0")


def own_address() -> str:
    """Return an address of this computer that is not loopback; skips where there is none."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            pytest.skip("this computer has no address but loopback")
        return str(probe.getsockname()[0])
