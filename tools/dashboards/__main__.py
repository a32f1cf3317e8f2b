"""Writes the dashboards to deploy/grafana/dashboards; with `--check` exit 5 where one is stale."""

import json
import sys
from pathlib import Path

from tools.dashboards.delivery import DELIVERY
from tools.dashboards.identity import IDENTITY
from tools.dashboards.lag import LAG
from tools.dashboards.overview import OVERVIEW
from tools.dashboards.panels import Dashboard, as_json

HOME = Path(__file__).parents[2] / "deploy" / "grafana" / "dashboards"
DASHBOARDS = (OVERVIEW, LAG, DELIVERY, IDENTITY)


def written(dashboard: Dashboard) -> str:
    """The file of a dashboard."""
    return json.dumps(as_json(dashboard), indent=1) + "\n"


def main() -> int:
    """Write them, or compare."""
    stale = False
    for dashboard in DASHBOARDS:
        path, text = HOME / f"{dashboard.name}.json", written(dashboard)
        stale = stale or not path.exists() or path.read_text() != text
        if "--check" not in sys.argv[1:]:
            path.write_text(text)
    return 5 if stale and "--check" in sys.argv[1:] else 0


if __name__ == "__main__":
    sys.exit(main())
