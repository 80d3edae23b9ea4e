"""Writes the tables of components/app/kafka-client from the libraries themselves, for a new version of one:

    python3 tools/kafka-clients/settings.py librdkafka <librdkafka.so> "<where it is from>"
    python3 tools/kafka-clients/settings.py java <version> <class path with kafka-clients and slf4j-api>
"""

import ctypes
import html
import json
import pathlib
import re
import subprocess
import sys
import tempfile

TABLES = pathlib.Path(__file__).resolve().parents[2] / "components/app/kafka-client"
ROLES = {"P": ["producer"], "C": ["consumer"], "*": ["producer", "consumer"]}
TYPES = {"integer": "integer", "float": "float", "boolean": "boolean", "enum value": "enum", "CSV flags": "flags"}


def librdkafka(library, source):
    lib, libc = ctypes.CDLL(library), ctypes.CDLL(None)
    lib.rd_kafka_version_str.restype = ctypes.c_char_p
    libc.fopen.restype = ctypes.c_void_p
    libc.fclose.argtypes = lib.rd_kafka_conf_properties_show.argtypes = [ctypes.c_void_p]
    with tempfile.NamedTemporaryFile("r") as page:
        file = libc.fopen(page.name.encode(), b"w")
        lib.rd_kafka_conf_properties_show(file)
        libc.fclose(file)
        lines = page.read().splitlines()
    settings = {}
    for line in lines:
        cells = [cell.strip() for cell in line.split("|", 5)]
        if len(cells) < 6 or cells[1] not in ROLES:
            continue
        name, role, allowed, default, _, text = cells
        kind = re.search(r"\*Type: (.*)\*$", text).group(1)
        setting = {"type": "code" if "dedicated API" in kind else TYPES.get(kind, "string")}
        span = re.fullmatch(r"(-?[\d.]+) \.\. (-?[\d.]+)", allowed)
        if setting["type"] in ("integer", "float") and span:
            setting |= {"min": number(span[1]), "max": number(span[2])}
        if setting["type"] in ("enum", "flags"):
            setting["values"] = allowed.split(", ")
        if default and setting["type"] != "code" and len(default) < 40:
            setting["default"] = default
        # Global settings come first; the same name for one topic accepts the same.
        settings.setdefault(name, {"roles": ROLES[role], **setting})
    return {"library": "librdkafka", "version": lib.rd_kafka_version_str().decode(), "source": source, "settings": settings}


def java(version, path):
    settings = {}
    for role in ("producer", "consumer"):
        name = f"org.apache.kafka.clients.{role}.{role.capitalize()}Config"
        page = subprocess.run(["java", "-cp", path, name], check=True, capture_output=True, text=True).stdout
        for item in page.split('<h4><a id="')[1:]:
            key = item.split('"', 1)[0]
            rows = {k: html.unescape(v) for k, v in re.findall(r"<tr><th>(.+?):</th><td>(.*?)</td></tr>", item, re.S)}
            settings.setdefault(key, {"roles": [], **java_setting(rows)})["roles"].append(role)
    return {"library": "java", "version": version, "source": f"kafka-clients {version}", "settings": settings}


def java_setting(rows):
    kind = {"int": "integer", "long": "integer", "short": "integer", "double": "float", "boolean": "boolean"}
    setting = {"type": kind.get(rows["Type"], "string")}
    allowed = rows.get("Valid Values", "")
    span = re.fullmatch(r"\[(-?[\d.]+),\.\.\.(?:,(-?[\d.]+))?\](?: or (-?\d+))?", allowed)
    if span:
        setting["min"] = number(span[3] or span[1])
        if span[2]:
            setting["max"] = number(span[2])
    values = re.fullmatch(r"(?:\(case insensitive\) )?\[([\w, -]+)\]", allowed)
    if values and rows["Type"] == "string":
        setting |= {"type": "enum", "values": values[1].lower().split(", ") if "insensitive" in allowed else values[1].split(", ")}
    default = rows.get("Default", "").split(" (")[0]
    if default not in ("", "null", '""') and len(default) < 40:
        setting["default"] = default
    return setting


def number(text):
    return float(text) if "." in text else int(text)


if __name__ == "__main__":
    library, *rest = sys.argv[1:]
    table = {"librdkafka": librdkafka, "java": java}[library](*rest)
    table["settings"] = dict(sorted(table["settings"].items()))
    lines = ",\n".join(f"    {json.dumps(k)}: {json.dumps(v)}" for k, v in table["settings"].items())
    head = "".join(f"  {json.dumps(k)}: {json.dumps(table[k])},\n" for k in ("library", "version", "source"))
    (TABLES / f"{library}.json").write_text("{\n" + head + '  "settings": {\n' + lines + "\n  }\n}\n")
