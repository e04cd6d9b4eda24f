#!/bin/sh
# Prepares a clone: checks what the machine must have, and installs the npm packages where they are missing or old.
set -eu

missing=0
need() { # command, what for, how to install
  command -v "$1" >/dev/null 2>&1 && return
  missing=1
  echo "missing: $1 ($2)" >&2
  echo "  Debian, Ubuntu: sudo apt-get install -y $3" >&2
  echo "  macOS:          brew install $4" >&2
}
need node 'runs npm; Node 20 or newer, the project brings its own Node 26' nodejs node
need npm 'installs the packages' npm node
need java 'runs the real Elasticsearch and OpenSearch servers of the lab; JDK 17 or newer' openjdk-17-jdk-headless openjdk@17
need javac 'compiles the starter of the lab' openjdk-17-jdk-headless openjdk@17
need mvn 'fetches the servers from Maven Central' maven maven
need openssl 'makes the certificates of the lab' openssl openssl
[ "$missing" = 0 ] || exit 2

node_major=$(node -p 'process.versions.node.split(".")[0]')
[ "$node_major" -ge 20 ] || { echo "Node 20 or newer is needed, this is $(node --version): https://nodejs.org" >&2; exit 2; }

java_major=$(javac -version 2>&1 | sed -n 's/^javac \([0-9]*\).*/\1/p')
[ "${java_major:-0}" -ge 17 ] || { echo "JDK 17 or newer is needed, this is $(javac -version 2>&1). Debian, Ubuntu: sudo apt-get install -y openjdk-17-jdk-headless" >&2; exit 2; }

if [ ! -f node_modules/.package-lock.json ] || [ package-lock.json -nt node_modules/.package-lock.json ]; then
  echo 'Installing the npm packages (first time: about half a minute) ...'
  npm ci --no-audit --no-fund --loglevel=error
  touch node_modules/.package-lock.json
fi
if [ ! -f dist/console/index.html ] || [ -n "$(find console package-lock.json -newer dist/console/index.html -print -quit)" ]; then
  npm run --silent console
fi
[ -x node_modules/node/bin/node ] || { echo 'The Node 26 of devDependencies was not installed; npm must be allowed to run its install script: npm rebuild node --foreground-scripts' >&2; exit 2; }
