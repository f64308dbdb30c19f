"""What people do with Python: text, data, digests, files, and a recursion too deep."""

import copy
import hashlib
import json
import os
import re
import sys
import zlib
from collections import Counter
from datetime import datetime, timezone
from decimal import Decimal, getcontext


def words(text):
    """How often each word of a text occurs, the most frequent first."""
    counts = Counter(re.findall(r"[a-zäöü]+", text.lower()))
    return sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))


def files(root):
    """Writes, appends, lists, renames, seeks, removes."""
    folder = os.path.join(root, "new", "folder")
    os.makedirs(folder)
    path = os.path.join(folder, "lines.txt")
    with open(path, "w", encoding="utf-8") as file:
        for number in range(1000):
            file.write(f"line {number}\n")
    with open(path, "a", encoding="utf-8") as file:
        file.write("the last\n")
    with open(path, "rb") as file:
        file.seek(-9, os.SEEK_END)
        print("tail:", file.read())
    print("size:", os.stat(path).st_size)
    os.rename(path, os.path.join(folder, "renamed.txt"))
    for where, folders, names in sorted(os.walk(root)):
        print("in", os.path.relpath(where, root), sorted(folders), sorted(names))
    try:
        open(os.path.join(root, "missing"))
    except FileNotFoundError as error:
        print("missing:", error.strerror)
    try:
        os.rmdir(folder)
    except OSError as error:
        print("rmdir:", error.strerror)
    os.remove(os.path.join(folder, "renamed.txt"))
    os.rmdir(folder)
    try:
        print("escape:", open(os.path.join(root, "..", "..", "etc", "passwd")).read())
    except OSError as error:
        print("escape:", type(error).__name__)


def recursion():
    """Frames of Python only, frames of C only, and both in turn."""

    def down(depth):
        return 1 + down(depth + 1)

    nested = []
    for _ in range(100_000):
        nested = [nested]
    for name, attempt in [
        ("function", lambda: down(0)),
        ("copy", lambda: copy.deepcopy(nested)),
        ("repr", lambda: repr(nested)),
        ("json", lambda: json.loads("[" * 100_000)),
        ("re", lambda: re.compile("(" * 10_000 + ")" * 10_000)),
    ]:
        try:
            attempt()
        except RecursionError as error:
            print(f"{name}: RecursionError: {error}")


def main():
    print("python", ".".join(map(str, sys.version_info[:3])), sys.platform, sys.argv[1:])
    print("environment:", os.environ["GREETING"], os.environ.get("PATH"))
    with open("/data/input.json", encoding="utf-8") as file:
        data = json.load(file)
    print(json.dumps(data, sort_keys=True, ensure_ascii=True))
    for word, count in words(data["text"])[:5]:
        print(f"{word:>8} {count}")
    print(re.sub(r"(\w+) (\w+)", r"\2 \1", "hello world"))
    for name in ["md5", "sha1", "sha256", "sha3_512", "blake2b"]:
        print(f"{name}: {hashlib.new(name, data['text'].encode()).hexdigest()[:32]}")
    digest = hashlib.sha256()
    for number in range(20_000):
        digest.update(number.to_bytes(4, "little"))
    print("many updates:", digest.hexdigest()[:32])
    packed = zlib.compress(b"again and " * 1000, 9)
    print("zlib:", len(packed), zlib.crc32(packed), zlib.decompress(packed)[:10])
    getcontext().prec = 50
    print("decimal:", Decimal(2).sqrt())
    print("integer:", pow(3, 1000, 10**40), len(str(7**4000)))
    print("float:", sum(1 / n for n in range(1, 10_000)), 0.1 + 0.2, float("1e308") * 10)
    print("time:", datetime(2026, 11, 22, tzinfo=timezone.utc).isoformat())
    print("now is after 2020:", datetime.now().year > 2020)
    files("/data")
    recursion()
    print("stdin:", [line.rstrip() for line in sys.stdin])
    print("to the error stream", file=sys.stderr)
    sys.exit(7)


main()
