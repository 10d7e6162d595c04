#!/usr/bin/env bash
# Asks a served Worker everything that its own /openapi.json lets one ask, and much that it does not: schemathesis, on both
# stores. A part of `npm run abuse`. DUET_SEED chooses other requests.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

SCHEMATHESIS_VERSION=4.32.5
TOOL=.tools/schemathesis-$SCHEMATHESIS_VERSION
SECONDS_EACH=25
# A client without cookies makes its own token; whose it is does not matter here.
TOKEN=QUJVU0VBQlVTRUFCVVNFQUJVU0VBQlVTRUFCVVNFMTI

install_schemathesis() {
  [ -e "$TOOL/.whole" ] && return
  command -v python3 >/dev/null || die "python3 is missing: install Python 3.10 or newer with its venv module, https://www.python.org."
  rm -rf "$TOOL"
  step "Setting up schemathesis $SCHEMATHESIS_VERSION" python3 -m venv "$TOOL"
  step "Installing it" "$TOOL/bin/pip" install --quiet --disable-pip-version-check "schemathesis==$SCHEMATHESIS_VERSION"
  touch "$TOOL/.whole"
}

# fuzz STORE: starts a Worker on the store and asks it. Standard input is the Worker's leash: see duet-stack.
fuzz() {
  local ready base_url
  coproc STACK { exec target/debug/duet-stack --store "$1" --var ADDRESS_LIMITS:off --var MESSAGE_RATE_PER_SECOND:0; }
  local stack=$STACK_PID leash=${STACK[1]}
  read -r -u "${STACK[0]}" ready || die "the Worker on the $1 store did not start."
  base_url=$(field baseUrl <<<"$ready")
  ask "$base_url" scripts/schemathesis.toml
  ask_from_a_seat "$base_url"
  exec {leash}>&-
  wait "$stack"
}

# ask BASE_URL CONFIG [OPTION...]
ask() {
  local base_url=$1 config=$PWD/$2
  shift 2
  # It leaves files where it runs.
  (cd "$TOOL" && bin/schemathesis --config-file "$config" run "$base_url/openapi.json" --url "$base_url" \
    --header "Authorization: Bearer $TOKEN" --seed "${DUET_SEED:-1}" --max-time "$SECONDS_EACH" --warnings off "$@")
}

# Random ids lead to rooms that are not there. This asks from a seat in one that is, and does not end it.
ask_from_a_seat() {
  local room
  room=$(post "$1/api/room/create" | field roomId)
  post "$1/api/room/join?roomId=$room" >/dev/null
  { cat scripts/schemathesis.toml && printf '\n[parameters]\n"query.roomId" = "%s"\n' "$room"; } >"$TOOL/from-a-seat.toml"
  ask "$1" "$TOOL/from-a-seat.toml" --phases coverage,fuzzing --exclude-operation-id destroyRoom
}

# post URL: what is answered.
post() {
  node -e 'fetch(process.argv[1], { method: "POST", headers: { authorization: `Bearer ${process.argv[2]}` } })
    .then(async (answer) => console.log(await answer.text()))' "$1" "$TOKEN"
}

# field NAME: the value of a key in the JSON object on standard input.
field() { node -p 'JSON.parse(fs.readFileSync(0))[process.argv[1]]' "$1"; }

use_own_tools
install_schemathesis
cargo build --quiet -p duet-test-support --bin duet-stack
for store in embedded upstash; do
  fuzz "$store"
done
