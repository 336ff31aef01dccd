"""Which wheels are taken, and what of them."""

from __future__ import annotations

import hashlib
import io
import os
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from cli.errors import CommandError
from cli.layer.wheels import fetched, unpacked

LINUX = "cp312-cp312-manylinux2014_x86_64"


def wheel(**files: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for path, content in files.items():
            archive.writestr(zipfile.ZipInfo(path), content)  # which has no time of its own
    return buffer.getvalue()


def package(name: str = "fast", version: str = "1.0", body: str = "x = 1\n") -> bytes:
    info = f"{name}-{version}.dist-info"
    return wheel(
        **{
            f"{name}/__init__.py": body,
            f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
            f"{info}/WHEEL": "Wheel-Version: 1.0\n",
            f"{info}/RECORD": "",
        }
    )


@pytest.fixture
def offer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, bytes], None]:
    """Puts a file on the only index that pip may ask: a folder of this test."""
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_INDEX_URL", (tmp_path / "index").as_uri())

    def put(file: str, content: bytes) -> None:
        folder = tmp_path / "index" / file.split("-")[0]
        folder.mkdir(parents=True, exist_ok=True)
        (folder / file).write_bytes(content)
        (folder / "index.html").write_text("".join(f'<a href="{path.name}">{path.name}</a>\n' for path in sorted(folder.glob("fast-*"))))

    return put


class Locked:
    """Requirements with a lock, and a cache."""

    def __init__(self, folder: Path) -> None:
        self.requirements, self.lock, self.cache = folder / "requirements.txt", folder / "layer.lock", folder / "cache"
        self.requirements.write_text("# What it needs.\nFast>=1\n")

    def to(self, *contents: bytes) -> Locked:
        hashes = " ".join(f"--hash=sha256:{hashlib.sha256(content).hexdigest()}" for content in contents)
        self.lock.write_text(f"fast==1.0 {hashes}\n")
        return self

    def fetch(self) -> dict[str, bytes]:
        return fetched(self.requirements, self.lock, self.cache)


@pytest.fixture
def locked(tmp_path: Path) -> Locked:
    return Locked(tmp_path)


def test_the_wheel_for_function_compute_is_taken_on_any_machine(offer: Callable[[str, bytes], None], locked: Locked) -> None:
    tags = (LINUX, "cp312-cp312-macosx_11_0_arm64", "cp311-cp311-manylinux2014_x86_64", "cp312-cp312-musllinux_1_2_x86_64",
            "cp312-cp312-manylinux2014_aarch64", "cp312-cp312-win_amd64", "cp312-cp312-manylinux_2_39_x86_64")  # fmt: skip
    contents = {tag: package(body=f"tag = {tag!r}\n") for tag in tags}
    for tag, content in contents.items():
        offer(f"fast-1.0-{tag}.whl", content)
    assert locked.to(*contents.values()).fetch() == {f"fast-1.0-{LINUX}.whl": contents[LINUX]}


@pytest.mark.parametrize("tag", ["cp39-abi3-manylinux_2_17_x86_64", "py3-none-any", "cp312-none-manylinux1_x86_64"])
def test_other_wheels_that_fit_it_are_taken_too(offer: Callable[[str, bytes], None], locked: Locked, tag: str) -> None:
    offer(f"fast-1.0-{tag}.whl", package())
    assert list(locked.to(package()).fetch()) == [f"fast-1.0-{tag}.whl"]


@pytest.mark.parametrize("file", ["fast-1.0.tar.gz", "fast-1.0-cp312-cp312-macosx_11_0_arm64.whl"])
def test_nothing_is_compiled(offer: Callable[[str, bytes], None], locked: Locked, file: str) -> None:
    offer(file, package())
    with pytest.raises(CommandError, match=r"no wheel of fast==1\.0 for Python 3\.12 on x86_64 Linux"):
        locked.to(package()).fetch()


def test_a_wheel_that_somebody_changed_is_refused(offer: Callable[[str, bytes], None], locked: Locked) -> None:
    offer(f"fast-1.0-{LINUX}.whl", package(body="import os; os.system('true')\n"))
    with pytest.raises(CommandError, match=r"not the one that layer\.lock has the hash of"):
        locked.to(package()).fetch()
    assert not list(locked.cache.glob("*.whl"))


def test_a_lock_without_hashes_is_refused(offer: Callable[[str, bytes], None], locked: Locked) -> None:
    offer(f"fast-1.0-{LINUX}.whl", package())
    with pytest.raises(CommandError, match="hash"):
        locked.to().fetch()


def test_the_second_time_no_index_is_asked(
    offer: Callable[[str, bytes], None], locked: Locked, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    offer(f"fast-1.0-{LINUX}.whl", package())
    first = locked.to(package()).fetch()
    (tmp_path / "index").rename(tmp_path / "gone")
    assert locked.fetch() == first == {f"fast-1.0-{LINUX}.whl": package()}
    # What lies in the cache is believed no more than what an index says.
    (locked.cache / f"fast-1.0-{LINUX}.whl").write_bytes(package(body="changed = 1\n"))
    with pytest.raises(CommandError, match="can be reached from here"):
        locked.fetch()
    (tmp_path / "gone").rename(tmp_path / "index")
    assert locked.fetch() == first


def test_a_lock_that_is_behind_is_said(locked: Locked) -> None:
    with pytest.raises(CommandError, match=r"there is no .*layer\.lock") as missing:
        locked.fetch()
    assert "make lock" in missing.value.fix
    locked.to(package()).requirements.write_text("fast>=1\nTz.Data>=2\n")
    with pytest.raises(CommandError, match=r"layer\.lock does not have tz-data, which requirements\.txt asks for") as behind:
        locked.fetch()
    assert "make lock" in behind.value.fix


def test_a_lock_with_conditions_is_refused(locked: Locked) -> None:
    """They would be true or false for the machine that builds."""
    locked.to(package()).lock.write_text("fast==1.0 ; python_version < '3.12' --hash=sha256:00\n")
    with pytest.raises(CommandError, match="on a condition"):
        locked.fetch()


def test_a_layer_may_need_nothing(locked: Locked) -> None:
    locked.requirements.write_text("# Nothing.\n")
    locked.lock.write_text("")
    assert locked.fetch() == {}


def test_what_no_import_reads_stays_out() -> None:
    content = wheel(
        **{
            "fast/__init__.py": "",
            "fast/core.cpython-312-x86_64-linux-gnu.so": "code",
            "fast/table.json": "{}",
            "fast/tests/test_it.py": "",
            "fast/__main__.py": "",
            "fast/__init__.pyi": "",
            "fast/py.typed": "",
            "fast/__pycache__/__init__.cpython-312.pyc": "",
            "fast-1.0.data/purelib/fast/more.py": "",
            "fast-1.0.data/scripts/fast": "#!python",
            "fast-1.0.data/headers/fast.h": "",
            "fast-1.0.dist-info/METADATA": "",
            "fast-1.0.dist-info/RECORD": "/home/somebody/fast/__init__.py,,",
            "fast-1.0.dist-info/entry_points.txt": "",
            "fast-1.0.dist-info/LICENSE.txt": "",
            "fast-1.0.dist-info/licenses/AUTHORS.md": "",
        }
    )
    assert sorted(unpacked({f"fast-1.0-{LINUX}.whl": content})) == [
        "licenses/fast-1.0/AUTHORS.md",
        "licenses/fast-1.0/LICENSE.txt",
        "python/fast/__init__.py",
        "python/fast/core.cpython-312-x86_64-linux-gnu.so",
        "python/fast/more.py",
        "python/fast/table.json",
    ]


@pytest.mark.contract("zoneinfo of Python 3.12, _common.load_tzdata: a zone is a resource of a package below tzdata.zoneinfo")
def test_of_the_time_zones_the_lists_stay_out() -> None:
    content = wheel(**dict.fromkeys(
        ("tzdata/__init__.py", "tzdata/zones", "tzdata/zoneinfo/__init__.py", "tzdata/zoneinfo/zone.tab", "tzdata/zoneinfo/tzdata.zi",
         "tzdata/zoneinfo/leapseconds", "tzdata/zoneinfo/UTC", "tzdata/zoneinfo/Asia/__init__.py", "tzdata/zoneinfo/Asia/Shanghai"), ""
    ))  # fmt: skip
    assert sorted(unpacked({"tzdata-2026.1-py2.py3-none-any.whl": content})) == [
        "python/tzdata/__init__.py",
        "python/tzdata/zoneinfo/Asia/Shanghai",
        "python/tzdata/zoneinfo/Asia/__init__.py",
        "python/tzdata/zoneinfo/UTC",
        "python/tzdata/zoneinfo/__init__.py",
    ]


def test_two_wheels_with_one_file_are_refused() -> None:
    one, other = wheel(**{"shared/__init__.py": "x = 1\n"}), wheel(**{"shared/__init__.py": "x = 2\n"})
    assert list(unpacked({"a-1-py3-none-any.whl": one, "b-1-py3-none-any.whl": one})) == ["python/shared/__init__.py"]
    with pytest.raises(CommandError, match="both bring python/shared/__init__"):
        unpacked({"a-1-py3-none-any.whl": one, "b-1-py3-none-any.whl": other})
