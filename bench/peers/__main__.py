"""`python -m bench.peers`: the product beside its peers, on one backlog, on one core each.

Real Kafka and real HTTP; broker and stand-in have one core, the contestant the other. The rounds
are interleaved and the figures are medians. What was played is kept, so a run that was stopped
goes on where it was.

Example: python -m bench.peers --only S1 --contestants product aiokafka-aiohttp --rounds 3
"""

import argparse
import json
import shutil
import sys
import time
from dataclasses import replace
from pathlib import Path

from bench.backlog import backlog
from bench.bound import bound
from bench.peers.contestants import CONTESTANTS, NotHereError
from bench.peers.results import Results
from bench.peers.run import WORLD, Play, on_core
from bench.peers.scenarios import QUICK, SCENARIOS, Scenario
from bench.peers.table import OURS, shown
from tests.broker.kafka import BrokerError, RealKafka
from tests.broker.parts import MissingPartError, fetch
from tests.crash.processes import ProcessError

FEW = ("product", "naive-faust", "aiokafka-aiohttp", "parallel-consumer")
KEPT = Path(__file__).parents[2] / ".cache" / "bench-peers"


def parser() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(
        prog="python -m bench.peers",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    options.add_argument("--only", choices=list(SCENARIOS), nargs="+", help="scenarios")
    options.add_argument("--contestants", choices=list(CONTESTANTS), nargs="+")
    options.add_argument("--all", action="store_true", help="every scenario, every contestant")
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--events", type=int, help="of each backlog; default: the scenario's")
    options.add_argument("--json", action="store_true", help="one object instead of the tables")
    options.add_argument("--directory", type=Path, default=KEPT, help="where the results are kept")
    return options


def main() -> int:
    given = parser().parse_args()
    began = time.monotonic()

    def say(text: str) -> None:
        sys.stderr.write(f"{time.monotonic() - began:7.1f} s  {text}\n")
        sys.stderr.flush()

    scenarios = [SCENARIOS[name] for name in given.only or (SCENARIOS if given.all else QUICK)]
    if given.events:
        scenarios = [replace(one, events=given.events) if one.events else one for one in scenarios]
    names = given.contestants or (CONTESTANTS if given.all else FEW)
    given.directory.mkdir(parents=True, exist_ok=True)
    results = Results(given.directory / "results.jsonl")
    try:
        fetch()
        versions = {}
        for name in names:
            try:
                versions[name] = CONTESTANTS[name].prepare()
                say(versions[name])
            except NotHereError as error:
                say(f"left out: {name}: {error}")
        _play(given, scenarios, versions, results, say)
    except (MissingPartError, BrokerError, ProcessError) as error:
        sys.stderr.write(f"{error}\nthe same command goes on where it stopped\n")
        return 4
    figures = {
        one.name: {name: results.medians(one, name, version) for name, version in versions.items()}
        for one in scenarios
    }
    if given.json:
        sys.stdout.write(json.dumps({"versions": versions, "figures": figures}) + "\n")
        return 0
    sys.stdout.write(shown(scenarios, figures, _bounds(scenarios)) + "\n")
    sys.stdout.write("\n" + "\n".join(versions.values()) + "\n")
    return 0


def _play(given, scenarios, versions, results, say) -> None:
    wanted = [
        (scenario, name, round_)
        for scenario in scenarios
        for round_ in range(1, given.rounds + 1)
        for name in versions
        if not results.has(scenario, name, versions[name], round_)
    ]
    if not wanted:
        return
    room = given.directory / "run"
    shutil.rmtree(room, ignore_errors=True)
    room.mkdir()
    with on_core(WORLD):
        broker = RealKafka(room / "kafka").__enter__()
    try:
        play = Play(broker.bootstrap, room, say)
        for number, (scenario, name, round_) in enumerate(wanted, 1):
            say(f"{number} of {len(wanted)}: {scenario.name} {name}, round {round_}")
            figures = play.once(scenario, CONTESTANTS[name], round_)
            results.add(scenario, name, versions[name], round_, figures)
    finally:
        broker.__exit__(None, None, None)
    shutil.rmtree(room, ignore_errors=True)


def _bounds(scenarios: list[Scenario]) -> dict[str, dict[str, float]]:
    return {
        one.name: {name: _bound(one, per_action=name != OURS[0]) for name in OURS}
        for one in scenarios
        if one.events and one.latency_ms and not one.flow
    }


def _bound(scenario: Scenario, *, per_action: bool) -> float:
    least = bound(backlog(scenario.events, hot=scenario.hot), per_action=per_action)
    return scenario.events / least.seconds(scenario.latency_ms / 1000, scenario.rate)


if __name__ == "__main__":
    sys.exit(main())
