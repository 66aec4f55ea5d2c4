"""Trains the model: ``python -m bot.nlu.train models/name.tar.gz``, with progress lines."""

from __future__ import annotations

import argparse
import logging
import os
import sys
import time
import warnings
from pathlib import Path
from typing import Callable, List, Optional

from bot.nlu.without_tensorflow import import_rasa_light
from bot.settings import PROJECT

os.environ.setdefault("RASA_TELEMETRY_ENABLED", "false")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
# Rasa draws its progress bars only below this level.
os.environ.setdefault("LOG_LEVEL", "WARNING")
os.environ.setdefault("SQLALCHEMY_SILENCE_UBER_WARNING", "1")


class TrainingError(RuntimeError):
    """Rasa could not train; the lines above the message say why."""


def train(path: Path, tell: Callable[[str], None] = print) -> Path:
    """Train on the project's files and return the model at ``path``.

    ``tell`` gets a line for each step. Raises TrainingError when there is no model at the end.
    """
    started = time.monotonic()
    tell("Loading the training tools …")
    from rasa.model_training import train as train_rasa

    watcher = _Progress(tell, started)
    steps = logging.getLogger("rasa.engine.training.hooks")
    steps.setLevel(logging.INFO)
    steps.addHandler(watcher)
    steps.propagate = False
    try:
        result = train_rasa(
            domain=str(PROJECT / "domain.yml"),
            config=str(PROJECT / "config.yml"),
            training_files=[str(PROJECT / "data" / part) for part in ("nlu", "rules", "stories")],
            output=str(path.parent),
            fixed_model_name=path.name,
            # The step cache under .rasa/ does not know the code and texts the model depends on.
            force_training=True,
        )
    finally:
        steps.removeHandler(watcher)
    if result.code or not path.exists():
        raise TrainingError("Training ended without a model.")
    tell(f"Trained {path.name} in {time.monotonic() - started:.0f} s")
    return path


class _Progress(logging.Handler):
    """Turns Rasa's "Starting to train component 'X'." into one short line each."""

    def __init__(self, tell: Callable[[str], None], started: float) -> None:
        super().__init__(logging.INFO)
        self.tell, self.started = tell, started

    def emit(self, record: logging.LogRecord) -> None:
        parts = record.getMessage().split("'")
        if record.getMessage().startswith("Starting to train") and len(parts) > 1:
            self.tell(f"{time.monotonic() - self.started:4.0f} s  {parts[1].rsplit('.', 1)[-1]}")


def main(arguments: Optional[List[str]] = None) -> int:
    """Train one model and return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m bot.nlu.train", description=__doc__)
    parser.add_argument("model", type=Path, help="where to write the model, ending in .tar.gz")
    path = parser.parse_args(arguments).model.resolve()
    import_rasa_light()
    from bot.nlu import private_log

    private_log.configure()
    # Training reads no patient text, so its complaints may be read in full.
    logging.captureWarnings(False)
    warnings.showwarning = lambda *_, **__: None  # what libraries think of each other
    logging.getLogger().handlers = [logging.StreamHandler(sys.stderr)]
    try:
        train(path, lambda line: print(line, flush=True))
    except TrainingError as error:
        print(str(error), file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
