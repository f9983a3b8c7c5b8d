"""Write the JSON Schema of lepta.yaml into the manual: python tools/config_schema.py."""

import json
from pathlib import Path

from lepta.config import json_schema

TARGET = Path(__file__).resolve().parent.parent / "docs" / "reference" / "lepta.schema.json"

if __name__ == "__main__":
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    TARGET.write_text(json.dumps(json_schema(), indent=2) + "\n", encoding="utf-8")
    print(f"wrote {TARGET.name}")
