#!/bin/bash
# How often the first cause that explain names is right, on the stored files of cases.tsv: a table, and exit 1 when an aim is missed.
#
#   tests/explain/score.sh [BUILD]          BUILD: build/debug
build=$(realpath "${1:-build/debug}") && cd "$(dirname "$0")" && exec "$build/tests/explain/explain_score" "$build/src/ikewise" cases.tsv
