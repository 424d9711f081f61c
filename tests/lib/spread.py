"""Print the JSON of a file for reading: what fits into a line of 100 columns stands on one."""
import json
import sys


def spread(value, indent):
    line = json.dumps(value, ensure_ascii=False)
    if not isinstance(value, (dict, list)) or len(indent) + len(line) < 96:
        return line
    deeper = indent + "  "
    if isinstance(value, dict):
        parts = [f"{deeper}{json.dumps(k)}: {spread(v, deeper)}" for k, v in value.items()]
        return "{\n" + ",\n".join(parts) + f"\n{indent}}}"
    return "[\n" + ",\n".join(deeper + spread(v, deeper) for v in value) + f"\n{indent}]"


with open(sys.argv[1], encoding="utf-8") as file:
    print(spread(json.load(file), ""))
