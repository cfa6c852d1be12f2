# Who writes a runbook: a status, the causes, what to run, on what; exit statuses.
k8sdns -q
k8sdns -o name
k8sdns --json | jq -r '.data.status'
k8sdns --json | jq -r '.findings[] | select(.consequence_of == null and .severity != "info") | .id'
k8sdns --json | jq -r '.findings[].steps[].command // empty' | head -5
k8sdns --json | jq -c '.findings[].subjects[] | [.role, .address, .pod, .node]' | sort -u
k8sdns probe --json | jq -r '.data.status'
k8sdns lookup --json www.example.com | jq -r '.data.lookups[0].error_code'
