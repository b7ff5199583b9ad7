#!/bin/sh
# Runs a study of 8 scans through Slurm on this machine, kills a job half-way, goes on, and holds the tables against a local run, byte by byte.
#
# usage: check_slurm.sh TOOL PYTHON_ENVIRONMENT      (as root; needs slurm-wlm and munge, and snakemake with its Slurm plugin in the environment)
set -eu
tool=$(realpath "$1") python=$(realpath "$2") here=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
host=$(hostname -s)
# Snakemake's executor takes SLURM_CONF out of the jobs' environment: they find the configuration where Slurm looks for it by itself.
installed=/etc/slurm/slurm.conf
[ ! -e $installed ] || { echo "this machine has a Slurm of its own ($installed): run this where there is none" >&2; exit 1; }
cleanup() {
  [ "$(readlink $installed)" != "$work/slurm.conf" ] || rm -f $installed
  for file in "$work"/slurmd.pid "$work"/slurmctld.pid; do [ ! -e "$file" ] || kill "$(cat "$file")" 2>/dev/null || true; done
  [ -z "${munge_is_ours:-}" ] || kill "$(cat /run/munge/munged.pid)" 2>/dev/null || true
  rm -rf "$work"
}
trap cleanup EXIT

# Slurm on one node: processes are followed by their parents, nobody counts.
mkdir -p "$work/state" "$work/spool" /run/munge
chown munge: /run/munge
munge -n >/dev/null 2>&1 || { runuser -u munge -- /usr/sbin/munged && munge_is_ours=yes; }
cat > "$work/slurm.conf" <<EOF
ClusterName=check
SlurmctldHost=$host
SlurmUser=root
AuthType=auth/munge
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
StateSaveLocation=$work/state
SlurmdSpoolDir=$work/spool
SlurmctldPidFile=$work/slurmctld.pid
SlurmdPidFile=$work/slurmd.pid
SlurmctldLogFile=$work/slurmctld.log
SlurmdLogFile=$work/slurmd.log
AccountingStorageType=accounting_storage/none
JobAcctGatherType=jobacct_gather/none
MpiDefault=none
ReturnToService=2
NodeName=$host CPUs=$(nproc) RealMemory=$(awk '/MemTotal/ {print int($2 / 1100)}' /proc/meminfo) State=UNKNOWN
PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP
EOF
mkdir -p "${installed%/*}"
ln -s "$work/slurm.conf" $installed
slurmctld && slurmd
for second in 1 2 3 4 5 6 7 8 9 10; do sinfo -h -o %T | grep -q idle && break; sleep 1; done
sinfo

cd "$work"
for file in scan.nii.gz scan_LIA.nii.gz cnn.onnx cnn.yaml quarters.nii.gz quarters.tsv; do
  cp "$here/Tests/PellucidToolTests/Fixtures/$file" .
done
printf 'participant_id\timage\tgroup\n' > study.tsv
for n in 1 2 3 4 5 6 7 8; do
  [ $((n % 2)) = 0 ] && scan=scan || scan=scan_LIA
  [ $((n % 3)) = 0 ] && group=AD || group=CN
  printf 'sub-0%s\t%s.nii.gz\t%s\n' "$n" "$scan" "$group" >> study.tsv
done
method='saliency,smoothgrad:samples=400'
"$tool" cohort study.tsv --model cnn.onnx --method "$method" --target AD --atlas quarters.nii.gz --out local >/dev/null
"$tool" group local --compare AD,CN --out local-groups >/dev/null
cat > study.yaml <<EOF
study: study.tsv
model: cnn.onnx
methods: '$method'
target: AD
atlas: quarters.nii.gz
out: results
parts: 4
compare: AD,CN
tool: $tool
EOF
cluster=$(cd "$here" && realpath workflow)
"$python/bin/snakemake" --snakefile "$cluster/Snakefile" --configfile study.yaml --profile "$cluster/profiles/slurm" \
  --slurm-no-account --slurm-status-command squeue --slurm-init-seconds-before-status-checks 2 \
  --seconds-between-status-checks 2 --latency-wait 5 > snakemake.log 2>&1 &
run=$!
# A job dies when it has explained one of its scans.
killed=
while [ -z "$killed" ] && kill -0 $run 2>/dev/null; do
  sleep 0.1
  [ -n "$(find results/derivatives -name '*_desc-smoothgrad*_relevance.json' 2>/dev/null)" ] || continue
  for job in $(squeue -h -t RUNNING -o %A); do
    scancel --signal=KILL --full "$job" && killed=$job && break
  done
done
wait $run || { tail -40 snakemake.log; find .snakemake/slurm_logs -name '*.log' -exec tail -n 30 {} +; tail -20 slurmd.log; exit 1; }
[ -n "$killed" ] || { echo "no job was caught running" >&2; exit 1; }
grep -q "SLURM-job '$killed' failed" snakemake.log || { echo "job $killed was not seen to die" >&2; cat snakemake.log; exit 1; }
for table in participants.tsv predictions.tsv regions.tsv; do cmp "local/$table" "results/derivatives/$table"; done
cmp local-groups/group_regions.tsv results/groups/group_regions.tsv
echo "8 scans in 4 Slurm jobs, of which job $killed was killed half-way and went on: the tables are those of a local run, byte by byte"
