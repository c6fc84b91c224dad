#!/bin/sh
# web | worker | beat | rehearsal | prepare, or anything that manage.py takes.
set -eu

part="${1:-web}"
case "$part" in
  web | worker | beat)
    exec python -m console.embedded run "$part"
    ;;
  rehearsal)
    exec python -m console.provider.rehearsal --host 0.0.0.0 --port 8100
    ;;
  prepare)
    python manage.py migrate --no-input
    exec python manage.py seed
    ;;
  *)
    exec python manage.py "$@"
    ;;
esac
