#!/usr/bin/env bash
# The usual guide for leaving a cluster by the target's own _reindex, step by step with curl, as people follow it.
# Two corrections to what it prints: the request's JSON has a comma too many, and the host needs a port (5).
# guide.test.ts runs it against two clusters of the lab and compares what it brings with what Shardferry brings.
set -euo pipefail

# host:port, CA file, and user:password of an administrator, of either cluster.
: "${SOURCE:?}" "${SOURCE_CA:?}" "${SOURCE_ADMIN:?}" "${TARGET:?}" "${TARGET_CA:?}" "${TARGET_ADMIN:?}"
# The target in the lab: its name, the config folder of its node, and the command line of the lab.
: "${TARGET_NAME:?}" "${TARGET_CONFIG:?}" "${LAB:?}"
# How this version calls the allow-list; what to move, maybe nothing of a kind; and what the new names begin with.
: "${ALLOW_LIST:?}" "${INDICES?}" "${ALIASES?}" "${STREAMS?}" "${PREFIX:?}"

reader_password=Reader-by-hand-14142
writer_password=Writer-by-hand-17320
security=/_plugins/_security/api

# Arguments of curl.
ask() {
  curl --silent --show-error --fail-with-body --header 'Content-Type: application/json' "$@" && echo
}
# METHOD PATH [BODY], as an administrator.
on_source() { ask --cacert "$SOURCE_CA" --user "$SOURCE_ADMIN" --request "$1" "https://$SOURCE$2" ${3:+--data "$3"}; }
on_target() { ask --cacert "$TARGET_CA" --user "$TARGET_ADMIN" --request "$1" "https://$TARGET$2" ${3:+--data "$3"}; }

echo '1. A target cluster of the same or a higher version, to which one can connect'
on_source GET '/?filter_path=version.number'
on_target GET '/?filter_path=version.number'

echo '2. The source can be reached from the nodes of the target, and they have its CA'
mkdir -p "$TARGET_CONFIG/certs"
cp "$SOURCE_CA" "$TARGET_CONFIG/certs/source-ca.pem"

echo '3. A user who reads on the source; a role, and a user with it, who writes on the target'
# Elasticsearch 7.10 has no role viewer. It takes a user with that role all the same: one without any rights.
on_source GET /_security/role/viewer > /dev/null 2>&1 ||
  on_source PUT /_security/role/viewer '{"indices":[{"names":["*"],"privileges":["read","view_index_metadata"]}]}'
on_source PUT /_security/user/by-hand-reader '{"password":"'$reader_password'","roles":["monitoring_user","viewer"]}'
on_target PUT $security/roles/by-hand-writer '{
  "cluster_permissions": ["cluster_composite_ops"],
  "index_permissions": [{ "index_patterns": ["*"], "allowed_actions": ["create_index", "write"] }]
}'
on_target PUT $security/internalusers/by-hand-writer '{"password":"'$writer_password'"}'
on_target PUT $security/rolesmapping/by-hand-writer '{"users":["by-hand-writer"]}'

echo '4. The allow-list and the CA in the settings file of every node of the target, and their restart'
# The lab writes the file. On machines of your own: an editor, and systemctl restart, node by node.
$LAB down "$TARGET_NAME" --keep
$LAB revive "$TARGET_NAME" \
  --setting "$ALLOW_LIST=[\"$SOURCE\"]" \
  --setting 'reindex.ssl.certificate_authorities=["certs/source-ca.pem"]'

echo '5. The host with the master role, and one _reindex after the other'
on_target GET '/_cat/nodes?h=name,node.role,master&v'
# Only documents are moved: what they are to arrive in, if not in a plain index of guessed field types, has to stand beforehand.
for name in $ALIASES; do
  on_target PUT "/$PREFIX$name-000001" '{"aliases":{"'"$PREFIX$name"'":{"is_write_index":true}}}'
done
for name in $STREAMS; do
  on_target PUT "/_index_template/$PREFIX$name" '{"index_patterns":["'"$PREFIX$name"'"],"priority":500,"data_stream":{}}'
done
# INDEX DEST
reindex() {
  ask --cacert "$TARGET_CA" --user "by-hand-writer:$writer_password" --request POST "https://$TARGET/_reindex" --data '{
    "source": {
      "remote": { "host": "https://'"$SOURCE"'", "username": "by-hand-reader", "password": "'$reader_password'" },
      "index": "'"$1"'"
    },
    "dest": '"$2"'
  }'
}
for name in $INDICES $ALIASES; do reindex "$name" '{ "index": "'"$PREFIX$name"'" }'; done
# A data stream takes nothing but new documents.
for name in $STREAMS; do reindex "$name" '{ "index": "'"$PREFIX$name"'", "op_type": "create" }'; done

echo '6. The users, the role and the CA file are removed again'
on_source DELETE /_security/user/by-hand-reader
on_target DELETE $security/rolesmapping/by-hand-writer
on_target DELETE $security/internalusers/by-hand-writer
on_target DELETE $security/roles/by-hand-writer
rm "$TARGET_CONFIG/certs/source-ca.pem"
