"""The trained model: which one belongs to the sources as they are, and training when none does."""

from __future__ import annotations

import gzip
import hashlib
import os
import subprocess
import sys
import zlib
from pathlib import Path

from bot.settings import PROJECT

MODELS = PROJECT / "models"
KEPT_MODELS = 3

#: What a model is made of, and what its decisions depend on.
SOURCES = (
    "config.yml",
    "domain.yml",
    "settings.yml",
    "data/nlu",
    "data/rules",
    "data/stories",
    "bot/content",
    "bot/nlu",
    "bot/screening",
    "bot/triage",
    "bot/assessment.py",
    "requirements/lock.txt",
)


class TrainingFailed(RuntimeError):
    """Training did not produce a model; the lines above the message say why."""


def model_path() -> Path:
    """Return where the model for the present sources is, or would be."""
    return MODELS / f"{sources_fingerprint()[:16]}.tar.gz"


def ensure_model(force: bool = False, to_standard_error: bool = False) -> Path:
    """Return the model for the present sources, trained now if there is none that can be read.

    Training runs in a process of its own, so that the memory TensorFlow takes is given back.
    Raises TrainingFailed.
    """
    path = model_path()
    if path.exists() and not force:
        if is_readable(path):
            return path
        print(f"{path.name} is damaged.", file=sys.stderr, flush=True)
    print(f"Training {path.name} (about half a minute) …", file=sys.stderr, flush=True)
    MODELS.mkdir(exist_ok=True)
    command = [sys.executable, "-W", "ignore::DeprecationWarning", "-m", "bot.nlu.train", str(path)]
    environment = dict(os.environ, RASA_TELEMETRY_ENABLED="false", TF_CPP_MIN_LOG_LEVEL="3")
    output = sys.stderr if to_standard_error else None
    done = subprocess.run(command, cwd=PROJECT, env=environment, stdout=output)
    if done.returncode or not is_readable(path):
        raise TrainingFailed("Training failed; the lines above say why.")
    _forget_old_models(keep=path)
    return path


def is_readable(model: Path) -> bool:
    """Return whether every file of a model can be read: the archive holds their checksums."""
    try:
        with gzip.open(model) as archive:
            while archive.read(1 << 20):
                pass
    except (OSError, EOFError, zlib.error):
        return False
    return True


def sources_fingerprint() -> str:
    """Return the SHA-256 over every file a model depends on, in hexadecimal."""
    digest = hashlib.sha256()
    for source in SOURCES:
        path = PROJECT / source
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if file.is_file() and "__pycache__" not in file.parts:
                digest.update(str(file.relative_to(PROJECT)).encode())
                digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()


def _forget_old_models(keep: Path) -> None:
    others = sorted(
        (model for model in MODELS.glob("*.tar.gz") if model != keep),
        key=lambda model: model.stat().st_mtime,
        reverse=True,
    )
    for model in others[KEPT_MODELS - 1 :]:
        model.unlink()
