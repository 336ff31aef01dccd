"""Writes `ros_properties.json`: which properties the resource types of ROS have.

Run as `pip download --no-deps --dest wheels ros-cdk-oss ros-cdk-mns ros-cdk-ram ros-cdk-sls ros-cdk-fc3` and then
`python -m cli.check.extract_ros wheels/*.whl`. Alibaba Cloud generates these packages from the specification of its resource types, and
each validates and writes what it is given: from these two functions of a type, in `lib/*.generated.js`, the names, types, bounds and
attributes are read. Only facts are kept, and only of the types that are declared here and their neighbours.
"""

from __future__ import annotations

import io
import json
import re
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("ros_properties.json")
TYPES = {
    "OSS": ("Bucket", "BucketPublicAccessBlock"),
    "MNS": ("Queue", "Topic", "Subscription"),
    "RAM": ("Role", "ManagedPolicy", "AttachPolicyToRole"),
    "SLS": ("Project", "Logstore", "Index"),
    "FC3": ("Function", "Trigger", "LayerVersion", "AsyncInvokeConfig"),
}
_KINDS = {"string": "string", "number": "number", "boolean": "boolean", "object": "any", "anyDict": "any"}
_WRITTEN = re.compile(r"'([\w.]+)': (.+)\(properties\.(\w+)\),")
_REQUIRED = re.compile(r"propertyValidator\('(\w+)', ros\.requiredValidator\)")
_VALUES = re.compile(r"propertyValidator\('(\w+)', ros\.validateAllowedValues\)\(\{\s*data: [^,]+,\s*allowedValues: (\[[^\]]*\])")
_BOUNDS = re.compile(r"propertyValidator\('(\w+)', ros\.validate(Range|Length)\)\(\{\s*data: [^,]+,\s*min: ([^,]+),\s*max: ([^,]+),")
_PATTERN = re.compile(r"propertyValidator\('(\w+)', ros\.validateAllowedPattern\)\(\{\s*data: [^,]+,\s*reg: /(.*)/\n")
Facts = dict[str, Any]


def extract(wheels: list[Path]) -> Facts:
    types: Facts = {}
    versions = []
    for wheel in sorted(wheels):
        name, version = wheel.name.split("-")[:2]
        versions.append(f"{name.replace('_', '-')} {version}")
        script = _generated(wheel)
        product = name.rpartition("_")[2].upper()
        types |= {f"ALIYUN::{product}::{one}": _type(script, one) for one in TYPES.get(product, ())}
    return {"from": versions, "how": "python -m cli.check.extract_ros", "types": dict(sorted(types.items()))}


def _generated(wheel: Path) -> str:
    with zipfile.ZipFile(wheel) as archive:
        packed = next(name for name in archive.namelist() if name.endswith(".jsii.tgz"))
        with tarfile.open(fileobj=io.BytesIO(archive.read(packed))) as inner:
            member = next(one for one in inner.getnames() if re.fullmatch(r"package/lib/\w+\.generated\.js", one))
            file = inner.extractfile(member)
            assert file is not None
            return file.read().decode()


def _type(script: str, name: str) -> Facts:
    structures = sorted(set(re.findall(rf"^function Ros{name}_(\w+)PropertyValidator\(", script, re.MULTILINE)))
    constructor = _part(script, f"class Ros{name} extends ros.RosResource", "renderProperties")
    return {
        "attributes": re.findall(r"this\.getAtt\('([^']+)'\)", constructor),
        "properties": _properties(script, name, f"Ros{name}PropsValidator", f"ros{name}PropsToRosTemplate"),
        "structures": {
            one: _properties(script, name, f"Ros{name}_{one}PropertyValidator", f"ros{name}{one}PropertyToRosTemplate")
            for one in structures
        },
    }


def _properties(script: str, resource: str, validator: str, writer: str) -> Facts:
    checks, written = _part(script, f"function {validator}(", "\n}"), _part(script, f"function {writer}(", "\n}")
    rules: dict[str, Facts] = {}
    for name, facts in _rules(checks):
        rules.setdefault(name, {}).update(facts)
    return {shown: {**_kind(how, resource), **rules.get(own, {})} for shown, how, own in _WRITTEN.findall(written)}


def _part(script: str, start: str, end: str) -> str:
    begins = script.index(start)
    return script[begins : script.index(end, begins)]


def _kind(how: str, resource: str) -> Facts:
    """`ros.listMapper(rosBucketRulePropertyToRosTemplate)` is a list of the structure Rule."""
    if mapped := re.fullmatch(r"ros\.(list|hash)Mapper\((.+)\)", how):
        return {"is": mapped[1].replace("hash", "map"), "of": _kind(mapped[2], resource)}
    if plain := re.fullmatch(r"ros\.(\w+)ToRosTemplate", how):
        return {"is": _KINDS[plain[1]]}
    return {"is": "structure", "named": how.removeprefix(f"ros{resource}").removesuffix("PropertyToRosTemplate")}


def _rules(checks: str) -> Iterator[tuple[str, Facts]]:
    for name in _REQUIRED.findall(checks):
        yield name, {"required": True}
    for name, values in _VALUES.findall(checks):
        yield name, {"values": json.loads(values)}
    for name, kind, least, most in _BOUNDS.findall(checks):
        bounds = {"least": _number(least), "most": _number(most)}
        yield name, {f"{key}{'_length' if kind == 'Length' else ''}": value for key, value in bounds.items() if value is not None}
    for name, pattern in _PATTERN.findall(checks):
        yield name, {"pattern": pattern}


def _number(text: str) -> float | None:
    return None if text == "undefined" else json.loads(text)


if __name__ == "__main__":
    FILE.write_text(json.dumps(extract([Path(one) for one in sys.argv[1:]]), indent=1) + "\n", encoding="utf-8")
