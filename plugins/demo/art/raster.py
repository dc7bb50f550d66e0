"""Turns the drawings into the WebP files that the catalogue names: transparent, through chromium.

    python raster.py          makes what is missing in this folder
    python raster.py --all    makes everything again

Twelve drawings go through one browser window, which is what keeps this to a few minutes.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from draw import HERE, draw, named_in
from PIL import Image

SIZE, ACROSS, SHEET = 1280, 4, 12
SECOND_SIZE = 720  # second views are drawn for the gallery only
QUALITY = 30  # flat paper: more is not seen and is paid for in every download
BROWSER = [
    "/usr/bin/chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--hide-scrollbars",
    "--default-background-color=00000000",
]  # fmt: skip


def shoot(page: str, width: int, height: int, out: Path, folder: Path) -> None:
    """A picture of an HTML page at a size, with whatever the page leaves transparent."""
    source = folder / "page.html"
    source.write_text(page, encoding="utf-8")
    command = [*BROWSER, f"--user-data-dir={folder / 'profile'}", f"--window-size={width},{height}"]
    subprocess.run(
        [*command, f"--screenshot={out}", source.as_uri()], check=True, capture_output=True, timeout=180
    )


def _sheet(names: list[str], folder: Path) -> None:
    rows = -(-len(names) // ACROSS)
    images = "".join(f'<img src="{draw(name, folder).as_uri()}">' for name in names)
    style = f"*{{margin:0}}body{{width:{ACROSS * SIZE}px;font-size:0}}img{{width:{SIZE}px;height:{SIZE}px}}"
    out = folder / "sheet.png"
    shoot(f"<style>{style}</style>{images}", ACROSS * SIZE, rows * SIZE, out, folder)
    with Image.open(out) as sheet:
        for i, name in enumerate(names):
            x, y = i % ACROSS * SIZE, i // ACROSS * SIZE
            tile = sheet.crop((x, y, x + SIZE, y + SIZE))
            if "-with-" in name or name.endswith("-near"):
                tile = tile.resize((SECOND_SIZE, SECOND_SIZE), Image.Resampling.LANCZOS)
            tile.save(HERE / f"{name}.webp", quality=QUALITY, alpha_quality=30, method=6)


def main(everything: bool) -> None:
    """Makes the missing files, or all of them; files that the catalogue no longer names are removed."""
    wanted = named_in(HERE.parent / "catalogue.csv")
    for stale in [f for f in HERE.glob("*.webp") if f.stem not in wanted]:
        stale.unlink()
    names = [name for name in wanted if everything or not (HERE / f"{name}.webp").exists()]
    for i in range(0, len(names), SHEET):
        with tempfile.TemporaryDirectory() as folder:
            _sheet(names[i : i + SHEET], Path(folder))
        print(f"{min(i + SHEET, len(names))} of {len(names)}", flush=True)


if __name__ == "__main__":
    main("--all" in sys.argv)
