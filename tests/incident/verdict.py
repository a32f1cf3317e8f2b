"""The recorded incident as a promtool test: in each stage the right alert fires, and no other."""

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

import yaml

from tests.deploy.files import RULES, promtool
from tests.deploy.promql import metrics, rules
from tests.incident.playing import SHOP
from tests.incident.recording import Recording, notation, shown
from tests.incident.stages import STAGES, STRETCH, Stage, windows

EVERY = 60 // STRETCH
"""Of so many seconds of the play one is kept: a sample a minute."""

RECORDED = Path(__file__).with_name("recorded.yml")
HEAD = """\
# Written by `make incident`: what a real worker exported while things went wrong, see
# tests/incident/stages.py. One second of the play stands for {stretch}: whatever is measured in
# seconds is stretched alike. Of each stage it is asked which alerts fired in it at all.
"""


def named_by_rules() -> set[str]:
    """The metrics that any rule goes by."""
    return {name for rule in rules() for name in metrics(rule["expr"])}


def as_test(recording: Recording, rule_file: str, stages: Sequence[Stage] = STAGES) -> str:
    """The text of the test."""
    kept = recording.thinned(EVERY, named_by_rules())
    series = [
        {"series": shown(one), "values": notation(values)}
        for one, values in sorted(kept.values.items())
        if wanted(dict(one[1]))
    ]
    test = {
        "name": "the incident",
        "interval": "1m",
        "input_series": series,
        "promql_expr_test": [_asked(*window) for window in windows(stages)],
    }
    document = {"rule_files": [rule_file], "evaluation_interval": "1m", "tests": [test]}
    text = yaml.safe_dump(document, sort_keys=False, width=10_000, allow_unicode=True)
    return HEAD.format(stretch=STRETCH) + text


def wanted(labels: Mapping[str, str]) -> bool:
    """Without the endpoints that this shop does not use, and buckets that no rule names."""
    return labels.get("le", "300") == "300" and labels.get("action", "event") in {"event", *SHOP}


def _asked(stage, start: int, end: int) -> dict:
    first, last = -(-start // EVERY), -(-end // EVERY) - 1
    fired = f'max_over_time(ALERTS{{alertstate="firing"}}[{last - first}m])'
    labels = f'{{alertname="{stage.alert}"}}'
    return {
        "eval_time": f"{last}m",
        "expr": f"max by (alertname) ({fired})",
        "exp_samples": [{"labels": labels, "value": 1}] if stage.alert else [],
    }


def judged(path: Path) -> str:
    """What promtool has against it; nothing where all is as it should be."""
    done = subprocess.run(
        [promtool(), "test", "rules", str(path)], capture_output=True, text=True, cwd=RULES.parent
    )
    return "" if done.returncode == 0 else done.stdout + done.stderr
