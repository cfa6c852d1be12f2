# SPDX-License-Identifier: GPL-2.0-or-later
"""A capture with one text in every member that the schema knows."""
import json

import binary


class Instance:
    """A value for every member that the schema knows, with one form of a name in each text."""

    def __init__(self, schema, text):
        self.definitions, self.text = schema["$defs"], text

    def of(self, schema):
        for word in ("allOf", "anyOf"):
            if word in schema:
                return self.of(schema[word][0])
        if "$ref" in schema:
            return self.of(self.definitions[schema["$ref"].rsplit("/", 1)[1]])
        if "const" in schema:
            return schema["const"]
        if "enum" in schema:
            return schema["enum"][0]
        kind = schema["type"] if isinstance(schema["type"], str) else schema["type"][0]
        if kind == "string":
            return self.text
        if kind == "array":
            return [self.of(schema["items"])]
        if kind == "object":
            return self.members(schema)
        return {"integer": 1, "number": 1.5, "boolean": True}[kind]

    def members(self, schema):
        held = {key: self.of(member) for key, member in schema.get("properties", {}).items()}
        more = schema.get("additionalProperties")
        if isinstance(more, dict):
            held[self.text] = self.of(more)
        for pattern, member in schema.get("patternProperties", {}).items():
            held[pattern.strip("^$").split("[")[0] + "TXT"] = self.of(member)
        return held


def capture_with(text):
    schema = json.loads(binary.run("schema").stdout)
    instance = Instance(schema, text)
    envelope = instance.of(schema["$defs"]["envelope"])
    envelope.update(schema="k8sdns/1", command="capture", version="0.1.0", data=instance.of(schema["$defs"]["facts"]))
    envelope.pop("error", None)
    return envelope
