"""Plays the incident, writes what was recorded, and says whether the right alerts fired.

python -m tests.incident                   all of it, about seven minutes
python -m tests.incident --only slow       some stages after the quiet one; nothing is written
"""

import argparse
import asyncio
import pickle
import sys
import tempfile
from pathlib import Path

from tests.deploy.files import unpacked
from tests.incident.pictures import drawn
from tests.incident.playing import played
from tests.incident.prometheus import knowing
from tests.incident.recording import Recording
from tests.incident.stages import STAGES
from tests.incident.verdict import RECORDED, as_test, judged

CACHE = Path(__file__).parents[2] / ".cache" / "incident"


def tell(text: str) -> None:
    print(text, flush=True)


def draw(recording: Recording, folder: Path) -> None:
    with tempfile.TemporaryDirectory() as room, knowing(recording, Path(room)) as prometheus:
        for path in drawn(prometheus, folder):
            tell(f"drawn: {path}")


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--only", nargs="+", default=[], help="play these, after the quiet one")
    options.add_argument("--played", action="store_true", help="judge the last play again")
    options.add_argument("--pictures", type=Path, help="draw the dashboards into this folder")
    given = options.parse_args()
    if not (unpacked("promtool") and unpacked("prometheus")):
        sys.stderr.write("promtool or prometheus is missing: run .ci/promtool\n")
        return 4
    stages = [one for one in STAGES if not given.only or one.name in ("quiet", *given.only)]
    CACHE.mkdir(parents=True, exist_ok=True)
    kept = CACHE / ("only.pickle" if given.only else "recording.pickle")
    if not given.played:
        with tempfile.TemporaryDirectory() as directory:
            recording = asyncio.run(played(Path(directory), stages, tell))
        kept.write_bytes(pickle.dumps(recording))
    recording = pickle.loads(kept.read_bytes())
    target = CACHE / "only.yml" if given.only else RECORDED
    target.write_text(as_test(recording, "../../deploy/prometheus/rules.yml", stages))
    if given.pictures:
        draw(recording, given.pictures)
    against = judged(target)
    tell(against or "in each stage the right alert fired, and no other")
    return 1 if against else 0


if __name__ == "__main__":
    sys.exit(main())
