"""The command line, run as its users run it."""

import concurrent.futures
import itertools
import os
import socket
import struct
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from scripts.local_cluster import PROJECT, LocalCluster, clean_environment, free_port
from tests.contract.programs import only_line, read_to_its_end, run, run_client_here

DONE, SOME_FAILED, NOTHING_DONE = 0, 1, 2


def write(folder: Path, *names: str) -> list[Path]:
    """Make small texts, each of its own, with these names."""
    files = [folder / name for name in names]
    for file in files:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"a good text called {file.relative_to(folder)!s:.40}", encoding="utf-8")
    return files


def send(cluster: LocalCluster, *files: Path) -> "subprocess.CompletedProcess[str]":
    return run("client.py", cluster.url, "text", *map(str, files))


def send_here(cluster: LocalCluster, *files: Path) -> "subprocess.CompletedProcess[str]":
    return run_client_here(cluster.url, "text", *map(str, files))


def saved(output: str) -> list[Path]:
    """Return the paths that a summary tells: the indented lines after its fourth."""
    lines = itertools.takewhile(lambda line: line.startswith("  "), output.splitlines()[4:])
    return [Path(line.split("  (from ")[0].strip()) for line in lines]


def test_prints_the_summary_as_ever(cluster: LocalCluster, tmp_path: Path) -> None:
    """The original's four lines, then the path of each result, in upload order; exit code 0."""
    done = send(cluster, *write(tmp_path, "zoo.txt", "apple.txt"))
    assert (done.returncode, done.stderr) == (DONE, "")
    head, results = done.stdout.splitlines()[:4], saved(done.stdout)
    assert head == [
        "Task Type: text",
        "Message: Text processing complete",
        "Files Processed: 2",
        "Saved Files:",
    ]
    assert [result.name for result in results] == ["zoo_analysis.json", "apple_analysis.json"]
    assert all(result.is_file() for result in results)


def test_job_and_its_page_follow_the_summary(cluster: LocalCluster, tmp_path: Path) -> None:
    """Below the original's lines stand the job's id and where the page shows it."""
    (empty := tmp_path / "empty.txt").write_bytes(b"")
    for files, ahead in ((write(tmp_path, "shown.txt"), 5), ([empty], 6)):
        lines = send(cluster, *files).stdout.splitlines()
        (newest,) = requests.get(f"{cluster.url}/jobs?limit=1", timeout=10).json()["jobs"]
        assert lines[ahead:] == [
            f"Job: {newest['job_id']}",
            f"Page: {cluster.url}/ui#/jobs/{newest['job_id']}",
        ]
    assert requests.get(lines[-1].partition(": ")[2], timeout=10).ok


def test_master_may_be_that_of_the_settings(cluster: LocalCluster, tmp_path: Path) -> None:
    """Without an address on the command line it is MASTER_URL's; one that is given comes first.

    Neither needs a scheme.
    """
    (file,) = write(tmp_path, "settings.txt")
    address = cluster.url.removeprefix("http://")
    done = run("client.py", "text", str(file), MASTER_URL=address)
    assert (done.returncode, done.stderr) == (DONE, "")
    nowhere = f"127.0.0.1:{free_port()}"
    assert run_client_here("jobs", MASTER_URL=nowhere).returncode == NOTHING_DONE
    assert run_client_here(address, "jobs", MASTER_URL=nowhere).returncode == DONE


def test_failed_files_are_listed(cluster: LocalCluster, tmp_path: Path) -> None:
    """Files that failed are named with code and reason, and the exit code is 1."""
    (empty := tmp_path / "empty.txt").write_bytes(b"")
    done = send(cluster, *write(tmp_path, "mixed.txt"), empty)
    assert (done.returncode, done.stderr) == (SOME_FAILED, "")
    lines = done.stdout.splitlines()
    assert "Message: Text processing complete, but 1 of 2 files failed" in lines
    assert "Files Processed: 1" in lines
    failure = lines[lines.index("Failed Files:") + 1]
    assert failure.startswith("  empty.txt (empty): The file is empty")
    assert send(cluster, empty).returncode == SOME_FAILED


def test_folders_are_taken_whole(cluster: LocalCluster, tmp_path: Path) -> None:
    """A folder means all its files, at any depth; hidden ones are left out, unless named."""
    folder = tmp_path / "folder"
    write(folder, "in it.txt", "deep/er/in it.txt", ".hidden.txt", ".git/a.txt", "deep/.b.txt")
    done = send(cluster, folder)
    assert done.returncode == DONE
    assert "Files Processed: 2" in done.stdout
    assert send(cluster, folder / ".hidden.txt", folder / "deep").stdout.count("_analysis") == 2


@pytest.mark.parametrize("missing", ["missing.txt", "missing folder/"])
def test_missing_file_sends_nothing(cluster: LocalCluster, tmp_path: Path, missing: str) -> None:
    """One file that is not there: exit code 2, one line that names it, and nothing was sent."""
    name = f"sent before {missing.strip('/')}"
    done = send_here(cluster, *write(tmp_path, name), tmp_path / missing)
    assert (done.returncode, done.stdout) == (NOTHING_DONE, "")
    line = only_line(done.stderr)
    assert missing.strip("/") in line
    assert "nothing was sent" in line
    assert not list(cluster.results.glob("text/sent before*"))


def test_empty_folder_is_told(cluster: LocalCluster, tmp_path: Path) -> None:
    """A folder without files to send is a usage error of its own."""
    (tmp_path / "folder").mkdir()
    write(tmp_path / "folder", ".hidden.txt")
    done = send_here(cluster, tmp_path / "folder")
    assert (done.returncode, done.stdout) == (NOTHING_DONE, "")
    assert "no files" in only_line(done.stderr)


def test_unknown_type_is_told(cluster: LocalCluster, tmp_path: Path) -> None:
    """A task type that does not exist is bad usage; the message lists those that do."""
    (file,) = write(tmp_path, "a.txt")
    done = run_client_here(cluster.url, "video", str(file))
    assert (done.returncode, done.stdout) == (NOTHING_DONE, "")
    assert "document" in done.stderr.splitlines()[-1]


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (["http://localhost:1", "txet", "a.txt"], "'txet': did you mean text?"),
        (["http://localhost:1", "Image", "a.png"], "'Image': did you mean image?"),
        (["http://localhost:1", "a.txt", "text"], "TASK_TYPE comes before the files"),
        (["a.txt", "http://localhost:1", "text"], "MASTER_URL comes first"),
        (["text", "a.txt", "--outptu", "x"], "--outptu x: did you mean --output?"),
        (["text", "-x.txt"], "a file of that name is given as ./-x.txt"),
        (["jobs", "extra"], "jobs takes no more than that: 'extra' is too much"),
    ],
)
def test_mistaken_command_line_is_understood(words: list[str], hint: str) -> None:
    """A misspelt word or a wrong order is answered with what was probably meant."""
    done = run_client_here(*words)
    assert (done.returncode, done.stdout) == (NOTHING_DONE, "")
    assert hint in done.stderr.splitlines()[-1]


@pytest.mark.skipif(os.name == "nt", reason="links are for administrators there")
def test_link_that_leads_nowhere_is_told(tmp_path: Path) -> None:
    """It is there, but what it points to is not."""
    (tmp_path / "link.txt").symlink_to("nowhere")
    done = run_client_here("http://localhost:1", "text", str(tmp_path / "link.txt"))
    assert only_line(done.stderr).endswith("this link leads nowhere; nothing was sent")


@pytest.mark.parametrize("arguments", [[], ["http://localhost:1"], ["http://localhost:1", "text"]])
def test_bad_usage_is_told(arguments: list[str]) -> None:
    """Too few arguments: how it is used, and exit code 2."""
    done = run("client.py", *arguments)
    assert (done.returncode, done.stdout) == (NOTHING_DONE, "")
    assert done.stderr.startswith("usage: client.py")


@pytest.mark.parametrize("url", ["localhost:", "ftp://localhost", "http://", "http://local host:x"])
def test_bad_address_is_told(tmp_path: Path, url: str) -> None:
    """What is no address of a master is told in one line that shows one."""
    done = run_client_here(url, "text", *map(str, write(tmp_path, "a.txt")))
    assert (done.returncode, done.stdout) == (NOTHING_DONE, "")
    assert "http://192.168.1.10:5000" in only_line(done.stderr)


def test_unreachable_master_is_told(tmp_path: Path) -> None:
    """Where nobody listens: exit code 2 and one line with the address and what to look at."""
    url = f"http://127.0.0.1:{free_port()}"
    done = run("client.py", url, "text", *map(str, write(tmp_path, "a.txt")))
    assert (done.returncode, done.stdout) == (NOTHING_DONE, "")
    line = only_line(done.stderr)
    assert url in line
    assert "is it running there?" in line


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}",
        b"HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\n[]",
        b"?\r\n",
    ],
)
def test_what_is_no_master_is_told(tmp_path: Path, answer: bytes) -> None:
    """Something else that listens at the address gives one line too, and no traceback."""
    (file,) = write(tmp_path, "a.txt")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                received = b""
                while not received.endswith(b"\r\n\r\n"):
                    received += connection.recv(65536)
                connection.sendall(answer)

        listener.settimeout(30)
        with concurrent.futures.ThreadPoolExecutor(1) as thread:
            served = thread.submit(serve)
            done = run_client_here(url, "text", str(file))
            served.result(30)
    assert done.returncode == NOTHING_DONE
    assert only_line(done.stderr).startswith("client.py: the master ")


def test_master_that_says_nothing_is_told(tmp_path: Path) -> None:
    """One that takes the connection and then is silent counts as not there, within seconds."""
    (file,) = write(tmp_path, "a.txt")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        done = run_client_here(url, "text", str(file))
    assert (done.returncode, done.stdout) == (NOTHING_DONE, "")
    assert "is it running there?" in only_line(done.stderr)


def test_reason_of_the_master_is_passed_on(own_cluster: LocalCluster, tmp_path: Path) -> None:
    """What the master says no with stands in the client's one line."""
    own_cluster.start_master()
    done = send_here(own_cluster, *write(tmp_path, "a.txt"))
    assert (done.returncode, done.stdout) == (NOTHING_DONE, "")
    line = only_line(done.stderr)
    assert "start a slave with python slave.py, or send with --background" in line
    assert line.endswith("No slaves available")


def test_any_name_may_be_sent(cluster: LocalCluster, tmp_path: Path) -> None:
    """Whatever a file is called, it is processed, and an unfit one is no reason to fail."""
    names = [
        "Grüße aus 東京 🌻.txt",
        "cafe\u0301.txt",
        "two  spaces; and=signs, (all) of 'them'.txt",
        "100%25 %22sure%22.txt",
        "-x.txt",
    ]
    if os.name != "nt":
        names += ['say "hello".txt', "new\nline.txt", "back\\slash.txt"]
    done = send(cluster, *write(tmp_path, *names))
    assert (done.returncode, done.stderr) == (DONE, "")
    assert f"Files Processed: {len(names)}" in done.stdout


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux stores names that are no Unicode")
def test_name_that_is_no_unicode_may_be_sent(cluster: LocalCluster, tmp_path: Path) -> None:
    """A file name of arbitrary bytes is sent with what can't be shown replaced."""
    name = os.fsdecode(b"caf\xe9 broken.txt")
    (tmp_path / name).write_bytes(b"a good text")
    done = send(cluster, tmp_path / name)
    assert (done.returncode, done.stderr) == (DONE, "")
    assert "broken_analysis.json" in done.stdout


@pytest.mark.skipif(os.name == "nt", reason="no file can be called so")
def test_name_that_ends_in_a_backslash_keeps_files_apart(
    cluster: LocalCluster, tmp_path: Path
) -> None:
    """A file whose name ends in a backslash is sent like any other, and mixes up nothing."""
    files = write(tmp_path, "a\\", "b.txt", "c\\", "d.txt")
    for count, file in enumerate(files, 1):
        file.write_text("word " * count)
    done = send(cluster, *files)
    assert (done.returncode, done.stderr) == (DONE, "")
    results = saved(done.stdout)
    for count, result in enumerate(results, 1):
        assert f'"word_count": {count},' in result.read_text(encoding="utf-8")
    assert len(results) == 4


@pytest.mark.skipif(os.name == "nt", reason="Windows has no limit of open files to set")
def test_hundreds_of_files_need_few_handles(cluster: LocalCluster, tmp_path: Path) -> None:
    """200 files are sent where a process may have 64 files open."""
    import resource

    write(tmp_path, *(f"handle {number:03}.txt" for number in range(200)))
    done = subprocess.run(
        [sys.executable, PROJECT / "client.py", cluster.url, "text", tmp_path],
        env=clean_environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64)),
    )
    assert (done.returncode, done.stderr) == (DONE, "")
    names = [result.name for result in saved(done.stdout)]
    assert names == [f"handle {number:03}_analysis.json" for number in range(200)]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no pseudo-terminals of this kind")
def test_terminal_shows_progress(cluster: LocalCluster, tmp_path: Path) -> None:
    """Where standard error is a terminal a progress bar runs to 100 %; the summary is as ever."""
    import fcntl
    import pty
    import termios

    files = write(tmp_path, "on a terminal.txt")
    screen, terminal = pty.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 25, 100, 0, 0))
    with subprocess.Popen(
        [sys.executable, PROJECT / "client.py", cluster.url, "text", *files],
        env=clean_environment() | {"TERM": "xterm"},
        stdout=subprocess.PIPE,
        stderr=terminal,
    ) as client:
        os.close(terminal)
        assert client.stdout is not None
        summary = client.stdout.read().decode()
        shown = read_to_its_end(screen)
    assert client.returncode == DONE
    assert "Sent 1 file" in shown
    assert "100%" in shown
    assert summary.startswith("Task Type: text\n")
