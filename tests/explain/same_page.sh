#!/bin/bash
# docs/explain.md is what explain says now.
if ! diff "$2" <("$(dirname "$0")/page.sh" "$1"); then
    echo "docs/explain.md differs: tests/explain/page.sh build/debug > docs/explain.md"
    exit 1
fi
