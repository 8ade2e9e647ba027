#!/usr/bin/python3
"""The templates of packaging/textfsm read each screen of examples.tsv: what they find is what the example says under `values`,
and in the device's own screen they find as many records.

    templates.py TEST_CLI_EXAMPLES TREE             one TAP line an example
    templates.py TEST_CLI_EXAMPLES TREE --write     writes what they find into the examples, to be read over
"""
import json
import os
import re
import subprocess
import sys

from textfsm import clitable

PLATFORMS = {"asa": "cisco_asa", "asa8": "cisco_asa", "ios": "cisco_ios", "ios12": "cisco_ios", "ios124": "cisco_ios"}


def examples(tree):
    with open(os.path.join(tree, "tests/cli/examples.tsv"), encoding="ascii") as rows:
        for row in rows:
            columns = row.rstrip("\n").split("\t")
            if not row.startswith("#") and len(columns) > 2 and columns[2] != "-":
                yield columns[2]


def head_value(text, name):
    return re.search(rf"^{name}: (.*)$", text, re.MULTILINE).group(1)


def read_screen(templates, text, screen):
    """The records that the template of the example's command finds, without what is empty."""
    table = clitable.CliTable("index", templates)
    table.ParseCmd(screen, {"Command": head_value(text, "command"), "Platform": PLATFORMS[head_value(text, "dialect")]})
    return [{name.lower(): value for name, value in zip(table.header, row) if value} for row in table]


def values_of(text):
    return [json.loads(line) for line in section(text, "values").splitlines()]


def section(text, name):
    found = ("\n" + text.partition(f"\n--- {name}\n")[2]).partition("\n--- ")[0]
    return found[1:] + "\n" if found[1:] else ""


def device_screens(text):
    """As the device printed it, with what differs here, and as other releases print it: each with what is found, how often."""
    screen, also = section(text, "screen"), section(text, "also")
    if screen:
        yield screen, len(values_of(text))
    if also:
        count, _, form = also.partition("\n")
        yield form, int(count)


def tell_device_screens(templates, name, text, number):
    wrong = []
    for screen, count in device_screens(text):
        try:
            found = len(read_screen(templates, text, screen))
        except Exception as error:  # whatever a template may do
            found = error
        if found != count:
            wrong.append(f"{found} records, not {count}")
    print(f"{'not ' if wrong else ''}ok {number} - {name} of the device is read by it too {' '.join(wrong)}")
    return len(wrong)


def write_values(path, text, found):
    kept = text.partition("--- values\n")[0]
    with open(path, "w", encoding="ascii") as example:
        example.write(kept + "--- values\n" + "".join(json.dumps(record) + "\n" for record in found))


def main(program, tree, *options):
    templates = os.path.join(tree, "packaging/textfsm")
    failures = number = 0
    used = set()
    for name in examples(tree):
        number += 1
        path = os.path.join(tree, "tests/cli/examples", name + ".txt")
        with open(path, encoding="ascii") as example:
            text = example.read()
        screen = subprocess.run([program, name], capture_output=True, check=True, text=True).stdout
        try:
            found = read_screen(templates, text, screen)
        except Exception as error:  # whatever a template may do
            found = [{"error": str(error)}]
        if "--write" in options:
            write_values(path, text, found)
        elif "\n--- values\n" in text and found == values_of(text):
            print(f"ok {number} - {name} is read by its template")
        else:
            failures += 1
            print(f"not ok {number} - {name} is read by its template\nfound {json.dumps(found)}\nnot   {json.dumps(values_of(text))}")
        if "--write" not in options:
            number += 1
            failures += tell_device_screens(templates, name, text, number)
        used.add((head_value(text, "command"), PLATFORMS[head_value(text, "dialect")]))
    failures += tell_unused(templates, used, number + 1)
    print(f"1..{number + 1}")
    return failures > 0


def tell_unused(templates, used, number):
    """A template that no example is for is not tested."""
    table = clitable.CliTable("index", templates)
    chosen = set()
    for command, platform in used:
        row = table.index.GetRowMatch({"Command": command, "Platform": platform})
        chosen.add(table.index.index[row]["Template"])
    there = {name for name in os.listdir(templates) if name.endswith(".textfsm")}
    left = sorted(there - chosen)
    print(f"{'not ' if left else ''}ok {number} - each template has an example{': not ' + ' '.join(left) if left else ''}")
    return len(left)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
