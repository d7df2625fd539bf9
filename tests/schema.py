#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Judges records: NDJSON on standard input, each line by the schema of its
kind in contrib/schema, and by what a schema cannot say: order and uniqueness
of keys, finite numbers, milliseconds, the length of a line.  Prints what is
wrong, at most ten lines, then a count; exit 1 when anything was.
usage: schema.py [-k KIND,KIND...] < FILE   (-k: no other kind may appear)
"""
import json
import os
import re
import sys

import jsonschema

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..",
                      "contrib", "schema")
LINE_MAX = 4096
TIMES = re.compile(rb'"(?:ts|up|since)":(-?[0-9]+(?:\.[0-9]*)?[^,}]*)')
MILLISECONDS = re.compile(rb"-?[0-9]+(\.[0-9]{1,3})?$")


class Bad(Exception):
    pass


def refuse_constant(name):
    raise Bad(name + " is no number")


def refuse_twice(pairs):
    keys = [k for k, _ in pairs]
    for key in keys:
        if keys.count(key) > 1:
            raise Bad("key %r twice" % key)
    return dict(pairs)


def load_schemas():
    schemas = {}
    for name in sorted(os.listdir(FOLDER)):
        if name.endswith(".schema.json"):
            with open(os.path.join(FOLDER, name), encoding="utf-8") as f:
                schemas[name] = json.load(f)
    validators = {}
    for name, schema in schemas.items():
        jsonschema.Draft202012Validator.check_schema(schema)
        resolver = jsonschema.RefResolver(name, schema, store=schemas)
        validators[name[:-len(".schema.json")]] = (
            jsonschema.Draft202012Validator(schema, resolver=resolver),
            {key: i for i, key in enumerate(schema.get("properties", {}))})
    del validators["record"]
    return validators


def judge(line, validators, kinds):
    if len(line) > LINE_MAX:
        raise Bad("%d bytes" % len(line))
    if not line.endswith(b"\n"):
        raise Bad("no LF at the end")
    if re.search(rb'[:,{[] |" ', re.sub(rb'"(?:[^"\\]|\\.)*"', b'""', line)):
        raise Bad("space between tokens")
    record = json.loads(line.decode("utf-8"), object_pairs_hook=refuse_twice,
                        parse_constant=refuse_constant)
    kind = record.get("kind") if isinstance(record, dict) else None
    if kind not in validators:
        raise Bad("kind %r" % (kind,))
    if kinds and kind not in kinds:
        raise Bad("kind %s was not wanted" % kind)
    validator, order = validators[kind]
    for error in validator.iter_errors(record):
        raise Bad("%s: %s: %s" % (kind, "/".join(map(str, error.path)),
                                  error.message[:200]))
    # Members that the schema does not name stand before values.
    last = -1
    for key in record:
        place = order.get(key, last)
        if place < last:
            raise Bad("%s: key %s out of order" % (kind, key))
        last = place
    for number in TIMES.findall(line):
        if not MILLISECONDS.match(number):
            raise Bad("%s is finer than milliseconds" % number.decode())


def main():
    kinds = sys.argv[2].split(",") if sys.argv[1:2] == ["-k"] else []
    validators = load_schemas()
    lines = bad = 0
    for line in sys.stdin.buffer:
        lines += 1
        try:
            judge(line, validators, kinds)
        except (Bad, ValueError) as why:
            bad += 1
            if bad <= 10:
                print("line %d: %s: %s" % (lines, why, ascii(line[:300])))
    print("%d lines, %d bad" % (lines, bad))
    return 1 if bad else 0


sys.exit(main())
