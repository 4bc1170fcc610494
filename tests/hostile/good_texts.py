"""Makes the small valid texts that are damaged afterwards: many encodings and scripts."""

import codecs

_ENGLISH = (
    "I love the old garden. It was terrible weather on Monday, though! Did 3.14 people come?\n"
    "The train reached the coast at noon, and nobody had to go without a walk on the beach.\n"
)
_OTHERS = {
    "german": (
        "Schöne Grüße aus Köln; die Straße war naß, und süße Äpfel gab es auch.\n",
        "cp1252",
    ),
    "russian": ("Широкая электрификация южных губерний даст мощный толчок подъёму.\n", "koi8_r"),
    "greek": ("Ξεσκεπάζω την ψυχοφθόρα βδελυγμία και γράφω ένα μικρό γράμμα.\n", "cp1253"),
    "japanese": ("これは小さな手紙です。明日は海へ行きます。とても楽しいです。\n", "cp932"),
    "mail": ("これは小さな手紙です。明日は海へ行きます。\n", "iso2022_jp"),
    "chinese": ("今天天气很好，我们去海边散步，回家以后喝茶。\n", "gb18030"),
    "korean": ("오늘은 날씨가 좋아서 바닷가에 갔습니다. 참 즐거웠습니다.\n", "cp949"),
    "arabic": ("ذهبنا اليوم إلى البحر وكان الطقس جميلا جدا.\n", "cp1256"),
    "hebrew": ("היום הלכנו לים ומזג האוויר היה יפה מאוד.\n", "cp1255"),
    "thai": ("วันนี้อากาศดีมาก เราไปเดินเล่นที่ชายหาด\n", "cp874"),
}


def make() -> dict[str, bytes]:
    """Return the texts by file name."""
    made = {
        "plain.txt": _ENGLISH.encode() * 4,
        "marked.txt": codecs.BOM_UTF8 + _ENGLISH.encode(),
        "utf-16.txt": _ENGLISH.encode("utf-16"),
        "utf-16 markless.txt": _ENGLISH.encode("utf-16-be"),
        "utf-32.txt": _ENGLISH.encode("utf-32"),
        "windows.txt": _ENGLISH.replace("\n", "\r\n").encode(),
        "emoji.txt": "Such a 😀 day 👩‍👩‍👧‍👦! We ❤️ it 🏳️‍🌈.\n".encode() * 5,
        "page.html": b"<html><body><p>A <b>bold</b> word.</p></body></html>\n",
        "table.csv": b"name;age\nAda;36\nBoris;41\n" * 10,
    }
    for name, (text, encoding) in _OTHERS.items():
        made[f"{name}.txt"] = (text * 5).encode(encoding)
        made[f"{name} utf-8.txt"] = (text * 3).encode()
    return made
