#!/usr/bin/env bash
# Runs schemathesis against a served Worker on both stores: valid and invalid requests derived from /openapi.json.
# A part of `npm run abuse`. DUET_SEED chooses other requests.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

SCHEMATHESIS_VERSION=4.32.5
TOOL=.tools/schemathesis-$SCHEMATHESIS_VERSION
SECONDS_EACH=25
# A client without cookies makes its own token. Any token will do here.
TOKEN=QUJVU0VBQlVTRUFCVVNFQUJVU0VBQlVTRUFCVVNFMTI

install_schemathesis() {
  [ -e "$TOOL/.whole" ] && return
  command -v python3 >/dev/null || \
    die "python3 is missing: install Python 3.10 or newer with its venv module, https://www.python.org."
  rm -rf "$TOOL"
  step "Setting up schemathesis $SCHEMATHESIS_VERSION" python3 -m venv "$TOOL"
  step "Installing it" "$TOOL/bin/pip" install --quiet --disable-pip-version-check "schemathesis==$SCHEMATHESIS_VERSION"
  touch "$TOOL/.whole"
}

# fuzz STORE: starts a Worker with the store and tests it. The Worker ends when its standard input closes: see
# duet-stack.
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
  # schemathesis leaves files in the current folder.
  (cd "$TOOL" && bin/schemathesis --config-file "$config" run "$base_url/openapi.json" --url "$base_url" \
    --header "Authorization: Bearer $TOKEN" --seed "${DUET_SEED:-1}" --max-time "$SECONDS_EACH" --warnings off "$@")
}

# Random ids lead to rooms that do not exist. This tests from a seat in an existing room and does not destroy it.
ask_from_a_seat() {
  local room
  room=$(post "$1/api/room/create" | field roomId)
  post "$1/api/room/join?roomId=$room" >/dev/null
  {
    cat scripts/schemathesis.toml
    printf '\n[parameters]\n"query.roomId" = "%s"\n' "$room"
  } >"$TOOL/from-a-seat.toml"
  ask "$1" "$TOOL/from-a-seat.toml" --phases coverage,fuzzing --exclude-operation-id destroyRoom
}

# post URL: prints the answer.
post() {
  node -e 'fetch(process.argv[1], { method: "POST", headers: { authorization: `Bearer ${process.argv[2]}` } })
    .then(async (answer) => console.log(await answer.text()))' "$1" "$TOKEN"
}

# field NAME: prints the value of a key of the JSON object on standard input.
field() { node -p 'JSON.parse(fs.readFileSync(0))[process.argv[1]]' "$1"; }

use_own_tools
install_schemathesis
cargo build --quiet -p duet-test-support --bin duet-stack
for store in embedded upstash; do
  fuzz "$store"
done
