"""``python -m benchmarks.compare``: ours beside stock Rasa on this machine, within 15 minutes.

Writes docs/benchmarks/compare.md, .png and .json. The stock model is trained once (some 20 minutes)
and kept in var/compare, as is what its training took.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import platform
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any, Dict, List

from benchmarks.compare import report
from benchmarks.compare.accuracy import measure as measure_accuracy
from benchmarks.compare.measure import measure
from benchmarks.compare.training import EPOCHS, KEPT, train_ours, train_stock
from bot.service.training import ensure_model
from bot.settings import PROJECT

RESULTS = PROJECT / "docs" / "benchmarks"
#: Texts of each intent that both learn from for the comparison of accuracy, and that the stock
#: model of the comparison of speed knows.
CAP = 25
#: Epochs on all texts, from which those of a whole training are extrapolated.
MEASURED_EPOCHS = 2


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.compare",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--quick", action="store_true", help="few talks; into reports/")
    parser.add_argument("--repetitions", type=int, default=3, help="of both systems (3)")
    parser.add_argument("--kept", type=Path, default=KEPT, help="folder of the stock models")
    parser.add_argument("--model", type=Path, help="our model (default: that of the sources)")
    parser.add_argument("--redraw", action="store_true", help="page and picture from compare.json")
    parser.add_argument("--only-stock", action="store_true", help="train the stock models and end")
    options = parser.parse_args()
    folder = PROJECT / "reports" / "compare" if options.quick else RESULTS
    folder.mkdir(parents=True, exist_ok=True)
    if not options.redraw:
        raw = run(options)
        if raw is None:
            return 0
        (folder / "compare.json").write_text(json.dumps(raw, indent=None), encoding="utf-8")
    raw = json.loads((folder / "compare.json").read_text(encoding="utf-8"))
    (folder / "compare.md").write_text(report.markdown(raw), encoding="utf-8")
    report.draw(raw, folder / "compare.png")
    print(report.markdown(raw))
    return 0


def run(options: argparse.Namespace) -> Dict[str, Any] | None:
    """Measure everything and return it as plain data; None when only stock was to be trained."""
    _say("stock model: the kept one, or a training of some 20 minutes ...")
    stock = train_stock(CAP, EPOCHS, options.kept)
    stock_all = train_stock(None, MEASURED_EPOCHS, options.kept)
    if options.only_stock:
        return None
    repetitions = 1 if options.quick else options.repetitions
    load_before = os.getloadavg()[0]
    models = {
        "ours": (options.model or ensure_model()).resolve(),
        "stock": (options.kept / f"{Path(stock.model).name}").resolve(),
    }
    with tempfile.TemporaryDirectory(prefix="compare-") as name:
        systems = measure(
            models, Path(name), repetitions=repetitions, quick=options.quick, say=_say
        )
    raw: Dict[str, Any] = {"systems": systems}
    if not options.quick:
        _say("our training ...")
        raw["training"] = {
            "ours": asdict(train_ours(options.kept)),
            "stock_all": asdict(stock_all),
            "stock_capped": asdict(stock),
        }
        _say("held-out questions ...")
        raw["accuracy"] = measure_accuracy(models["stock"], CAP)
    for trained in raw.get("training", {}).values():
        # Where it lies on this machine is nobody's business.
        trained["model"] = Path(trained["model"]).name
    return {**raw, **_about(options, stock_all, load_before, repetitions)}


def _about(options: argparse.Namespace, stock_all: Any, load: float, times: int) -> Dict[str, Any]:
    flags = " --quick" if options.quick else ""
    full = stock_all.at_full_length()
    today = datetime.date.today()
    about = [
        f"{today.day} {today:%B %Y}, {os.cpu_count()} cores ({platform.machine()}), Python "
        f"{platform.python_version()}, load {load:.1f} before the run. {times} repetitions of each "
        "system, in turn; the patients write from a process of their own on the same cores.",
        "",
        "*Ours* is rasa and care as `make serve` starts them: every message screened, every event "
        "encrypted in SQLite. *Stock* is the configuration that `rasa init` writes (DIET, TED, "
        "UnexpecTED) over our texts and rules, with the plain `rest` channel and Rasa's default "
        "store, which is memory; our actions are plain texts there, so it has no action server.",
    ]
    notes: List[str] = [
        "Conversations of ten turns: a greeting, six questions and two mild symptoms of the "
        "development sets, thanks. Intervals: repetitions and conversations resampled.",
        f"The stock model of the speed figures has learnt {CAP} texts an intent for {EPOCHS} "
        "epochs: with all texts it would be larger, not quicker.",
        f"Stock's training on all {stock_all.texts:,} texts is **extrapolated** from "
        f"{stock_all.epochs} of {EPOCHS} epochs ({stock_all.processor:.0f} processor seconds "
        f"measured, about {full.processor / 3600:.1f} hours in all); ours is measured.",
        "Memory is the proportional set size of all processes after 16 at once.",
        "Our web channel's limits on what one patient may send were raised for the run "
        "(`web.rate_factor`); they were counted all the same.",
        "The first line of an emergency is on her page before the alert is raised; the time until "
        "it is there is what is compared, with the page's own live updates.",
    ]
    return {
        "command": f".venv/bin/python -m benchmarks.compare{flags}",
        "about": about,
        "notes": notes,
    }


def _say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
