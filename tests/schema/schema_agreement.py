"""schema_agreement.py LOADER_VERDICT WALTRACK SOURCE_DIR: the JSON Schemas say what the loaders say.

The schemas in the repository are those that `waltrack schema` prints; every shipped file is good to
both; for every file of the corpus below tests/schema/ schema and loader say the same, which is what
the file's folder says. Files of several documents are validated document by document.
"""

import json
import pathlib
import re
import subprocess
import sys

import jsonschema
import yaml

# What one of the two cannot say: file in exceptions/ → why. There they must disagree: an exception
# that is none any more is a failure, too.
EXCEPTIONS = {
    "truncate_exponent": "1e2 and 5.0 are integers to JSON Schema; the loader reads digits",
    "chunk_small": "a schema cannot compute: 1KB is less than 4KB",
    "memory_small": "a schema cannot compute: 1KB is less than 1MB",
    "web_beyond": "a schema does not know which addresses are of this machine",
    "url_scheme": "a schema cannot take a URL apart",
}

NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")


class Loader(yaml.SafeLoader):
    """Scalars as our reader keeps them: text, but for plain numbers, true, false and null."""


Loader.yaml_implicit_resolvers = {
    "<": [("tag:yaml.org,2002:merge", re.compile(r"<<\Z"))],
}


def scalar(loader, node):
    text = loader.construct_scalar(node)
    if node.style is None:
        if text in ("null", "~"):
            return None
        if text in ("true", "false"):
            return text == "true"
        if NUMBER.fullmatch(text):
            return float(text) if re.search("[.eE]", text) else int(text)
    return text


def mapping(loader, node):
    loader.flatten_mapping(node)
    return {
        loader.construct_scalar(key): loader.construct_object(value, deep=True)
        for key, value in node.value
    }


Loader.add_constructor("tag:yaml.org,2002:str", scalar)
Loader.add_constructor("tag:yaml.org,2002:map", mapping)


def schema_fault(validator, path):
    """The first fault that the schema finds, or None."""
    for document in yaml.load_all(path.read_text(), Loader):
        for error in validator.iter_errors(document):
            where = "/".join(str(part) for part in error.absolute_path)
            return f"{where or 'document'}: {error.message[:200]}"
    return None


def loader_faults(verdict, kind, paths):
    command = [verdict, kind, *map(str, paths)]
    faults = {}
    for line in subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines():
        word, rest = line.split(" ", 1)
        path, _, fault = rest.partition(": ")
        faults[pathlib.Path(path)] = fault if word == "bad" else None
    return faults


def keys_of_schema(schema):
    if isinstance(schema, dict):
        for word, part in schema.items():
            named = word in ("properties", "definitions")
            if word == "properties":
                yield from part
            yield from keys_of_schema(list(part.values()) if named else part)
    elif isinstance(schema, list):
        for part in schema:
            yield from keys_of_schema(part)


def keys_of_document(value):
    if isinstance(value, dict):
        yield from value
        for part in value.values():
            yield from keys_of_document(part)
    elif isinstance(value, list):
        for part in value:
            yield from keys_of_document(part)


def check(kind, schema_path, shipped, tools, corpus, failures):
    verdict, waltrack = tools
    printed = subprocess.run([waltrack, "schema", kind], check=True, capture_output=True, text=True).stdout
    if schema_path.read_text() != printed:
        failures.append(
            f"{schema_path} is not what `waltrack schema {kind}` prints; make it anew:\n"
            f"  build/release/waltrack schema {kind} > {schema_path}")
    schema = json.loads(printed)
    jsonschema.Draft7Validator.check_schema(schema)
    validator = jsonschema.Draft7Validator(schema)

    expected = {path: "good" for path in shipped}
    for folder in ("good", "bad", "exceptions"):
        expected.update({path: folder for path in sorted((corpus / folder).glob("*.yaml"))})
    loader = loader_faults(verdict, kind, expected)
    for path, folder in expected.items():
        by_schema, by_loader = schema_fault(validator, path), loader[path]
        good = (by_schema is None, by_loader is None)
        reason = EXCEPTIONS.get(path.stem) if folder == "exceptions" else None
        if good == {"good": (True, True), "bad": (False, False)}.get(folder) or (reason and good[0] != good[1]):
            continue
        failures.append(f"{path} ({folder}{'' if reason or folder != 'exceptions' else ', not listed'})\n"
                        f"  schema: {by_schema or 'good'}\n  loader: {by_loader or 'good'}")

    used = {key for path, folder in expected.items() if folder == "good"
            for document in yaml.load_all(path.read_text(), Loader) for key in keys_of_document(document)}
    for key in sorted(set(keys_of_schema(schema)) - used):
        failures.append(f"{corpus}/good: no file has the key {key}")
    return len(expected)


def main():
    tools, source = sys.argv[1:3], pathlib.Path(sys.argv[3])
    corpus = source / "tests/schema"
    failures = []
    count = check("mapping", source / "mappings/mapping.schema.json", sorted((source / "mappings").glob("*.yaml")),
                  tools, corpus / "mapping", failures)
    count += check("config", source / "waltrack.schema.json", [source / "waltrack.example.yaml"],
                   tools, corpus / "config", failures)
    for failure in failures:
        print(failure)
    print(f"{count} files, {len(failures)} failures")
    return 1 if failures else 0


sys.exit(main())
