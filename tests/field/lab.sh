#!/bin/bash
# Run $K8SDNS in an empty network namespace: every address of 10/8 is this machine (with no server there: port unreachable),
# and a small healthy DNS stands at 10.96.0.10. What is found comes from the case, not from the machine.
# usage: lab.sh [-n] [-R] [-r RESOLV.CONF] [-s "SERVER..."] [-a "ADDRESS..."] [-x SHELL] COMMAND OPTION...
#   -n  no DNS at 10.96.0.10
#   -R  no routes: loopback alone, 10/8 cannot be reached
#   -r  resolv.conf; the one beside this file without it
#   -s  more servers, as dns.py takes them
#   -a  addresses outside 10/8, IPv6 or not, that are this machine, too
#   -x  shell commands that run first, in the namespace; $K is the program; what they leave behind ends with the lab
set -u
LAB=$(cd "$(dirname "$0")" && pwd)
resolv=$LAB/resolv.conf routed=yes servers='' first='' addresses='' cluster=10.96.0.10
while getopts nRr:s:a:x: option; do
    case $option in
    n) cluster='' ;;
    R) routed='' ;;
    r) resolv=$(readlink -f "$OPTARG") ;;
    s) servers=$OPTARG ;;
    a) addresses=$OPTARG ;;
    x) first=$OPTARG ;;
    *) exit 64 ;;
    esac
done
shift $((OPTIND - 1))
PY=/usr/bin/python3
[ -x $PY ] || PY=python3
export LAB PY K=$K8SDNS resolv routed servers first addresses cluster

# shellcheck disable=SC2016 # these are the variables of the shell inside
exec timeout -k 1 60 unshare -n -p -f --kill-child bash -c '
    folder=$(mktemp -d)
    trap "rm -rf $folder" EXIT
    ip link set lo up
    [ -z "$routed" ] || ip route add local 10.0.0.0/8 dev lo
    for address in $addresses; do
        # Nobody binds to an IPv6 address that is a route alone.
        case $address in *:*) ip addr add "$address" dev lo nodad ;; *) ip route add local "$address" dev lo ;; esac
    done
    mkfifo "$folder/ready"
    $PY "$LAB/dns.py" "$folder/ready" 127.0.0.9 $cluster $servers </dev/null &
    read -r -t 20 _ <"$folder/ready"
    eval "$first"
    command=$1
    shift
    "$K" "$command" --resolv-conf "$resolv" "$@"
    exit $?' lab "$@"
