"""The wheel: holds what is tracked, nothing else, and runs where no checkout is."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import sysconfig
import urllib.request
import venv
import zipfile
from collections.abc import Callable
from configparser import ConfigParser
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow
ROOT = Path(__file__).resolve().parents[2]
# Folder of the checkout -> where it is installed.
INSTALLED = {
    "recommender": "recommender",
    "storefront": "storefront",
    "templates": "storefront/_templates",
    "migrations": "storefront/_migrations",
    "plugins": "storefront/bundled",
}


def test_every_folder_of_code_is_in_the_list_of_packages() -> None:
    """A folder that is not listed is silently absent from the wheel."""
    found = {"storefront._templates", "storefront._migrations", "storefront.bundled"}
    for name in tracked():
        top, _, rest = name.partition("/")
        if name.endswith("/__init__.py") and top in {"recommender", "storefront"}:
            found.add(name.removesuffix("/__init__.py").replace("/", "."))
        elif top == "plugins" and rest.endswith("/__init__.py"):
            found.add("storefront.bundled." + rest.removesuffix("/__init__.py").replace("/", "."))
    assert sorted(listed_packages()) == sorted(found)


def test_every_folder_that_holds_code_is_a_package() -> None:
    folders = {str(Path(name).parent) for name in tracked() if name.endswith(".py")}
    bare = {folder for folder in folders if f"{folder}/__init__.py" not in tracked()}
    scripts = re.compile(r"plugins/\w+/(art|content)|migrations/\w*versions")
    assert [folder for folder in sorted(bare) if not scripts.fullmatch(folder)] == []


def test_the_wheel_holds_the_tracked_files_of_its_folders_and_no_others(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
    expected = set()
    for name in tracked():
        top, _, rest = name.partition("/")
        expected.add(f"{INSTALLED[top]}/{rest}")
    assert names == expected


def test_nothing_but_the_two_names_lands_at_the_top(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        tops = {name.split("/")[0] for name in archive.namelist() if ".dist-info/" not in name}
    assert tops == {"storefront", "recommender"}


def test_it_runs_where_no_checkout_is(installed: Callable[..., Any], place: Path) -> None:
    where = installed("python", "-c", "import storefront, sys; print(storefront.__file__, *sys.path)").stdout
    assert str(ROOT / "storefront") not in where
    assert "init" in installed("regulars", "--help").stdout
    assert "created" in installed("regulars", "init").stdout
    assert json.loads(installed("regulars", "doctor", "--json").stdout)["ok"] is True
    with serving(installed) as address:
        assert 'data-page="home"' in read(address + "/")
        assert 'lang="zh-CN"' in read(address + "/zh/")
    assert [path.name for path in place.iterdir()] == ["instance"]


def test_the_demo_is_built_and_shows_a_product(installed: Callable[..., Any]) -> None:
    built = installed("regulars", "demo", "--no-serve", "--customers", "120", "--json", timeout=900)
    assert {account["role"] for account in json.loads(built.stdout)["accounts"]} >= {"owner", "student"}
    assert json.loads(installed("regulars", "doctor", "--json").stdout)["findings"] == []
    with serving(installed) as address:
        product = re.search(r'href="(/p/[^"]+)"', read(address + "/"))
        assert product, "the first page leads to products"
        page = read(address + product[1])
        assert 'data-page="product"' in page
        picture = re.search(r'src="(/media/[^"]+)"', page)
        assert picture, "with its picture"
        with urllib.request.urlopen(address + picture[1], timeout=60) as response:
            assert response.headers["Content-Type"] == "image/webp"


# --- the checkout -----------------------------------------------------------------------------------------


def tracked() -> set[str]:
    """Files of the installed folders that belong to the product."""
    command = ["git", "ls-files", "--", *INSTALLED]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return {name for name in listed.splitlines() if (ROOT / name).is_file()}


def listed_packages() -> list[str]:
    parser = ConfigParser()
    parser.read(ROOT / "setup.cfg")
    return parser["options"]["packages"].split()


# --- building and installing ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from the tracked files alone, without the network."""
    source = tmp_path_factory.mktemp("source")
    for name in {*tracked(), "setup.cfg", "pyproject.toml", "README.md"}:
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, source / name)
    out = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(out), str(source)]
    built = subprocess.run(command, capture_output=True, text=True)
    assert built.returncode == 0, built.stdout[-2000:] + built.stderr[-2000:]
    (made,) = out.glob("*.whl")
    return made


@pytest.fixture(scope="module")
def environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new environment with the wheel, which borrows the dependencies of this one."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=False, symlinks=True)
    library = Path(sysconfig.get_path("purelib", vars={"base": str(folder), "platbase": str(folder)}))
    # A plain path: .pth files found there (our editable install) are not followed.
    (library / "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n")
    command = [sys.executable, "-m", "pip", "--python", str(folder / "bin" / "python"), "install", "--quiet"]
    command += ["--no-index", "--no-deps", "--ignore-installed", str(wheel)]
    subprocess.run(command, check=True, capture_output=True)
    return folder


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """An empty folder."""
    return tmp_path


@pytest.fixture
def installed(environment: Path, place: Path) -> Callable[..., Any]:
    """Run a program of the new environment in the empty folder."""
    kept = ("PATH", "HOME", "LANG", "TMPDIR")
    environ = {name: os.environ[name] for name in kept if name in os.environ}

    def run(program: str, *words: str, timeout: int = 120, popen: bool = False) -> Any:
        command = [str(environment / "bin" / program), *words]
        if popen:
            return subprocess.Popen(command, cwd=place, env=environ, stdout=subprocess.PIPE, text=True)
        ended = subprocess.run(
            command, cwd=place, env=environ, capture_output=True, text=True, timeout=timeout
        )
        assert ended.returncode == 0, ended.stdout[-3000:] + ended.stderr[-3000:]
        return ended

    return run


class serving:
    """`regulars serve` on a free port; the value is its address."""

    def __init__(self, installed: Callable[..., Any]) -> None:
        self.process = installed("regulars", "serve", "--port", "0", popen=True)

    def __enter__(self) -> str:
        found = re.search(r"listening on (.*:\d+)\)", self.process.stdout.readline())
        assert found
        return f"http://{found[1]}"

    def __exit__(self, *error: object) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(60)
        self.process.stdout.close()


def read(url: str) -> str:
    with urllib.request.urlopen(url, timeout=60) as response:
        return response.read().decode()
