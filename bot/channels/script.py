"""Makes the one script of the chat from the modules of bot/widget/static, without a build step.

The modules stay as they are for their readers; browsers get one request and fewer bytes.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Dict, List

_IMPORT = re.compile(r'^import \{[^}]*\} from "\./(\w+)\.js";\n', re.MULTILINE)
_NAME = re.compile(r"^(?:export )?(?:const|let|(?:async )?function|class) (\w+)", re.MULTILINE)
_COMMENT = re.compile(r"^[ ]*(?://[^\n]*|/\*\*.*?\*/)\n", re.MULTILINE | re.DOTALL)


def one_script(folder: Path, first: str = "element") -> str:
    """Return the module ``first`` with everything it imports as one script of the same meaning.

    Raises ValueError when two modules use one name, or when a module does more with import and
    export than these scripts do.
    """
    sources: Dict[str, str] = {}
    _collect(folder, first, sources)
    owners: Dict[str, str] = {}
    for module, source in sources.items():
        for name in _NAME.findall(source):
            if owners.setdefault(name, module) != module:
                raise ValueError(
                    f"{owners[name]}.js and {module}.js both define {name}; rename one."
                )
    return "(()=>{\n" + "\n".join(_bare(name, source) for name, source in sources.items()) + "})();"


def _collect(folder: Path, module: str, sources: Dict[str, str]) -> None:
    source = (folder / f"{module}.js").read_text(encoding="utf-8")
    for needed in _IMPORT.findall(source):
        if needed not in sources:
            _collect(folder, needed, sources)
    sources[module] = source


def _bare(module: str, source: str) -> str:
    text = _COMMENT.sub("", _IMPORT.sub("", source))
    text = re.sub(r"^export (?=const|async|function|class)", "", text, flags=re.MULTILINE)
    if re.search(r"^\s*(?:import|export)\b", text, flags=re.MULTILINE):
        raise ValueError(f"{module}.js has an import or export that cannot be put together.")
    lines: List[str] = [line.strip() for line in text.splitlines()]
    return "\n".join(line for line in lines if line)
