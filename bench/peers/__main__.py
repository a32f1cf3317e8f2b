"""`python -m bench.peers`: the product beside its peers, on one backlog, on one core each.

Real Kafka and real HTTP; broker and stand-in have one core, the contestant the other. The rounds
are interleaved and the figures are medians. What was played is kept, so a run that was stopped
goes on where it was. Exit 5 where ours lost, doubled or reordered anything.

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
from bench.bound import bound, least_waits
from bench.journal import at_share
from bench.peers.contestants import CONTESTANTS, OURS, NotHereError
from bench.peers.cores import WORLD, on_core
from bench.peers.reached import broken
from bench.peers.results import Results
from bench.peers.run import Play
from bench.peers.scenarios import QUICK, SCENARIOS, TO_THE_END, Scenario
from bench.peers.table import shown
from bench.peers.world import bearable, versions
from tests.broker.kafka import BrokerError, RealKafka
from tests.broker.parts import MissingPartError, fetch
from tests.crash.processes import ProcessError

FEW = (*OURS, "naive-faust", "aiokafka-aiohttp", "parallel-consumer")
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
    if given.all:
        scenarios = [replace(one, seconds=TO_THE_END) for one in scenarios]
    if given.events:
        scenarios = [replace(one, events=given.events) if one.events else one for one in scenarios]
    names = given.contestants or (CONTESTANTS if given.all else FEW)
    given.directory.mkdir(parents=True, exist_ok=True)
    results = Results(given.directory / "results.jsonl")
    try:
        fetch()
        here = {}
        for name in names:
            try:
                here[name] = CONTESTANTS[name].prepare()
                say(here[name])
            except NotHereError as error:
                say(f"left out: {name}: {error}")
        _play(given, scenarios, here, results, say)
    except (MissingPartError, BrokerError, ProcessError) as error:
        sys.stderr.write(f"{error}\nthe same command goes on where it stopped\n")
        return 4
    figures = {
        one.name: {name: results.medians(one, name, version) for name, version in here.items()}
        for one in scenarios
    }
    world = f"{versions()}; the stand-in bears {bearable():,.0f} requests/s"
    if given.json:
        told = {"versions": here, "world": world, "figures": figures}
        sys.stdout.write(json.dumps(told) + "\n")
    else:
        text = shown(scenarios, figures, _bounds(scenarios), _waits(scenarios))
        sys.stdout.write("\n".join([text, "", world, *dict.fromkeys(here.values())]) + "\n")
    return 5 if any(broken(figures)) else 0


def _play(given, scenarios, here, results, say) -> None:
    wanted = [
        (scenario, name, round_)
        for scenario in scenarios
        for round_ in range(1, given.rounds + 1)
        for name in here
        if not results.has(scenario, name, here[name], round_)
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
            results.add(scenario, name, here[name], round_, figures)
    finally:
        broker.__exit__(None, None, None)
    shutil.rmtree(room, ignore_errors=True)


def _bounds(scenarios: list[Scenario]) -> dict[str, dict[str, float]]:
    return {
        one.name: {name: _bound(one, per_action=name != OURS[0]) for name in OURS}
        for one in scenarios
        if one.events and one.latency_ms and not one.flow
    }


def _waits(scenarios: list[Scenario]) -> dict[str, str]:
    """What order alone costs in a flow, in words."""
    return {one.name: _wait(one) for one in scenarios if one.flow}


def _wait(scenario: Scenario) -> str:
    said = []
    for name in OURS:
        work = backlog(scenario.events, hot=scenario.hot)
        latency, per_action = scenario.latency_ms / 1000, name != OURS[0]
        waits = least_waits(work, scenario.flow, latency, per_action=per_action)
        counted = [wait * 1000 for n, wait in waits.items() if n > scenario.warm]
        said.append(f"{name} {at_share(counted, 0.5):.0f} and {at_share(counted, 0.99):.0f} ms")
    return (
        f"Where nothing but order takes time, p50 and p99 until the request are: {'; '.join(said)}."
    )


def _bound(scenario: Scenario, *, per_action: bool) -> float:
    least = bound(backlog(scenario.events, hot=scenario.hot), per_action=per_action)
    return scenario.events / least.seconds(scenario.latency_ms / 1000, scenario.rate)


if __name__ == "__main__":
    sys.exit(main())
