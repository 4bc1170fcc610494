"""Makes malicious names for uploads, such as have broken file systems, shells and web forms."""

import unicodedata
from collections.abc import Callable
from random import Random

_NAMES: tuple[Callable[[int], str], ...] = (
    lambda n: f"../../outside {n}.txt",
    lambda n: f"..\\..\\outside {n}.txt",
    lambda n: f"/etc/outside-{n}.txt",
    lambda n: f"C:\\Windows\\outside {n}.txt",
    lambda n: f"..%2f..%2foutside{n}.txt",
    lambda n: f"....//....//outside {n}",
    lambda n: f"~/outside {n}.txt",
    lambda n: ("CON", "nul.txt", "COM1.png", "aux.", "LPT9.tar.gz", "PRN", "com¹.txt")[n % 7],
    lambda n: f"dots {n}... .. .",
    lambda n: f"  spaces {n}  .txt  ",
    lambda n: "." * (n % 5 + 1),
    lambda n: (".png", "..txt", " .docx", "/", "\\", ".hidden", "...")[n % 7],
    lambda n: "a" * 300 + f"{n}.txt",
    lambda n: "é" * 300 + f"{n}.txt",
    lambda n: "😀" * 100 + f"{n}.png",
    lambda n: f"name {n}.{'x' * 300}",
    lambda n: f"controls \x01\x1b[31m\x7f\x9b {n}.txt",
    lambda n: f"line\r\nSet-Cookie: a={n}.txt",
    lambda n: f"quotes \" ' ` $(touch outside) ;{n}.txt",
    lambda n: f"nul \x00 {n}.txt",
    lambda n: f"nul%00 {n}.txt",
    lambda n: unicodedata.normalize("NFC", f"Ångström é {n // 2}.txt"),
    lambda n: unicodedata.normalize("NFD", f"Ångström é {n // 2}.txt"),
    lambda n: f"STRASSE {n // 3}.txt" if n % 3 else f"straße {n // 3}.TXT",
    lambda n: f"right\u202eto left gnp.{n}",
    lambda n: f"zero\u200b\u2060width\ufeff {n}.txt",
    lambda n: f"🏳️‍🌈 {n}.txt",
    lambda n: f"half \ud83d a pair {n}.txt",
    lambda _: "same name.txt",
    lambda n: f"<script>alert({n})</script>.txt",
    lambda n: f"{{{{7*{n}}}}} %s%n {n}.txt",
    lambda n: f"-rf {n}.txt",
    lambda n: f".tmp-{n}",
    lambda n: f"Z{'̷' * 200}algo {n}.txt",
)
KINDS = len(_NAMES)


def name(random: Random, number: int, plain: str) -> str:
    """Return a name for an upload: in one of three cases a malicious one."""
    if random.random() < 0.33:
        return random.choice(_NAMES)(number)
    return f"{number} {plain}"


def hostile(kind: int, number: int) -> str:
    """Return the name of one kind, 0 to ``KINDS`` - 1."""
    return _NAMES[kind](number)
