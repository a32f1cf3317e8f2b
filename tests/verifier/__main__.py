"""`python -m tests.verifier`: the account of a run, and one word. Exit 0 only if all was kept."""

import argparse
import asyncio
import json
import sys
from dataclasses import asdict
from pathlib import Path

from tests.verifier.facts import journal, published
from tests.verifier.judging import judge
from tests.verifier.report import Report
from tests.verifier.topics import letters, receipts

SHOWN = 20
FAILED = 5
COLUMNS = ("expected", "accepted", "repeated", "delivered", "suppressed", "dead_lettered")


def main() -> int:
    given = parser().parse_args()
    report = asyncio.run(account(given))
    if given.json:
        print(json.dumps(told(report)))
    else:
        print(text(report))
    return 0 if report.kept else FAILED


def parser() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(prog="python -m tests.verifier", description=__doc__)
    options.add_argument("--manifest", type=Path, required=True, help="of the producer")
    options.add_argument("--journal", type=Path, required=True, help="of the sandbox")
    options.add_argument("--bootstrap", required=True, help="host:port of the broker")
    options.add_argument(
        "--prefix", nargs="+", default=["cordial"], help="of the product's topics, of each layout"
    )
    options.add_argument("--id-key", default="segment_id", help="identifier that is the user id")
    options.add_argument("--in-doubt", choices=["resend", "at_most_once"], default="resend")
    options.add_argument(
        "--order", choices=["contact", "action"], default="contact", help="as the plan has it"
    )
    options.add_argument(
        "--plan-changed", type=float, help="when all workers had the last plan, s since 1970"
    )
    options.add_argument("--json", action="store_true", help="one JSON document instead of text")
    return options


async def account(given: argparse.Namespace) -> Report:
    with given.manifest.open() as lines:
        manifest = list(published(lines))
    with given.journal.open() as lines:
        seen = journal(lines, given.id_key)
    said, dead = [], []
    for prefix in given.prefix:
        said += await receipts(given.bootstrap, f"{prefix}.receipts")
        dead += await letters(given.bootstrap, f"{prefix}.dead-letters")
    return judge(manifest, seen, said, dead, given.in_doubt, given.plan_changed, given.order)


def told(report: Report) -> dict[str, object]:
    rows = {action: asdict(row) for action, row in sorted(report.rows.items())}
    return {
        "verdict": report.verdict,
        "kept": report.kept,
        "published": report.published,
        "requests": report.requests,
        "actions": rows,
        "inDoubt": report.in_doubt,
        "late": report.late,
        "violations": report.violations,
    }


def text(report: Report) -> str:
    lines = [f"{'':26}" + "".join(f"{column:>14}" for column in COLUMNS)]
    for action, row in sorted(report.rows.items()):
        counts = asdict(row)
        lines.append(f"{action:26}" + "".join(f"{counts[column]:>14,}" for column in COLUMNS))
    lines.append(
        f"{report.published:,} records published, {report.requests:,} requests, "
        f"{len(report.in_doubt)} orders accepted again and named in doubt, "
        f"{len(report.late)} commands late because only the new plan wants them"
    )
    for name, cases in report.violations.items():
        lines.append(f"{name}: {len(cases)}")
        lines += [f"  {case}" for case in cases[:SHOWN]]
        if len(cases) > SHOWN:
            lines.append(f"  … and {len(cases) - SHOWN} more")
    lines.append(report.verdict)
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
