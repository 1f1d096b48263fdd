"""Install this checkout into this Python's environment: `python scripts/install.py [EXTRA ...] [-- PIP OPTION ...]`.

MediaPipe's metadata asks for more than its face, pose and hand models load: JAX (380 MB, used by its converter of
language models alone) and an OpenCV that needs libGL, which servers lack. Pip can't leave a dependency out, so pip
resolves, and what it chose is installed without JAX and with the headless build of the same OpenCV.
"""

import json
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
LEFT_OUT = {"jax", "jaxlib", "opencv-contrib-python"}
INSTEAD = "opencv-contrib-python-headless"


def main(arguments: list[str]) -> None:
    """Install the core, and the extras named, at the versions of constraints.txt."""
    cut = arguments.index("--") if "--" in arguments else len(arguments)
    extras, options = arguments[:cut], [*arguments[cut + 1 :], "--constraint", str(ROOT / "constraints.txt")]
    checkout = f"{ROOT}[{','.join(extras)}]" if extras else str(ROOT)
    report = json.loads(pip("--dry-run", "--report", "-", *options, "--editable", checkout, INSTEAD))
    chosen = [f"{package['name']}=={package['version']}" for package in (i["metadata"] for i in report["install"])]
    wanted = [package for package in chosen if normalised(package) not in LEFT_OUT | {"mentalis"}]
    print(f"Installing {len(wanted)} packages", flush=True)
    pip("--no-deps", *options, "--editable", str(ROOT), *wanted)


def pip(*arguments: str) -> str:
    """What `pip install` prints; its errors go to the terminal.

    Raises:
        SystemExit: pip failed.
    """
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--quiet", *arguments]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        sys.exit(f"pip could not install Mentalis (see above); tried: {' '.join(command)}")
    return done.stdout


def normalised(requirement: str) -> str:
    """The package's name as the index spells it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", requirement.partition("==")[0]).lower()


if __name__ == "__main__":
    main(sys.argv[1:])
