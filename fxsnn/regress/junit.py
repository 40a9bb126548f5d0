"""What a regression found as JUnit XML, which GitLab, Jenkins and other servers show."""

from __future__ import annotations

import datetime
import platform
from pathlib import Path
from xml.etree import ElementTree

from fxsnn.errors import ConfigError, printable
from fxsnn.io.files import check_output
from fxsnn.regress.lock import THIS, lock_path
from fxsnn.regress.suite import Regression


def check_junit(path: Path, listed: Path) -> None:
    """Refuse a file that cannot be written, or is the list or its lock; raises FileError or ConfigError."""
    if path.resolve() in (listed.resolve(), lock_path(listed).resolve()):
        raise ConfigError(f"--junit must be another file than the list and its lock, not {str(path)!r}")
    check_output(path)


def junit_xml(listed: Path, found: Regression, accepted: bool) -> bytes:
    """Return one suite with a test case a configuration; what differs fails in the line that names the first node.

    Attributes and their order are those that Ant's schema asks for, the strictest in use: no attribute of
    `testsuites`, a time stamp without a zone, a package and a number of each suite, empty outputs at its end.
    Where the differences are `accepted`, nothing fails.
    """
    why = {} if accepted else {one.name: printable("; ".join(one.why)) for one in found.outcomes if not one.agrees}
    now = datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%S")
    root = ElementTree.Element("testsuites")
    suite = ElementTree.SubElement(
        root,
        "testsuite",
        id="0",
        package="fxsnn.regress",
        name=printable(listed.name),
        timestamp=now,
        hostname=printable(platform.node()) or "localhost",
        tests=str(len(found.outcomes)),
        failures=str(len(why)),
        errors="0",
        time=f"{sum(one.seconds for one in found.outcomes):.3f}",
    )
    properties = ElementTree.SubElement(suite, "properties")
    for name, value in (("fxsnn", THIS), ("lock written by", found.written_by or "an unknown version")):
        ElementTree.SubElement(properties, "property", name=name, value=printable(value))
    for one in found.outcomes:
        case = ElementTree.SubElement(
            suite,
            "testcase",
            classname=f"fxsnn.regress.{printable(listed.stem)}",
            name=printable(one.name),
            time=f"{one.seconds:.3f}",
        )
        if one.name in why:
            failure = ElementTree.SubElement(case, "failure", type="difference", message=why[one.name])
            failure.text = why[one.name]
    for output in ("system-out", "system-err"):
        ElementTree.SubElement(suite, output)
    ElementTree.indent(root)
    written: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return written + b"\n"
