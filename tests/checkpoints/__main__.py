"""``python -P checkpoints/__main__.py MODEL '{"role": "folder"}'``: build one, in the environment of this interpreter."""

import importlib
import json
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1]))  # last: no name in it may hide a package
name, folders = sys.argv[1], {role: Path(folder) for role, folder in json.loads(sys.argv[2]).items()}
importlib.import_module(f"checkpoints.{name}").build(folders)
